// Tenants apart on open streams: they hear nothing of another organization, and end with their credential, not with its
// namesake's.
#include <set>

#include "tests/api/tenants_fixture.h"
#include "tests/api/world.h"

namespace guichet::api_test {
namespace {

// An open stream that has been answered once.
struct Listener {
  const Row* row = nullptr;
  std::string who;
  Place place;
  std::string authorization;
  std::unique_ptr<RawCall> call;
  std::vector<std::string> heard;
  std::string speaker;  // leads its session, of chats
};

// Of a stream that sends one state and sends it again when it changes: the rpc that reads it. Null for others.
const MethodDescriptor* ReadOf(const MethodDescriptor& rpc) {
  if (rpc.name() != "WatchAvailability" && rpc.name() != "WatchPosition") return nullptr;
  return rpc.service()->FindMethodByName("Get" + rpc.name().substr(std::string("Watch").size()));
}

// The state without what time alone changes.
std::string StateOf(const MethodDescriptor& rpc, const std::string& bytes) {
  auto message = NewMessage(rpc.output_type());
  EXPECT_TRUE(message->ParseFromString(bytes));
  const auto& reflection = *message->GetReflection();
  std::string text;
  for (int i = 0; i < rpc.output_type()->field_count(); ++i) {
    const auto* field = rpc.output_type()->field(i);
    if (field->message_type() == nullptr) continue;  // the revision
    Message& state = *reflection.MutableMessage(message.get(), field);
    for (int f = 0; f < field->message_type()->field_count(); ++f) {
      const auto* part = field->message_type()->field(f);
      if (part->message_type() != nullptr) state.GetReflection()->ClearField(&state, part);
    }
    text += state.ShortDebugString();
  }
  return text;
}

class TenantsStreams : public Tenants {
 protected:
  // What the caller of a stream sends in order to hear of `number`; every streaming rpc needs a line. Others hear it from
  // Nudge.
  static Messages Poke(const Row& row, uint64_t number) {
    Messages messages;
    const std::string rpc = row.rpc->name();
    if (rpc == "ExecuteCommands") {
      auto request = std::make_unique<pb::ExecuteCommandsRequest>();
      request->set_tag(number);
      messages.push_back(std::move(request));
    } else if (rpc == "Attach") {
      auto request = std::make_unique<pb::AttachRequest>();
      request->mutable_heartbeat()->set_sequence(number);
      messages.push_back(std::move(request));
    } else if (rpc == "AttachComputer") {
      auto request = std::make_unique<pb::AttachComputerRequest>();
      request->mutable_heartbeat()->set_sequence(number);
      messages.push_back(std::move(request));
    } else if (rpc != "AttachConsole" && rpc != "WatchQueue" && rpc != "WatchTechnicians" && rpc != "WatchDeliveries" &&
               rpc != "WatchChat" && ReadOf(*row.rpc) == nullptr) {
      ADD_FAILURE() << row.Name() << ": say in Poke, Nudge or ReadOf what makes this stream send a message";
    }
    return messages;
  }

  // Changes by which all streams of `technicians`, consoles and watches, hear of `number`. The availability of the channel
  // changes too.
  void Nudge(Tenant& tenant, const std::vector<std::string>& technicians, const std::string& session, uint64_t number) {
    const std::string text = std::to_string(number);
    auto update = World::On<pb::UpdateSessionRequest>(std::stoull(session));
    update.mutable_session()->set_name(text);
    tenant.Do<pb::UpdateSessionResponse>(update);
    pb::CreateSessionRequest invitation;
    invitation.set_method(pb::METHOD_EMAIL);
    invitation.set_technician_id(tenant.names().technician);
    invitation.set_delivery_address("somebody@example.com");
    invitation.set_name(text);
    tenant.Do<pb::CreateSessionResponse>(invitation);
    waiting.push_back(tenant.Prepare(State::kWaiting));
    for (const std::string& technician : technicians) {
      pb::SetStatusRequest status;
      status.set_technician_id(technician);
      status.set_status(pb::TECHNICIAN_STATUS_AWAY);
      status.set_reason(text);
      tenant.Do<pb::SetStatusResponse>(status);
    }
  }

