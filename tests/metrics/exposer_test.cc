// Real scrapes over loopback.
#include "metrics/exposer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/metrics/test_options.h"

namespace guichet::metrics {
namespace {

// The whole answer to `GET path`, headers included; empty when nobody listens.
std::string Get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) answer.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  return answer;
}

std::unique_ptr<Exposer> MustOpen(const Metrics& metrics) {
  auto exposer = OpenExposer("127.0.0.1:0", metrics);
  EXPECT_TRUE(exposer.ok()) << exposer.status();
  return exposer.ok() ? *std::move(exposer) : nullptr;
}

TEST(ExposerTest, ScrapeOverLoopbackSeesCountsAndSnapshot) {
  Metrics metrics(TestOptions());
  const auto exposer = MustOpen(metrics);
  ASSERT_NE(exposer, nullptr);
  ASSERT_GT(exposer->port(), 0);
  metrics.Transition(0);
  metrics.SetSnapshotProvider([] { return Snapshot{.sessions_live = 42}; });
  const std::string answer = Get(exposer->port(), "/metrics");
  EXPECT_TRUE(absl::StartsWith(answer, "HTTP/1.1 200")) << answer.substr(0, 200);
  EXPECT_TRUE(absl::StrContains(answer, "\nguichet_transitions_total{row=\"A01\"} 1\n"));
  EXPECT_TRUE(absl::StrContains(answer, "\nguichet_sessions_live 42\n"));
  EXPECT_TRUE(absl::StrContains(answer, "\nprocess_open_fds "));
  EXPECT_TRUE(absl::StrContains(answer, "\nguichet_build_info{version=\"1.2.3\"} 1\n"));
}

TEST(ExposerTest, OtherPathsAreNotFound) {
  Metrics metrics(TestOptions());
  const auto exposer = MustOpen(metrics);
  ASSERT_NE(exposer, nullptr);
  for (const std::string path : {"/", "/etc/passwd", "/../../etc/passwd"}) {
    EXPECT_TRUE(absl::StrContains(Get(exposer->port(), path), " 404 ")) << path;
  }
}

TEST(ExposerTest, TakenPortIsUnavailableWithTheReason) {
  Metrics metrics(TestOptions());
  const auto first = MustOpen(metrics);
  ASSERT_NE(first, nullptr);
  const std::string address = absl::StrCat("127.0.0.1:", first->port());
  const auto second = OpenExposer(address, metrics);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.status().message(), absl::StrCat("cannot serve metrics on ", address, ": Address already in use"));
}

TEST(ExposerTest, ForeignAddressIsUnavailableWithTheReason) {
  Metrics metrics(TestOptions());
  const auto exposer = OpenExposer("192.0.2.1:0", metrics);
  EXPECT_EQ(exposer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(exposer.status().message(), "Cannot assign requested address")) << exposer.status();
}

TEST(ExposerTest, MalformedAddressIsInvalid) {
  Metrics metrics(TestOptions());
  for (const std::string address : {"", "9464", "localhost:9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                                    "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:0s", "127.0.0.1:0,127.0.0.1:0", "::1:0", "[::1]",
                                    "[127.0.0.1]:0", "[::1]:0", "127.0.0.1\n:0", ":0"}) {
    EXPECT_EQ(OpenExposer(address, metrics).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

TEST(ExposerTest, PortIsFreeAfterClose) {
  Metrics metrics(TestOptions());
  auto exposer = MustOpen(metrics);
  ASSERT_NE(exposer, nullptr);
  const int port = exposer->port();
  exposer.reset();
  EXPECT_EQ(Get(port, "/metrics"), "");
  EXPECT_TRUE(OpenExposer(absl::StrCat("127.0.0.1:", port), metrics).ok());
}

TEST(ExposerTest, ScrapeAfterMetricsAreGoneHasNoFamilies) {
  auto metrics = std::make_unique<Metrics>(TestOptions());
  metrics->SetSnapshotProvider([] { return Snapshot{}; });
  const auto exposer = MustOpen(*metrics);
  ASSERT_NE(exposer, nullptr);
  metrics.reset();
  const std::string answer = Get(exposer->port(), "/metrics");
  EXPECT_TRUE(absl::StrContains(answer, " 200 "));
  EXPECT_FALSE(absl::StrContains(answer, "guichet_"));
}

}  // namespace
}  // namespace guichet::metrics
