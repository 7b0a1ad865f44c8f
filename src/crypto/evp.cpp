// SPDX-License-Identifier: Apache-2.0
#include "crypto/evp.hpp"

#include <openssl/err.h>
#include <openssl/rsa.h>

namespace grapevine::crypto::evp {

namespace {

using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;

Context context_of(EVP_PKEY* key) {
  return Context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
}

bool set_padding(EVP_PKEY_CTX* context, Padding padding) {
  if (padding == Padding::none) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1;
}

}  // namespace

KeyBuilder::KeyBuilder() : builder_{OSSL_PARAM_BLD_new()} { ASSERT(builder_); }

void KeyBuilder::text(const char* name, const char* value) {
  ASSERT(OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, value, 0) == 1);
}

void KeyBuilder::bytes(const char* name, ByteView value) {
  ASSERT(OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, value.data(), value.size()) == 1);
}

void KeyBuilder::number(const char* name, ByteView magnitude) {
  numbers_.emplace_back(BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), nullptr));
  ASSERT(numbers_.back() &&
         OSSL_PARAM_BLD_push_BN(builder_.get(), name, numbers_.back().get()) == 1);
}

Key KeyBuilder::build(const char* type, int selection) {
  const std::unique_ptr<OSSL_PARAM, Free> params{OSSL_PARAM_BLD_to_param(builder_.get())};
  const Context context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  ASSERT(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return Key{key};
}

Bytes sign(EVP_PKEY* key, const Digest256& digest, Padding padding) {
  const auto context = context_of(key);
  std::size_t size = 0;
  Bytes signature;
  if (context && EVP_PKEY_sign_init(context.get()) == 1 && set_padding(context.get(), padding) &&
      EVP_PKEY_sign(context.get(), nullptr, &size, digest.data(), digest.size()) == 1) {
    signature.resize(size);
    if (EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) != 1)
      size = 0;
    signature.resize(size);
  }
  ERR_clear_error();
  return signature;
}

bool verify(EVP_PKEY* key, const Digest256& digest, ByteView signature, Padding padding) {
  const auto context = context_of(key);
  const bool fits = context && EVP_PKEY_verify_init(context.get()) == 1 &&
                    set_padding(context.get(), padding) &&
                    EVP_PKEY_verify(context.get(), signature.data(), signature.size(),
                                    digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace grapevine::crypto::evp
