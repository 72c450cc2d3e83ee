// What guichet-mail talks to: an SMTP server as a child process, a port where nobody answers, and a certificate.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "tests/mail/child.h"

namespace guichet::mail_test {

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
