#include "tests/mail/servers.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace guichet::mail_test {
namespace {

google::protobuf::Struct Json(const std::string& line) {
  google::protobuf::Struct value;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &value).ok()) << line;
  return value;
}

std::vector<std::string> ServerWords(const std::vector<std::string>& flags) {
  std::vector<std::string> words = {"/usr/bin/python3", GUICHET_SMTP_SERVER};  // Debian's, which has aiosmtpd
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

}  // namespace

SmtpServer::SmtpServer(const std::vector<std::string>& flags) : child_(ServerWords(flags)) {
  port_ = static_cast<int>(Next().fields().at("port").number_value());
}

google::protobuf::Struct SmtpServer::Next() { return Json(child_.NextLine()); }

Certificate::Certificate() {
  std::string name = (std::filesystem::temp_directory_path() / "guichet-mail-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  folder_ = name;
  const std::string command = absl::StrCat(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=test -addext subjectAltName=IP:127.0.0.1 -keyout '",
      key(), "' -out '", certificate(), "' 2>/dev/null");
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

Certificate::~Certificate() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

MutePort::MutePort(bool listens) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
  if (listens && listen(fd_, 8) != 0) std::abort();
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) std::abort();
  port_ = ntohs(address.sin_port);
}

MutePort::~MutePort() { close(fd_); }

}  // namespace guichet::mail_test
