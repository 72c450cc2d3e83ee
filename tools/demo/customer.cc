#include "absl/strings/str_cat.h"
#include "tools/demo/actors.h"

namespace guichet::demo {

absl::Status Customer::Redeem(const std::string& code) {
  v1::RedeemCodeRequest request;
  request.set_code(code);
  request.set_device_id(absl::StrCat("demo-", client::RandomRequestId()));
  request.set_platform("demo");
  v1::RedeemCodeResponse response;
  if (absl::Status status = client_.Mutate(&request, &response); !status.ok()) return status;
  device_token_ = response.device_token();
  session_id_ = response.session_id();
  return absl::OkStatus();
}

absl::Status Customer::Enter(const std::string& organization_id, const std::string& channel_id) {
  v1::SubmitFormRequest request;
  request.set_organization_id(organization_id);
  request.set_channel_id(channel_id);
  request.set_name(name_);
  request.set_device_id(absl::StrCat("demo-", client::RandomRequestId()));
  request.set_platform("demo");
  v1::SubmitFormResponse response;
  if (absl::Status status = client_.Mutate(&request, &response); !status.ok()) return status;
  device_token_ = response.device_token();
  session_id_ = response.session_id();
  return absl::OkStatus();
}

absl::Status Customer::Attach() {
  auto client = client_.WithToken(device_token_);
  if (!client.ok()) return client.status();
  attach_client_ = *std::move(client);
  v1::AttachRequest hello;
  hello.mutable_hello()->set_platform("demo");
  absl::Status status =
      attachment_.Attach(*attach_client_, hello, [this](const v1::AttachResponse& message) { OnMessage(message); });
  if (!status.ok()) return status;
  {
    absl::MutexLock lock(&mutex_);
    if (!terms_pending_) return absl::OkStatus();
    terms_pending_ = false;
  }
  v1::AttachRequest terms;
  terms.mutable_terms()->set_accepted(true);
  return attachment_.Send(terms) ? absl::OkStatus() : absl::UnavailableError("the applet's stream broke");
}

void Customer::OnMessage(const v1::AttachResponse& message) {
  absl::MutexLock lock(&mutex_);
  if (message.has_welcome()) {
    const auto& grace = message.welcome().device_lost_grace();
    // Written before Attach returns, on its thread.
    grace_ = absl::Seconds(grace.seconds()) + absl::Nanoseconds(grace.nanos());
    terms_pending_ = !message.welcome().terms().empty();
  }
  if (message.has_reboot()) reboot_ordered_ = true;
  if (message.has_ended()) ended_ = true;
}

absl::Status Customer::End() {
  v1::AttachRequest end;
  end.mutable_end();
  if (!attachment_.Send(end)) return absl::UnavailableError("the applet's stream broke");
  return AwaitEnded();
}

absl::Status Customer::AwaitRebootOrder() {
  absl::MutexLock lock(&mutex_);
  if (mutex_.AwaitWithTimeout(absl::Condition(&reboot_ordered_), kPatience)) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("the applet of session ", session_id_, " got no order to reboot"));
}

absl::Status Customer::AwaitEnded() {
  {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(&ended_), kPatience)) {
      return absl::DeadlineExceededError(absl::StrCat("the applet of session ", session_id_, " was not told of its end"));
    }
  }
  return attachment_.Close(kPatience);
}

}  // namespace guichet::demo
