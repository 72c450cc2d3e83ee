// Watches: one line a change, or one JSON message a line.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "absl/status/status.h"
#include "guichet/v1/delivery_service.pb.h"
#include "guichet/v1/queue_service.pb.h"
#include "guichet/v1/technician_service.pb.h"
#include "tools/ctl/runner.h"

namespace guichet::ctl {

// --changes: after how many changes a watch ends; 0: never.
std::shared_ptr<int> DeclareChanges(CLI::App* command);

class ChangeCounter {
 public:
  // 0: without end.
  explicit ChangeCounter(int changes) : left_(changes), bounded_(changes != 0) {}
  // False once the last change was counted.
  bool GoOn(bool is_change) {
    if (is_change && bounded_) --left_;
    return !bounded_ || left_ > 0;
  }

 private:
  int left_;
  bool bounded_;
};

void PrintQueueMessage(Runner& runner, const v1::WatchQueueResponse& response);
void PrintTechnicianMessage(Runner& runner, const v1::WatchTechniciansResponse& response);
// `line` after the time; with `-o json` the message.
void PrintLine(Runner& runner, const google::protobuf::Message& message, const std::string& line);
void PrintDelivery(Runner& runner, const v1::WatchDeliveriesResponse& response);
// To stderr: that the watch connects again, and why.
void PrintResume(Runner& runner, const absl::Status& why);

}  // namespace guichet::ctl