  // In the chat that is listened to.
  void Talk(const Listener& listener, uint64_t number) {
    Tenant& tenant = listener.place.names.home == ours.names().home ? ours : theirs;
    auto say = World::On<pb::SendChatRequest>(std::stoull(listener.place.names.session), listener.speaker);
    say.set_text(std::to_string(number));
    tenant.Do<pb::SendChatResponse>(say);
  }

  // Opens the streams that `column` may open, with `authorization`, acting for `self`.
  std::vector<Listener> Open(Tenant& tenant, char column, const std::string& self, const std::string& authorization) {
    std::vector<Listener> listeners;
    std::set<const MethodDescriptor*> opened;
    for (const Row& row : Rows()) {
      if (!row.rpc->server_streaming() || !row.May(column)) continue;
      if (row.state == State::kTalking && column == 'H') continue;                  // of a group that he does not administer
      if (!opened.insert(row.rpc).second && row.rpc->client_streaming()) continue;  // one console, one stream of commands
      SCOPED_TRACE(row.Name() + " by column " + column);
      Listener listener;
      listener.row = &row;
      listener.who = row.Name() + " by column " + column;
      Names names = tenant.names();
      if (row.state == State::kTalking) names.self = column == 'T' ? self : column == 'D' ? names.self : names.boss;
      listener.place = tenant.Prepare(row.state, names);
      listener.speaker = names.self;
      listener.place.names.self = self;
      listener.authorization = column == 'D' || column == 'C' ? tenant.Authorization(column, &listener.place) : authorization;
      listener.call = std::make_unique<RawCall>(daemon.client(), *row.rpc, listener.authorization);
      listener.call->Write(*row.ask(listener.place.names).front());
      if (!row.rpc->client_streaming()) listener.call->HalfClose();
      const auto first = listener.call->Read();
      EXPECT_TRUE(first.has_value()) << "the stream has ended";
      listener.heard.push_back(first.value_or(""));
      listeners.push_back(std::move(listener));
    }
    return listeners;
  }

  // Reads until `number`, and returns how many messages it took; of a state until what is so, which may take any number.
  size_t HearOf(Listener& listener, uint64_t number) {
    SCOPED_TRACE(listener.who);
    if (const MethodDescriptor* read = ReadOf(*listener.row->rpc)) {
      CatchUp(listener, *read);
      return 0;
    }
    if (listener.row->rpc->name() == "WatchChat") Talk(listener, number);
    for (const auto& message : Poke(*listener.row, number)) listener.call->Write(*message);
    size_t count = 0;
    while (const auto bytes = listener.call->Read()) {
      ++count;
      listener.heard.push_back(*bytes);
      if (Text(*listener.row->rpc, Heard{{*bytes}, {}, {}}).find(std::to_string(number)) != std::string::npos) return count;
    }
    const Heard end = listener.call->End();
    ADD_FAILURE() << "the stream has ended: " << Text(*listener.row->rpc, end);
    return count;
  }

  void CatchUp(Listener& listener, const MethodDescriptor& read) {
    auto same = NewMessage(read.input_type());  // its fields are those of the watch
    EXPECT_TRUE(same->ParseFromString(listener.row->ask(listener.place.names).front()->SerializeAsString()));
    Messages request;
    request.push_back(std::move(same));
    const Heard is = api_test::Ask(daemon.client(), read, request, listener.authorization);
    ASSERT_EQ(is.messages.size(), 1u) << Text(read, is);
    while (StateOf(*listener.row->rpc, listener.heard.back()) != StateOf(read, is.messages.front())) {
      const auto bytes = listener.call->Read();
      ASSERT_TRUE(bytes.has_value()) << "the stream has ended: " << Text(*listener.row->rpc, listener.call->End());
      listener.heard.push_back(*bytes);
    }
  }

