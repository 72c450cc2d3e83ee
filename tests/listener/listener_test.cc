#include "router/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "router/limits.h"

namespace guichet::router {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);  // reached only when something hangs
constexpr int kMany = 100000;

// A client's end, with a number far above those of the daemon's ends; -1 when the address does not answer.
int Connect(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* to = nullptr;
  if (getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &to) != 0) return -1;
  const int low = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int fd = fcntl(low, F_DUPFD_CLOEXEC, 500);
  close(low);
  const int result = connect(fd, to->ai_addr, to->ai_addrlen);
  freeaddrinfo(to);
  if (result == 0) return fd;
  close(fd);
  return -1;
}

// Whether the other side has closed it, which is waited for.
bool IsClosed(int fd) {
  pollfd ready{fd, POLLIN, 0};
  char byte;
  return poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(kPatience))) == 1 && read(fd, &byte, 1) <= 0;
}

// What a listener has taken.
class Taken {
 public:
  ~Taken() {
    for (const int fd : fds_) close(fd);
  }
  void Take(int fd) {
    absl::MutexLock lock(&mu_);
    fds_.push_back(fd);
  }
  std::vector<int> Await(size_t count) {
    absl::MutexLock lock(&mu_);
    auto enough = [&] { return fds_.size() >= count; };
    EXPECT_TRUE(mu_.AwaitWithTimeout(absl::Condition(&enough), kPatience)) << fds_.size() << " of " << count;
    return fds_;
  }
  void CloseOne() {
    absl::MutexLock lock(&mu_);
    close(fds_.back());
    fds_.pop_back();
  }

 private:
  absl::Mutex mu_;
  std::vector<int> fds_ ABSL_GUARDED_BY(mu_);
};

std::unique_ptr<ConnectionListener> Open(const std::string& address, Taken& taken, int descriptors = kMany) {
  auto listener = ConnectionListener::Open({address, descriptors});
  EXPECT_TRUE(listener.ok()) << listener.status();
  (*listener)->Start([&taken](int fd) { taken.Take(fd); });
  return *std::move(listener);
}

TEST(ListenerTest, TakesConnectionsAsGrpcWantsThem) {
  Taken taken;
  const auto listener = Open("127.0.0.1:0", taken);
  ASSERT_NE(listener->port(), 0);
  const int client = Connect("127.0.0.1", listener->port());
  ASSERT_GE(client, 0);
  const int fd = taken.Await(1).front();
  EXPECT_NE(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  int value = 0;
  socklen_t size = sizeof(value);
  ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  EXPECT_NE(value, 0);
  ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &size), 0);
  EXPECT_EQ(value, kKeepaliveTimeoutMs);
  close(client);
}

TEST(ListenerTest, ANameIsListenedOnAtEachOfItsAddresses) {
  Taken taken;
  const auto listener = Open("localhost:0", taken);
  const int client = Connect("127.0.0.1", listener->port());
  EXPECT_GE(client, 0);
  close(client);
}

TEST(ListenerTest, TheWildcardOfIPv6TakesIPv4Too) {
  Taken taken;
  const auto listener = Open("[::]:0", taken);
  for (const char* host : {"127.0.0.1", "::1"}) {
    const int client = Connect(host, listener->port());
    EXPECT_GE(client, 0) << host;
    close(client);
  }
}

TEST(ListenerTest, AddressesThatAreNoneAreRefused) {
  for (const char* address : {"", "50443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", ":50443", "::1:50443",
                              "nowhere.invalid:50443", "unix:/tmp/x"}) {
    const auto listener = ConnectionListener::Open({address, kMany});
    EXPECT_EQ(listener.status().code(), absl::StatusCode::kInvalidArgument) << address << ": " << listener.status();
    EXPECT_TRUE(absl::StrContains(listener.status().message(), "--listen")) << listener.status();
  }
  EXPECT_EQ(ConnectionListener::Open({"192.0.2.1:0", kMany}).status().code(), absl::StatusCode::kUnavailable);
}

TEST(ListenerTest, APortThatIsTakenIsRefused) {
  Taken taken;
  const auto listener = Open("127.0.0.1:0", taken);
  const auto second = ConnectionListener::Open({absl::StrCat("127.0.0.1:", listener->port()), kMany});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable) << second.status();
}

TEST(ListenerTest, BeyondItsDescriptorsConnectionsAreClosedAndComeInWhenOthersClose) {
  Taken taken;
  const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(next);
  constexpr int kOwn = 2;  // the listener's socket and its eventfd
  const auto listener = Open("127.0.0.1:0", taken, next + kOwn + 3);
  std::vector<int> clients;
  for (size_t i = 0; i < 3; ++i) {
    clients.push_back(Connect("127.0.0.1", listener->port()));
    taken.Await(i + 1);
  }
  EXPECT_EQ(listener->refused(), 0u);
  for (int i = 0; i < 2; ++i) {
    clients.push_back(Connect("127.0.0.1", listener->port()));
    EXPECT_TRUE(IsClosed(clients.back()));
  }
  EXPECT_EQ(listener->refused(), 2u);
  taken.CloseOne();
  clients.push_back(Connect("127.0.0.1", listener->port()));
  taken.Await(3);
  EXPECT_EQ(listener->refused(), 2u);
  for (const int fd : clients) close(fd);
}

TEST(ListenerTest, NothingIsTakenAfterStop) {
  Taken taken;
  const auto listener = Open("127.0.0.1:0", taken);
  const int port = listener->port();
  listener->Stop();
  EXPECT_EQ(Connect("127.0.0.1", port), -1);
  listener->Stop();
}

}  // namespace
}  // namespace guichet::router
