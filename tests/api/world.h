// An organization to test in: group "desk" with ann, bob and cid, channel "help" that they serve, and a key for each role.
#pragma once

#include <string>

#include "tests/api/harness.h"

namespace guichet::api_test {

// Makes an organization and returns its administrator's token.
std::string MakeOrganization(const Client& client, const std::string& id);
std::string MakeKey(const Client& client, const std::string& admin, const std::string& key_id, pb::Role role,
                    const std::string& technician = "");

struct Entered {
  uint64_t id = 0;
  std::string token;  // of the device
};

class World {
 public:
  explicit World(router::DaemonOptions options = {}, const std::string& organization = "acme");

  TestDaemon daemon;
  std::string admin;
  std::string integrator;
  std::string ann;
  std::string bob;
  std::string cid;

  Client& client() { return daemon.client(); }
  template <class Response>
  Answer<Response> Call(const Message& request, const std::string& token) {
    return client().Call<Response>(request, token);
  }
  // Of a call that must succeed.
  template <class Response>
  Response Must(const Message& request, const std::string& token) {
    Answer<Response> answer = client().Call<Response>(request, token);
    EXPECT_TRUE(answer.ok()) << request.GetTypeName() << ": " << answer.outcome;
    return answer.response;
  }

  // The group "desk" may do everything, also what is off at first.
  void PermitAll();
  Entered Enter(const std::string& channel = "help");
  pb::CreateSessionResponse CreatePin(const std::string& token);
  pb::Session Get(uint64_t session);
  pb::Technician Technician(const std::string& id);
  uint64_t Revision();

  template <class Request>
  static Request On(uint64_t session, const std::string& technician = "") {
    Request request;
    request.mutable_target()->set_session_id(session);
    request.mutable_target()->set_technician_id(technician);
    return request;
  }

 private:
  const std::string organization_;
};

}  // namespace guichet::api_test
