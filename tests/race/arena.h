// An organization to race in: 64 technicians of the group "floor", which serves the channel "help", and "desk", who serves it
// too and sends sessions to the floor. Each has a key, a connection and an attached console of his own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "tests/api/harness.h"

namespace guichet::race {

namespace pb = guichet::v1;
using api_test::Client;
using api_test::Outcome;

inline constexpr size_t kRacers = 64;
inline constexpr size_t kDesk = kRacers;  // the seat of "desk"
inline constexpr char kFloor[] = "floor";

// A technician at his console, attached from construction to destruction. Thread-safe.
class Seat {
 public:
  Seat(int port, std::string id, std::string token);
  ~Seat();

  const std::string& id() const { return id_; }
  const std::string& token() const { return token_; }
  pb::SessionService::Stub& sessions() const { return *sessions_; }

 private:
  // Reads whatever the daemon tells the console.
  class Line : public grpc::ClientBidiReactor<pb::AttachConsoleRequest, pb::AttachConsoleResponse> {
   public:
    explicit Line(const std::string& token);
    ~Line() override;
    void Attach(pb::TechnicianService::Stub& technicians);  // blocks for the welcome
    void OnReadDone(bool ok) override;
    void OnDone(const grpc::Status& status) override;

   private:
    grpc::ClientContext context_;
    pb::AttachConsoleRequest hello_;
    pb::AttachConsoleResponse told_;
    absl::Notification welcome_;
    absl::Notification done_;
  };

  const std::string id_;
  const std::string token_;
  const Client client_;
  const std::unique_ptr<pb::SessionService::Stub> sessions_;
  const std::unique_ptr<pb::TechnicianService::Stub> technicians_;
  Line line_;
};

// The daemon's clock stands still, so that nothing times out.
class Arena {
 public:
  Arena();

  int port() const { return port_; }
  const Seat& seat(size_t index) const { return *seats_[index]; }
  const std::string& integrator() const { return integrator_; }

 private:
  api_test::TestDaemon daemon_;
  int port_ = 0;
  std::string integrator_;
  std::vector<std::unique_ptr<Seat>> seats_;
};

}  // namespace guichet::race
