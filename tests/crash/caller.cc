#include "tests/crash/caller.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace guichet::crash {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

const Descriptor* ResponseOf(const Descriptor* request) {
  const auto* file = request->file();
  for (int i = 0; i < file->service_count(); ++i) {
    for (int j = 0; j < file->service(i)->method_count(); ++j) {
      const auto* method = file->service(i)->method(j);
      if (method->input_type() == request) return method->output_type();
    }
  }
  return nullptr;
}

}  // namespace

void Server::Connect(int port) {
  client::ClientOptions options;
  options.address = absl::StrCat("127.0.0.1:", port);
  options.wait = [](absl::Duration) {};
  root_ = *client::Client::Make(options);
  absl::MutexLock lock(&mutex_);
  ended_ = false;
}

std::unique_ptr<client::Client> Server::As(const std::string& token) const { return *root_->WithToken(token); }

void Server::Acknowledged() {
  absl::MutexLock lock(&mutex_);
  ++acknowledged_;
}

int64_t Server::acknowledged() const {
  absl::MutexLock lock(&mutex_);
  return acknowledged_;
}

void Server::AwaitAcknowledged(int64_t count, absl::Duration within) {
  const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ || acknowledged_ >= count; };
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&enough), within);
}

void Server::EndLoad() {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
}

bool Server::load_ended() const {
  absl::MutexLock lock(&mutex_);
  return ended_;
}

Answer AnswerOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return Answer::kAccepted;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDeadlineExceeded:
      return Answer::kLost;
    default:
      return Answer::kRefused;
  }
}

Call Make(const Server& server, const std::string& token, MessagePtr request) {
  Call call;
  call.token = token;
  call.request = std::move(request);
  call.response.reset(MessageFactory::generated_factory()->GetPrototype(ResponseOf(call.request->GetDescriptor()))->New());
  call.status = server.As(token)->Call(*call.request, call.response.get());
  call.answer = AnswerOf(call.status);
  return call;
}

const pb::Session* SessionIn(const Message& response) {
  const FieldDescriptor* field = response.GetDescriptor()->FindFieldByName("session");
  if (field == nullptr || !response.GetReflection()->HasField(response, field)) return nullptr;
  return static_cast<const pb::Session*>(&response.GetReflection()->GetMessage(response, field));
}

void ExpectSameAnswer(const Server& server, const Call& first) {
  const Call again = Make(server, first.token, first.request);
  EXPECT_EQ(again.answer, Answer::kAccepted) << "a repeated request is refused: " << again.status << "\n"
                                             << first.request->GetTypeName() << " " << first.request->ShortDebugString();
  if (again.answer != Answer::kAccepted) return;
  EXPECT_EQ(again.response->SerializeAsString(), first.response->SerializeAsString())
      << "a repeated request answers differently\nfirst: " << first.response->ShortDebugString()
      << "\nagain: " << again.response->ShortDebugString();
}

}  // namespace guichet::crash
