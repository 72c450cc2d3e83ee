// Streams with heartbeats, against a server in this process.
#include "tools/client/attachment.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/ctl/fake_daemon.h"

namespace guichet::client {
namespace {

using ConsoleAttachment = Attachment<v1::AttachConsoleRequest, v1::AttachConsoleResponse>;

v1::AttachConsoleRequest Hello() {
  v1::AttachConsoleRequest hello;
  hello.mutable_hello()->set_console_name("test");
  return hello;
}

v1::AttachConsoleResponse Answer(const v1::AttachConsoleRequest& request) {
  v1::AttachConsoleResponse response;
  if (request.has_hello()) response.mutable_welcome()->mutable_heartbeat_interval()->set_nanos(50'000'000);
  if (request.has_heartbeat()) response.mutable_heartbeat_ack()->set_sequence(request.heartbeat().sequence());
  return response;
}

std::unique_ptr<Client> Connect(const ctl::FakeDaemon& daemon) {
  auto client = Client::Make({.address = daemon.address()});
  return *std::move(client);
}

TEST(AttachmentTest, BeatsUntilClosed) {
  constexpr uint64_t kBeats = 3;
  ctl::FakeDaemon daemon({.console = Answer});
  const auto client = Connect(daemon);
  absl::Notification enough;
  ConsoleAttachment attachment;
  ASSERT_TRUE(attachment
                  .Attach(*client, Hello(),
                          [&](const v1::AttachConsoleResponse& message) {
                            if (message.heartbeat_ack().sequence() == kBeats) enough.Notify();
                          })
                  .ok());
  enough.WaitForNotification();
  const absl::Status status = attachment.Close(absl::Seconds(10));
  EXPECT_TRUE(status.ok()) << status;
}

TEST(AttachmentTest, DropsAndAttachesAgain) {
  std::atomic<int> welcomes = 0;
  ctl::FakeDaemon daemon({.console = Answer});
  const auto client = Connect(daemon);
  ConsoleAttachment attachment;
  for (int i = 1; i <= 3; ++i) {
    const absl::Status status = attachment.Attach(
        *client, Hello(), [&](const v1::AttachConsoleResponse& message) { welcomes += message.has_welcome() ? 1 : 0; });
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(welcomes, i);
    attachment.Drop();
    EXPECT_FALSE(attachment.Send(Hello()));
  }
}

TEST(AttachmentTest, RefusedAttachReportsTheStatus) {
  ctl::FakeDaemon daemon({});
  const auto client = Connect(daemon);
  ConsoleAttachment attachment;
  EXPECT_TRUE(absl::IsUnimplemented(attachment.Attach(*client, Hello(), [](const auto&) {})));
  // A failed attempt leaves nothing behind that would hinder the next.
  EXPECT_TRUE(absl::IsUnimplemented(attachment.Attach(*client, Hello(), [](const auto&) {})));
}

}  // namespace
}  // namespace guichet::client
