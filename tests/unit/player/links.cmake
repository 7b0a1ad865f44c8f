set(UNIT_LIBS grapevine_api)