  std::vector<Place> waiting;  // by Nudge
};

TEST_F(TenantsStreams, StreamsHearNothingOfAnotherOrganization) {
  std::vector<Listener> listeners;
  for (const Column& column : Columns()) {
    if (column.letter == 'N') continue;
    for (Listener& listener : Open(ours, column.letter, ours.names().self, ours.Authorization(column.letter))) {
      listeners.push_back(std::move(listener));
    }
  }
  std::set<std::string> rpcs;
  for (const Listener& listener : listeners) rpcs.insert(listener.row->rpc->full_name());
  for (const MethodDescriptor* method : Methods()) {
    EXPECT_TRUE(!method->server_streaming() || rpcs.contains(method->full_name())) << method->full_name() << " was not opened";
  }

  auto nudge = [&](uint64_t number) {
    Nudge(ours, ours.technicians(), ours.names().session, number);
    std::vector<size_t> counts;
    for (Listener& listener : listeners) counts.push_back(HearOf(listener, number));
    return counts;
  };
  nudge(7000001);
  const std::vector<size_t> quiet = nudge(7000002);
  // The other organization does everything that there is to do.
  const uint64_t before = theirs.Revision();
  for (const Row& row : Rows()) {
    const Place place = theirs.Prepare(row.state);
    for (char column : {'A', 'T', 'D'}) {
      if (!row.May(column)) continue;
      (void)Ask(row, place.names, theirs.Authorization(column, &place));
      break;
    }
    theirs.Tidy(place);
  }
  EXPECT_GT(theirs.Revision(), before + 100);
  const std::vector<size_t> loud = nudge(7000003);
  for (size_t i = 0; i < listeners.size(); ++i) {
    SCOPED_TRACE(listeners[i].who);
    EXPECT_EQ(quiet[i], loud[i]) << "LEAK: messages because of another organization";
    ExpectNothingOf(theirs, *listeners[i].row->rpc, Heard{listeners[i].heard, {}, {}});
  }
}

TEST_F(TenantsStreams, StreamsEndWithTheirCredentialAndThoseOfItsNamesakeGoOn) {
  struct Way {
    std::string name;
    std::string columns;  // of keys that can end so
    grpc::StatusCode code;
    std::function<void(const std::string& technician, const std::string& key)> end;
  };
  const std::vector<Way> ways = {{"revoked", "TIA", grpc::UNAUTHENTICATED,
                                  [&](const std::string&, const std::string& key) {
                                    pb::RevokeApiKeyRequest request;
                                    request.set_key_id(key);
                                    ours.Do<pb::RevokeApiKeyResponse>(request);
                                  }},
                                 {"disabled", "T", grpc::FAILED_PRECONDITION,
                                  [&](const std::string& technician, const std::string&) {
                                    pb::UpdateTechnicianRequest request;
                                    request.mutable_technician()->set_technician_id(technician);
                                    request.mutable_technician()->set_disabled(true);
                                    ours.Do<pb::UpdateTechnicianResponse>(request);
                                  }},
                                 {"deleted", "T", grpc::UNAUTHENTICATED,
                                  [&](const std::string& technician, const std::string&) {
                                    pb::DeleteTechnicianRequest request;
                                    request.set_technician_id(technician);
                                    ours.Do<pb::DeleteTechnicianResponse>(request);
                                  }},
                                 {"demoted", "T", grpc::PERMISSION_DENIED,
                                  [&](const std::string& technician, const std::string&) {
                                    pb::UpdateTechnicianRequest request;
                                    request.mutable_technician()->set_technician_id(technician);
                                    request.mutable_update_mask()->add_paths("administrator");
                                    ours.Do<pb::UpdateTechnicianResponse>(request);
                                  }},
                                 {"ungrouped", "G", grpc::PERMISSION_DENIED,
                                  [&](const std::string& technician, const std::string&) {
                                    pb::UpdateTechnicianRequest request;
                                    request.mutable_technician()->set_technician_id(technician);
                                    request.mutable_update_mask()->add_paths("administered_group_ids");
                                    ours.Do<pb::UpdateTechnicianResponse>(request);
                                  }},
                                 {"expired", "TIA", grpc::UNAUTHENTICATED,
                                  [&](const std::string&, const std::string&) { daemon.clock().Advance(seconds(10)); }}};
  const std::map<char, pb::Role> roles = {
      {'T', pb::ROLE_TECHNICIAN}, {'G', pb::ROLE_TECHNICIAN}, {'I', pb::ROLE_INTEGRATOR}, {'A', pb::ROLE_ADMINISTRATOR}};
  const Place in_queue = theirs.Prepare(State::kWaiting);  // in the channel's queue: in that of each technician
  uint64_t number = 7000000;
  for (const Way& way : ways) {
    for (char column : way.columns) {
      SCOPED_TRACE("a key that is " + way.name + ", of column " + column);
      const bool his = roles.at(column) == pb::ROLE_TECHNICIAN;
      const std::string technician = way.name + (his ? "-tech" : column == 'I' ? "-int" : "-adm");
      const std::string key = "the-" + technician;
      std::map<Tenant*, std::vector<Listener>> open;
      for (Tenant* tenant : {&ours, &theirs}) {
        tenant->AddTechnician(technician, tenant->names().group, way.name == "demoted",
                              column == 'G' ? tenant->names().group : "");
        const Time expires = way.name == "expired" && tenant == &ours ? daemon.clock().Now() + seconds(10) : kNoTime;
        const std::string token = tenant->AddKey(key, roles.at(column), his ? technician : "", expires);
        open[tenant] = Open(*tenant, column, technician, Bearer(token));
        EXPECT_GE(open[tenant].size(), 3u);
      }
      way.end(technician, key);
      for (Listener& listener : open[&ours]) {
        const Heard end = listener.call->End();
        EXPECT_EQ(end.status.error_code(), way.code) << listener.who << ": " << Text(*listener.row->rpc, end);
      }
      Nudge(theirs, {technician}, in_queue.names.session, ++number);
      for (Listener& listener : open[&theirs]) HearOf(listener, number);
    }
  }
}

TEST_F(TenantsStreams, ADevicesStreamEndsWithItsSession) {
  std::map<Tenant*, std::vector<Listener>> open;
  for (Tenant* tenant : {&ours, &theirs}) {
    open[tenant] = Open(*tenant, 'D', tenant->names().self, "");
    EXPECT_FALSE(open[tenant].empty());
  }
  for (Listener& listener : open[&ours]) {
    SCOPED_TRACE(listener.who);
    ours.Tidy(listener.place);
    const Heard end = listener.call->End();
    EXPECT_TRUE(end.status.ok()) << Text(*listener.row->rpc, end);
    // Its token opens nothing more: it only hears that the session has ended.
    const Heard again = Ask(*listener.row, listener.place.names, Bearer(listener.place.token));
    ASSERT_EQ(again.messages.size(), 1u) << Text(*listener.row->rpc, again);
    if (pb::AttachResponse ended; listener.row->rpc->output_type() == ended.GetDescriptor()) {
      EXPECT_TRUE(ended.ParseFromString(again.messages[0]) && ended.has_ended()) << Text(*listener.row->rpc, again);
    } else if (pb::WatchChatResponse said; listener.row->rpc->output_type() == said.GetDescriptor()) {
      EXPECT_TRUE(said.ParseFromString(again.messages[0]) && said.has_message()) << "what was said before";
    } else {
      pb::WatchPositionResponse place;
      ASSERT_EQ(listener.row->rpc->output_type(), place.GetDescriptor());
      EXPECT_TRUE(place.ParseFromString(again.messages[0]));
      EXPECT_EQ(place.position().state(), pb::QueuePosition::STATE_ENDED) << Text(*listener.row->rpc, again);
    }
  }
  for (Listener& listener : open[&theirs]) HearOf(listener, 7000001);
}

}  // namespace
}  // namespace guichet::api_test
