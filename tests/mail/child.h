// A child process whose output is read by lines, and the SMTP server as one. It dies with the test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"

namespace guichet::mail_test {

inline constexpr absl::Duration kPatience = absl::Seconds(30);  // reached only when something hangs

// Thread safety: none.
class Child {
 public:
  explicit Child(std::vector<std::string> words);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line of its output, both streams together; fails the test at its end, or after kPatience.
  std::string NextLine();
  void Terminate();  // SIGTERM
  // Its exit code, once its output has ended; -1 after kPatience.
  int Wait();
  // All of its output so far.
  const std::string& output() const { return output_; }

 private:
  bool ReadMore(absl::Time deadline);

  pid_t pid_ = 0;
  int fd_ = -1;
  std::string output_;
  size_t read_ = 0;  // bytes of output_ that NextLine has returned
};

class SmtpServer {
 public:
  // `flags`: see smtp_server.py. Returns when it listens.
  explicit SmtpServer(const std::vector<std::string>& flags = {});
  int port() const { return port_; }
  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  // The next message that it accepted.
  google::protobuf::Struct Next();

 private:
  Child child_;
  int port_ = 0;
};

// A throwaway certificate for 127.0.0.1, made by openssl; its files are gone with the object.
class Certificate {
 public:
  Certificate();
  ~Certificate();
  std::string certificate() const { return folder_ + "/certificate.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }

 private:
  std::string folder_;
};

// A port of the loopback that answers nobody. `listens`: connections come about and hear nothing; else they are refused.
class MutePort {
 public:
  explicit MutePort(bool listens);
  ~MutePort();
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_ = -1;
  int port_ = 0;
};

}  // namespace guichet::mail_test
