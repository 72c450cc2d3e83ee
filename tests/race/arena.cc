#include "tests/race/arena.h"

#include <stdexcept>

#include "absl/strings/str_format.h"
#include "tests/api/world.h"

namespace guichet::race {

Seat::Line::Line(const std::string& token) {
  context_.AddMetadata("authorization", "Bearer " + token);
  hello_.mutable_hello()->set_console_name("desk");
}

Seat::Line::~Line() {
  context_.TryCancel();
  done_.WaitForNotification();
}

void Seat::Line::Attach(pb::TechnicianService::Stub& technicians) {
  technicians.async()->AttachConsole(&context_, this);
  StartWrite(&hello_);
  StartRead(&told_);
  StartCall();
  welcome_.WaitForNotification();
}

void Seat::Line::OnReadDone(bool ok) {
  if (!ok) return;
  if (told_.has_welcome()) welcome_.Notify();
  StartRead(&told_);
}

void Seat::Line::OnDone(const grpc::Status& status) {
  if (!welcome_.HasBeenNotified()) {
    ADD_FAILURE() << "a console was not let in: " << status.error_message();
    welcome_.Notify();
  }
  done_.Notify();
}

Seat::Seat(int port, std::string id, std::string token)
    : id_(std::move(id)),
      token_(std::move(token)),
      client_(port),
      sessions_(pb::SessionService::NewStub(client_.channel())),
      technicians_(pb::TechnicianService::NewStub(client_.channel())),
      line_(token_) {
  line_.Attach(*technicians_);
}

Seat::~Seat() = default;

Arena::Arena() : port_(daemon_.daemon().port()) {
  const Client& client = daemon_.client();
  const std::string admin = api_test::MakeOrganization(client, "acme");
  auto must = [&](const google::protobuf::Message& request, google::protobuf::Message&& response) {
    const Outcome outcome = client.CallInto(request, &response, admin);
    if (!outcome.ok()) throw std::runtime_error(request.GetTypeName() + ": " + outcome.message);
  };
  auto add_group = [&](const std::string& id) {
    pb::CreateGroupRequest request;
    request.mutable_group()->set_group_id(id);
    must(request, pb::CreateGroupResponse());
  };
  auto add_technician = [&](const std::string& id, const std::string& group) {
    pb::CreateTechnicianRequest request;
    request.mutable_technician()->set_technician_id(id);
    request.mutable_technician()->set_group_id(group);
    must(request, pb::CreateTechnicianResponse());
    const std::string token = api_test::MakeKey(client, admin, "key-" + id, pb::ROLE_TECHNICIAN, id);
    seats_.push_back(std::make_unique<Seat>(port_, id, token));
  };
  add_group(kFloor);
  add_group("office");
  for (size_t i = 0; i < kRacers; ++i) add_technician(absl::StrFormat("t%02d", i), kFloor);
  add_technician("desk", "office");
  pb::CreateChannelRequest channel;
  channel.mutable_channel()->set_channel_id("help");
  channel.mutable_channel()->add_group_ids(kFloor);
  channel.mutable_channel()->add_technician_ids("desk");
  must(channel, pb::CreateChannelResponse());
  integrator_ = api_test::MakeKey(client, admin, "integrator", pb::ROLE_INTEGRATOR);
}

}  // namespace guichet::race
