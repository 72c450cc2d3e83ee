// Guichet's daemon as a contestant, and what the empty server shares with it: both are called by the same code.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/bench/compare/contestant.h"
#include "tools/bench/compare/process.h"
#include "tools/bench/compare/sessions.h"

namespace guichet::bench {

struct ServiceOptions {
  std::string address;
  std::string token;
  Turns* turns = nullptr;         // not owned; shared by contestants that are measured one after the other
  RequestIds* ids = nullptr;      // not owned
  bool empty = false;             // the server does nothing: its answers say nothing
  std::function<void()> prepare;  // before each measurement
};

// HoldSession and StartSession, each a unary call with a request_id and an expected epoch.
class UnaryService : public Contestant {
 public:
  // The first answer to a HoldSession since the contestant was made, serialized; empty before.
  virtual const std::string& first_answer() const = 0;
  // Its revision.
  virtual uint64_t first_revision() const = 0;
};
std::unique_ptr<UnaryService> MakeUnaryService(const ServiceOptions& options);

// The same commands over four streams of ExecuteCommands.
std::unique_ptr<Contestant> MakeStreamService(const ServiceOptions& options);

class Devices;

// A daemon with one organization: kSessions started sessions of kTechnicians technicians. Used by one thread.
class Guichet {
 public:
  // Starts `program`, sets the organization up, plays a few thousand transitions, reads from the store what they wrote, and
  // starts the daemon again on its data.
  Guichet(const std::string& folder, const std::string& program);
  ~Guichet();

  // Whoever calls is the integrator; devices come back before each measurement and go, so that nobody but the caller is told.
  ServiceOptions Service();
  // Attaches all devices, each of which is then told of each change of its session; and lets them go. A device that is gone is
  // missed after a minute.
  void AttachDevices();
  void DropDevices();

  const Sizes& sizes() const { return sizes_; }
  const std::string& answer() const { return answer_; }  // of a HoldSession, serialized
  const Process& process() const { return *process_; }

 private:
  void Start();
  void SetUp();
  void Sample();
  void ReadSizes(uint64_t after);

  const std::string folder_;
  const std::string program_;
  std::unique_ptr<Process> process_;
  std::string address_;
  std::string integrator_;
  std::vector<std::string> device_tokens_;
  std::unique_ptr<Devices> devices_;
  Turns turns_;
  RequestIds ids_{1};
  Sizes sizes_;
  std::string answer_;
};

// Serves SessionService with `answer`, a serialized HoldSessionResponse, for each HoldSession and StartSession, and an effect
// for each command of a stream, until SIGTERM. Says on which port. Returns the exit status.
int ServeEmpty(const std::string& answer);

}  // namespace guichet::bench
