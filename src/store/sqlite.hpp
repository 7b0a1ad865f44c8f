// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "store/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

/// SQLite with owners for its objects and errors as values. A connection and its statements belong
/// to one thread at a time.
namespace grapevine::store::sqlite {

/// What a statement's step came to.
enum class Step { row, done };

/// One prepared statement. Parameters and columns are counted from 1 and 0, as SQLite does.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_{statement} {}

  Statement& bind(int parameter, std::int64_t value);
  /// `bytes` must stay until the statement is reset.
  Statement& bind(int parameter, ByteView bytes);
  Stored<Step> step();
  /// One step to the end, then ready to be bound again.
  Stored<void> run();
  void reset();

  std::int64_t number(int column) const;
  ByteView bytes(int column) const;  ///< valid until the next step

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

enum class Mode { read, write };

class Connection {
 public:
  Connection() = default;
  /// The file must be there.
  static Stored<Connection> open(const std::filesystem::path& path, Mode mode);

  explicit operator bool() const { return database_ != nullptr; }
  Stored<void> execute(const char* sql);
  Stored<Statement> prepare(std::string_view sql);
  /// The first column of the first row.
  Stored<std::int64_t> number(std::string_view sql);
  /// What SQLite said last, as an error.
  Error error() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace grapevine::store::sqlite
