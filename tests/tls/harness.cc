#include "tests/tls/harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "guichet/v1/admin_service.pb.h"

namespace guichet::tls_test {

guichet::Time Now() { return std::chrono::time_point_cast<guichet::Duration>(std::chrono::system_clock::now()); }

class Log::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  size_t Count(const std::string& words) {
    std::lock_guard lock(mutex_);
    return static_cast<size_t>(
        std::count_if(lines_.begin(), lines_.end(), [&](const std::string& line) { return absl::StrContains(line, words); }));
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_.push_back(absl::StrCat(spdlog::level::to_string_view(message.level).data(), " ",
                                  absl::string_view(message.payload.data(), message.payload.size())));
  }
  void flush_() override {}
  std::vector<std::string> lines_;
};

Log::Log() : sink_(std::make_shared<Sink>()) { spdlog::default_logger()->sinks().push_back(sink_); }
Log::~Log() { std::erase(spdlog::default_logger()->sinks(), sink_); }
size_t Log::Count(const std::string& words) const { return sink_->Count(words); }

bool Await(const std::function<bool()>& holds) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!holds()) {
    if (absl::Now() > deadline) return false;
  }
  return true;
}

TlsDaemon::TlsDaemon(router::DaemonOptions options) : clock_(Now()) {
  options.data = folder_.path("data");
  options.listen = options.listen == router::DaemonOptions{}.listen ? "127.0.0.1:0" : options.listen;
  options.metrics_listen = "127.0.0.1:0";
  options.operator_token = kOperatorToken;
  options.clock = &clock_;
  auto started = router::Daemon::Start(std::move(options));
  if (!started.ok()) throw std::runtime_error(started.status().ToString());
  daemon_ = *std::move(started);
}

TlsDaemon::~TlsDaemon() { daemon_->Stop(); }

std::unique_ptr<client::Client> TlsDaemon::At(int port, const std::string& token, client::ClientOptions tls) {
  tls.address = absl::StrCat("127.0.0.1:", port);
  tls.token = token;
  auto made = client::Client::Make(std::move(tls));
  if (!made.ok()) throw std::runtime_error(made.status().ToString());
  return *std::move(made);
}

bool TlsDaemon::AdvanceUntil(const std::function<bool()>& holds) {
  return Await([&] {
    clock_.Advance(std::chrono::seconds(1));
    return holds();
  });
}

std::string TlsDaemon::Metric(const std::string& series) const {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(daemon_->metrics_port()));
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string page;
  if (connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof peer) == 0) {
    constexpr char kRequest[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    (void)send(fd, kRequest, sizeof kRequest - 1, MSG_NOSIGNAL);
    char bytes[4096];
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;) page.append(bytes, static_cast<size_t>(n));
  }
  close(fd);
  const size_t at = page.find("\n" + series + " ");
  if (at == std::string::npos) return "";
  const size_t begin = at + series.size() + 2;
  return page.substr(begin, page.find_first_of("\r\n", begin) - begin);
}

absl::Status Ask(const client::Client& client) {
  v1::ListOrganizationsResponse response;
  return client.Call(v1::ListOrganizationsRequest(), &response);
}

}  // namespace guichet::tls_test
