// The contestants. Each constructor starts what it needs and returns when it serves.
#pragma once

#include <memory>
#include <string>

#include "tools/bench/compare/contestant.h"
#include "tools/bench/compare/process.h"
#include "tools/bench/compare/sessions.h"

namespace guichet::bench {

struct DatabaseOptions {
  std::string folder;    // empty and its own; made by the caller
  std::string programs;  // PostgreSQL: the folder of initdb and postgres; etcd: the path of etcd
  Sizes sizes;
};

// A contestant whose server is a process that it owns.
struct Database {
  std::unique_ptr<Process> process;
  std::unique_ptr<Contestant> contestant;  // destroyed first
};

// PostgreSQL with a connection for each transition in flight, 64 at most. A transition is one prepared statement: a
// transaction with one way there and back.
Database MakePostgres(const DatabaseOptions& options);

// etcd with one channel. A transition is one Txn.
Database MakeEtcd(const DatabaseOptions& options);

// Appends `bytes` to a file in `folder` and calls fdatasync: the disk itself, one at a time.
std::unique_ptr<Contestant> MakeDisk(const std::string& folder, size_t bytes);

}  // namespace guichet::bench
