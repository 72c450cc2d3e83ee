#include "tests/crash/pipeline.h"

#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace guichet::crash {
namespace {

constexpr size_t kWindow = 8;
constexpr size_t kUpdatesOfASession = 60;

}  // namespace

pb::ExecuteCommandsRequest Pipeline::NextUpdate() {
  pb::ExecuteCommandsRequest request;
  request.set_tag(++tag_);
  pb::UpdateSessionRequest& update = *request.mutable_update();
  update.mutable_target()->set_session_id(session_);
  update.mutable_target()->set_technician_id(technician_);
  update.set_request_id(absl::StrCat("pipeline-", tag_));
  update.mutable_session()->set_tracking_id(absl::StrCat(++updates_));
  return request;
}

bool Pipeline::ReadAnswer(Server& server, client::Stream& stream) {
  pb::ExecuteCommandsResponse response;
  if (!stream.Read(&response)) return false;
  EXPECT_TRUE(response.has_effect()) << response.ShortDebugString();
  for (Sent& sent : sent_) {
    if (sent.request.tag() != response.tag()) continue;
    const std::string bytes = response.effect().SerializeAsString();
    if (!sent.answer.empty()) {
      EXPECT_EQ(sent.answer, bytes) << "a repeated command answers differently";
    }
    sent.answer = bytes;
    if (sent.request.has_create()) {
      session_ = response.effect().session_id();
      code_ = response.effect().code();
    }
  }
  server.Acknowledged();
  return response.has_effect();
}

void Pipeline::Load(Server& server) {
  auto stream = server.As(integrator_)->Open(pb::ExecuteCommandsRequest::default_instance());
  while (true) {
    if (sent_.empty() || updates_ >= kUpdatesOfASession) {
      sent_.clear();
      updates_ = 0;
      Sent create;
      create.request.set_tag(++tag_);
      create.request.mutable_create()->set_technician_id(technician_);
      create.request.mutable_create()->set_request_id(absl::StrCat("pipeline-", tag_));
      create.request.mutable_create()->set_tracking_id("0");
      create.request.mutable_create()->set_name(absl::StrCat("Pipeline ", tag_));
      sent_.push_back(create);
      if (!stream->Write(create.request) || !ReadAnswer(server, *stream)) return;
    }
    size_t in_flight = 0;
    bool going = true;
    while (going && updates_ < kUpdatesOfASession) {
      sent_.push_back({NextUpdate(), ""});
      going = stream->Write(sent_.back().request) && (++in_flight < kWindow || ReadAnswer(server, *stream));
      if (in_flight == kWindow) --in_flight;
    }
    for (; in_flight > 0 && going; --in_flight) going = ReadAnswer(server, *stream);
    // What was answered before the daemon went may still be in the stream.
    while (!going && ReadAnswer(server, *stream)) {
    }
    if (!going) return;
  }
}

void Pipeline::Recover(Server& server) {
  if (sent_.empty()) return;
  uint64_t answered = 0;
  for (const Sent& sent : sent_) {
    if (!sent.request.has_update() || sent.answer.empty()) continue;
    EXPECT_TRUE(absl::SimpleAtoi(sent.request.update().session().tracking_id(), &answered));
  }
  pb::GetSessionRequest get;
  get.set_session_id(session_);
  if (!sent_.front().answer.empty()) {
    uint64_t found = 0;
    absl::Status status;
    const auto got = Ask<pb::GetSessionResponse>(server, integrator_, get, &status);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(absl::SimpleAtoi(got.session().tracking_id(), &found));
    EXPECT_GE(found, answered) << "an acknowledged command of the stream is lost";
    EXPECT_LE(found, updates_);
  }
  // All of them again, in order: the answered ones answer the same, the others take effect once.
  auto stream = server.As(integrator_)->Open(pb::ExecuteCommandsRequest::default_instance());
  for (Sent& sent : sent_) {
    if (sent.request.has_update()) sent.request.mutable_update()->mutable_target()->set_session_id(session_);
    ASSERT_TRUE(stream->Write(sent.request));
    ASSERT_TRUE(ReadAnswer(server, *stream)) << sent.request.ShortDebugString();
  }
  get.set_session_id(session_);
  EXPECT_EQ(Ask<pb::GetSessionResponse>(server, integrator_, get).session().tracking_id(), absl::StrCat(updates_));
  pb::GetTimelineRequest timeline;
  timeline.set_session_id(session_);
  timeline.set_page_size(500);
  EXPECT_EQ(static_cast<uint64_t>(Ask<pb::GetTimelineResponse>(server, integrator_, timeline).events_size()), 1 + updates_)
      << "a command of the stream took effect twice";
}

std::vector<std::string> Pipeline::LiveCodes() const { return {code_}; }

}  // namespace guichet::crash
