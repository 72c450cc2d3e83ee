// A thread of load over ExecuteCommands: many commands in flight on one session. After a crash those that took effect are the
// acknowledged ones and some of the following, without a hole.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "guichet/v1/session_service.pb.h"
#include "tests/crash/caller.h"

namespace guichet::crash {

class Pipeline {
 public:
  Pipeline(std::string integrator, std::string technician)
      : integrator_(std::move(integrator)), technician_(std::move(technician)) {}

  void Load(Server& server);
  void Recover(Server& server);
  std::vector<std::string> LiveCodes() const;

 private:
  struct Sent {
    pb::ExecuteCommandsRequest request;
    std::string answer;  // the effect's bytes; empty: not answered
  };

  pb::ExecuteCommandsRequest NextUpdate();
  bool ReadAnswer(Server& server, client::Stream& stream);

  const std::string integrator_;
  const std::string technician_;
  uint64_t tag_ = 0;
  uint64_t session_ = 0;
  std::string code_;
  uint64_t updates_ = 0;    // of the session
  std::vector<Sent> sent_;  // for the session: its creation, then updates
};

}  // namespace guichet::crash
