// The fixture of the tests that walk the API with two organizations: "acme" is ours, "rival" is theirs.
#pragma once

#include <string>

#include "tests/api/raw_call.h"
#include "tests/api/tenants.h"

namespace guichet::api_test {

// The caller may not do what the row asks, be it by the status or by the answer to a command.
bool Refused(const Row& row, const Heard& heard);
bool Succeeded(const Row& row, const Heard& heard);

class Tenants : public ::testing::Test {
 protected:
  Tenants() : ours(daemon, "acme", "marka"), theirs(daemon, "rival", "markb") {}

  Heard Ask(const Row& row, const Names& names, const std::string& authorization) {
    return api_test::Ask(daemon.client(), *row.rpc, row.ask(names), authorization);
  }

  // Nothing that was heard may hold a text or a secret of `other`.
  void ExpectNothingOf(const Tenant& other, const MethodDescriptor& rpc, const Heard& heard);

  TestDaemon daemon;
  Tenant ours;
  Tenant theirs;
};

}  // namespace guichet::api_test
