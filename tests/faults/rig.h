// The real guichetd on a folder of its own, with an organization, and what a test does to it. What fails throws.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/queue_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "tests/crash/daemon_process.h"
#include "tests/mail/child.h"
#include "tests/wire/harness.h"

namespace guichet::faults {

namespace pb = guichet::v1;

inline constexpr absl::Duration kPatience = absl::Seconds(60);  // reached only when something is broken

// Tries again and again; throws after kPatience.
void Await(const std::string& what, const std::function<bool()>& holds);

// The bytes that the process has in memory.
size_t Resident(pid_t pid);

struct RigOptions {
  std::vector<std::string> flags = {};    // of guichetd
  std::vector<std::string> wrapper = {};  // words before it: a program that runs it
  std::string listen = "127.0.0.1:0";
  std::string data = {};  // folder; empty: one in the rig's
};

class Rig {
 public:
  // Serves, with an organization "acme" whose technician is ann. A device is lost after a second without heartbeats.
  explicit Rig(RigOptions options = {});
  ~Rig();

  const std::string& folder() const { return folder_; }  // temporary
  const std::string& data() const { return options_.data; }
  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  crash::DaemonProcess& daemon() { return *daemon_; }

  // On the same folder and port; with these words before guichetd. Clients made before go on.
  void Start(const std::vector<std::string>& wrapper = {});
  // A start that fails: its exit code; the log has all that it said.
  int StartInVain(std::string* log);
  // Ends by SIGTERM; throws unless it exits with 0.
  void Stop();

  std::unique_ptr<client::Client> As(const std::string& token) const;
  const client::Client& ann() const { return *ann_; }
  const client::Client& operators() const { return *operator_; }
  // The file with ann's token, for guichetctl.
  const std::string& ann_token_file() const { return ann_token_file_; }
  std::unique_ptr<mail_test::Child> Ctl(std::vector<std::string> words) const;

  // A private session of ann's, remembered as acknowledged when it is; its status.
  absl::Status TryCreate();
  pb::CreateSessionResponse Create();
  // The device's token for the code of a session.
  std::string Redeem(const std::string& code);
  // Writes to the session; its status.
  absl::Status TryUpdate(uint64_t session, const std::string& tracking_id);
  void End(uint64_t session);
  // Throws unless each acknowledged session is there.
  void ExpectAllAcknowledged() const;

 private:
  void Launch(const std::vector<std::string>& wrapper);
  std::string WriteFile(const std::string& name, const std::string& text) const;

  RigOptions options_;
  std::string folder_;
  std::string operator_key_file_;
  std::unique_ptr<crash::DaemonProcess> daemon_;
  int port_ = 0;
  std::unique_ptr<client::Client> operator_;
  std::unique_ptr<client::Client> ann_;
  std::string ann_token_file_;
  std::map<uint64_t, std::string> acknowledged_;  // sessions, with their tracking id
  std::map<uint64_t, std::string> in_doubt_;      // … with the one that was asked for last, answered or not
};

// Reads the lines of a watch until it has shown the tracking ids "number-0.", "number-1." … of `count` updates, in this order;
// fails the test at the first that is missing or out of order.
void ExpectNumbersInOrder(mail_test::Child& watch, int count);

}  // namespace guichet::faults
