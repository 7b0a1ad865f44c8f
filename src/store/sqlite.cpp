// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.hpp"

#include <sqlite3.h>

#include "base/assert.hpp"

namespace grapevine::store::sqlite {
namespace {

/// Readers and the writer of one file wait for each other so long at most.
constexpr int patience_ms = 5000;

Error error_of(sqlite3* database, std::string_view name) {
  const int code = sqlite3_errcode(database) & 0xFF;
  const bool foreign = code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
  return {foreign ? ErrorCode::bad_content : ErrorCode::io,
          std::string{name} + ": " + sqlite3_errmsg(database)};
}

std::string_view name_of(sqlite3* database) {
  const auto* name = sqlite3_db_filename(database, "main");
  return name != nullptr ? name : "the database";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int parameter, std::int64_t value) {
  ASSERT(sqlite3_bind_int64(statement_.get(), parameter, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, ByteView bytes) {
  // A null pointer would be NULL, which is not an empty blob.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  const auto bound =
      sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC);
  ASSERT(bound == SQLITE_OK || bound == SQLITE_TOOBIG);
  return *this;
}

Stored<Step> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return Step::row;
  if (code == SQLITE_DONE) return Step::done;
  auto* const database = sqlite3_db_handle(statement_.get());
  return unexpected{error_of(database, name_of(database))};
}

Stored<void> Statement::run() {
  auto stepped = step();
  reset();
  if (!stepped) return unexpected{std::move(stepped.error())};
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

ByteView Statement::bytes(int column) const {
  const auto* data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Stored<Connection> Connection::open(const std::filesystem::path& path, Mode mode) {
  sqlite3* opened = nullptr;
  const int flags =
      (mode == Mode::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  Connection connection;
  connection.database_.reset(opened);
  if (code != SQLITE_OK) return unexpected{error_of(opened, path.string())};
  sqlite3_busy_timeout(opened, patience_ms);
  return connection;
}

Error Connection::error() const { return error_of(database_.get(), name_of(database_.get())); }

Stored<void> Connection::execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return unexpected{error()};
}

Stored<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return unexpected{error()};
  return Statement{statement};
}

Stored<std::int64_t> Connection::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return unexpected{std::move(statement.error())};
  const auto stepped = statement->step();
  if (!stepped) return unexpected{stepped.error()};
  return *stepped == Step::row ? statement->number(0) : 0;
}

}  // namespace grapevine::store::sqlite
