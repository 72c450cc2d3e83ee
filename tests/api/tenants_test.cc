// Tenants apart: through no rpc can anything of another organization be read, watched, guessed by its id, or inferred from an
// error; and each rpc answers those who may call it, and nobody else. Walks the rows of rpc_table.h.
#include <algorithm>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "tests/api/tenants_fixture.h"

namespace guichet::api_test {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// What the caller said comes back in errors; what is left must not depend on it.
std::string Without(const std::string& text, const std::string& said) {
  if (said.empty()) return text;
  std::string out;
  auto word = [&](size_t at) { return at < text.size() && isalnum(static_cast<unsigned char>(text[at])) != 0; };
  for (size_t at = 0; at < text.size();) {
    const bool here = text.compare(at, said.size(), said) == 0 && !word(at + said.size()) && (at == 0 || !word(at - 1));
    out += here ? "(named)" : text.substr(at, 1);
    at += here ? said.size() : 1;
  }
  return out;
}

// One for each rpc, and for each command of ExecuteCommands.
std::string NameOf(const Row& row) {
  const bool command = row.rpc->input_type() == pb::ExecuteCommandsRequest::descriptor();
  return row.rpc->full_name() + (command ? " " + row.about : "");
}

// In the message or the command that it holds.
void SetRequestId(Message* message, const std::string& id) {
  const auto& reflection = *message->GetReflection();
  if (const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName("request_id")) {
    reflection.SetString(message, field, id);
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->containing_oneof() != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      SetRequestId(reflection.MutableMessage(message, field), id);
    }
  }
}

// --- The rows themselves ----------------------------------------------------------------------------------------------------

// Visits every field that a message of `type` can hold, at any depth, once.
void VisitFields(const Descriptor& type, std::set<const Descriptor*>& seen,
                 const std::function<void(const FieldDescriptor&)>& visit) {
  if (!seen.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    visit(*type.field(i));
    if (const Descriptor* below = type.field(i)->message_type()) VisitFields(*below, seen, visit);
  }
}

void VisitSet(const Message& message, std::set<std::string>& fields) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  const auto& reflection = *message.GetReflection();
  for (const FieldDescriptor* field : set) {
    fields.insert(field->full_name());
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) VisitSet(reflection.GetMessage(message, field), fields);
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); ++i) {
      VisitSet(reflection.GetRepeatedMessage(message, field, i), fields);
    }
  }
}

TEST_F(Tenants, EveryRpcHasARow) {
  // What the daemon serves, by reflection: list_services is field 7.
  RawCall reflection(daemon.client(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "");
  reflection.Write(std::string("\x3A\x01*"));
  const std::string served = reflection.Read().value_or("");
  const std::string package = "guichet.v1.";
  size_t services = 0;
  for (size_t at = served.find(package); at != std::string::npos; at = served.find(package, at + 1)) {
    size_t end = at + package.size();
    while (end < served.size() && isalnum(static_cast<unsigned char>(served[end])) != 0) ++end;
    const std::string name = served.substr(at, end - at);
    ++services;
    EXPECT_TRUE(std::any_of(Methods().begin(), Methods().end(),
                            [&](const MethodDescriptor* method) { return method->service()->full_name() == name; }))
        << name << " is served and no test walks it: add its file to Methods() in harness.cc";
  }
  EXPECT_GE(services, 5u);

  for (const MethodDescriptor* method : Methods()) {
    EXPECT_TRUE(std::any_of(Rows().begin(), Rows().end(), [&](const Row& row) { return row.rpc == method; }))
        << method->full_name() << " has no row: add one to rpc_table.cc, with who may call it and a request that names things";
  }
  const auto* commands = pb::ExecuteCommandsRequest::descriptor()->FindOneofByName("command");
  for (int f = 0; f < commands->field_count(); ++f) {
    const std::string about = "with " + commands->field(f)->name();
    EXPECT_TRUE(std::any_of(Rows().begin(), Rows().end(), [&](const Row& row) { return row.about.starts_with(about); }))
        << "the command " << commands->field(f)->name() << " has no row: add one of its unary rpc to rpc_table.cc";
  }
}

TEST_F(Tenants, RowsNameAllThatCanBeNamed) {
  // Not ids of anything that is looked up.
  const std::set<std::string> no_names = {"request_id", "device_id", "tracking_id"};
  std::set<std::string> named;
  // In a request only the texts of a session count, and what is output-only does not.
  std::set<const Descriptor*> seen = {pb::Session::descriptor(), pb::LoadLayer::descriptor()};
  for (const Row& row : Rows()) {
    SCOPED_TRACE(row.Name());
    for (char letter : row.may) {
      EXPECT_TRUE(row.may == "*" || std::any_of(Columns().begin(), Columns().end(),
                                                [&](const Column& column) { return column.letter == letter; }))
          << "'" << letter << "' is no column";
    }
    for (const auto& message : row.ask(ours.names())) VisitSet(*message, named);
  }
  for (const MethodDescriptor* method : Methods()) {
    VisitFields(*method->input_type(), seen, [&](const FieldDescriptor& field) {
      const bool id = field.name().ends_with("_id") || field.name().ends_with("_ids");
      if (!id || no_names.contains(field.name())) return;
      if (field.full_name() == "guichet.v1.ReportDeliveryRequest.technician_id") return;  // external: deliveries_test.cc
      EXPECT_TRUE(named.contains(field.full_name())) << field.full_name() << " is set by no row of rpc_table.cc: set it in one";
    });
  }
  for (const Dimension& dimension : Dimensions()) {
    Names other = ours.names();
    const bool number = dimension.member == &Names::session || dimension.member == &Names::computer;
    other.*dimension.member = number ? "98" : "other";
    const bool used = std::any_of(Rows().begin(), Rows().end(), [&](const Row& row) {
      return row.ask(other).front()->SerializeAsString() != row.ask(ours.names()).front()->SerializeAsString();
    });
    EXPECT_TRUE(used) << "no row names a " << dimension.name;
  }
}

// --- Who may call -----------------------------------------------------------------------------------------------------------

TEST_F(Tenants, RolesAreThoseOfTheTable) {
  const uint64_t before = ours.Revision();
  for (const Column& column : Columns()) {
    for (const Row& row : Rows()) {
      if (row.May(column.letter)) continue;
      SCOPED_TRACE(row.Name() + " by " + column.caller);
      const Heard heard = Ask(row, ours.names(), ours.Authorization(column.letter));
      EXPECT_TRUE(Refused(row, heard)) << "is not refused: " << Text(*row.rpc, heard) << "If he may, add '" << column.letter
                                       << "' to the row in rpc_table.cc.";
      if (column.letter == 'N') {
        EXPECT_EQ(heard.status.error_code(), grpc::UNAUTHENTICATED);
      }
    }
  }
  EXPECT_EQ(ours.Revision(), before) << "a refused call changed something";
  for (const Column& column : Columns()) {
    for (const Row& row : Rows()) {
      if (!row.May(column.letter)) continue;
      SCOPED_TRACE(row.Name() + " by " + column.caller);
      const Heard heard = Ask(row, ours.names(), ours.Authorization(column.letter));
      EXPECT_FALSE(Refused(row, heard)) << "is refused: " << Text(*row.rpc, heard) << "If he may not, take '" << column.letter
                                        << "' out of the row in rpc_table.cc.";
    }
  }
}

TEST_F(Tenants, BadCredentialsAreAllAlike) {
  const Time soon = daemon.clock().Now() + seconds(10);
  std::map<std::string, std::string> bad;  // by what it is
  bad["an expired key"] = ours.AddKey("expired", pb::ROLE_ADMINISTRATOR, "", soon);
  bad["a revoked key"] = ours.AddKey("revoked", pb::ROLE_ADMINISTRATOR);
  bad["a disabled technician's key"] = ours.AddTechnician("disabled", ours.names().group, true);
  bad["a deleted technician's key"] = ours.AddTechnician("deleted", ours.names().group, true);
  for (auto& [what, token] : bad) {
    EXPECT_EQ(daemon.client().Call<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), token)->role(), pb::ROLE_ADMINISTRATOR);
  }
  pb::RevokeApiKeyRequest revoke;
  revoke.set_key_id("revoked");
  ours.Do<pb::RevokeApiKeyResponse>(revoke);
  pb::UpdateTechnicianRequest disable;
  disable.mutable_technician()->set_technician_id("disabled");
  disable.mutable_technician()->set_disabled(true);
  ours.Do<pb::UpdateTechnicianResponse>(disable);
  pb::DeleteTechnicianRequest remove;
  remove.set_technician_id("deleted");
  ours.Do<pb::DeleteTechnicianResponse>(remove);
  daemon.clock().Advance(seconds(10));

  auto secret = [](const std::string& token) { return token.substr(token.rfind('_') + 1); };
  auto splice = [&](const std::string& token, const std::string& from) {
    return token.substr(0, token.rfind('_') + 1) + secret(from);
  };
  for (const Column& column : Columns()) {
    if (std::string("DCTGIAM").find(column.letter) == std::string::npos) continue;  // others are of the same kinds
    const std::string kind = std::string(" of the kind of ") + column.caller;
    const std::string token = ours.Token(column.letter);
    bad["ids of the other and our secret" + kind] = splice(theirs.Token(column.letter), token);
    bad["our ids and a secret of the other" + kind] = splice(token, theirs.Token(column.letter));
    bad["an unknown secret" + kind] = splice(token, "abcdefghijklmnopqrstuvwxyz");
    bad["no secret" + kind] = splice(token, "");
    bad["a secret cut short" + kind] = token.substr(0, token.size() - 1);
    bad["a secret and more" + kind] = token + "x";
    bad["an organization that nobody has" + kind] = absl::StrReplaceAll(token, {{"_acme_", "_nival_"}});
    bad["an id that nobody has" + kind] = token.substr(0, token.find('_')) + "_acme_" +
                                          (column.letter == 'D' || column.letter == 'C' ? "98_" : "none_") + secret(token);
  }
  bad["the secret of another key"] = splice(ours.Token('A'), ours.Token('T'));
  bad["the secret of another session"] = splice("gd_acme_2_x", ours.device_token());
  bad["a device's secret as a key"] = "gk_acme_administrator_" + secret(ours.device_token());
  bad["a key's secret as a device"] = "gd_acme_1_" + secret(ours.Token('A'));
  bad["the operator's and more"] = std::string(kOperatorToken) + "x";
  for (const char* malformed : {"garbage", "_", "___", "gk", "gk___", "gk_acme", "gk_acme_administrator", "gd___", "gd_acme__",
                                "gd_acme_-1_x", "gd_acme_99999999999999999999_x", "gk_acme_administrator_x_y", "Bearer x"}) {
    bad[std::string("malformed: ") + malformed] = malformed;
  }
  bad["a long one"] = "gk_acme_administrator_" + std::string(3000, 'x');

  std::map<std::string, std::string> headers = {{"nothing", ""}, {"another scheme", "Basic " + ours.Token('A')}};
  headers["the scheme alone"] = "Bearer ";
  for (const auto& [what, token] : bad) headers[what] = "Bearer " + token;

  Names nowhere = ours.names();
  nowhere.channel = "nowhere";
  nowhere.code = std::string(26, 'a');  // as long as that of a link: nobody could guess it
  const uint64_t before = theirs.Revision();
  std::set<const MethodDescriptor*> walked;
  for (const Row& row : Rows()) {
    if (!walked.insert(row.rpc).second) continue;
    std::map<bool, std::string> first;  // by whether there is a token at all
    for (const auto& [what, header] : headers) {
      SCOPED_TRACE(row.Name() + " with " + what + ": " + header);
      const Heard heard = Ask(row, row.May('N') ? nowhere : ours.names(), header);
      EXPECT_EQ(heard.status.error_code() == grpc::UNAUTHENTICATED, !row.May('N')) << Text(*row.rpc, heard);
      EXPECT_FALSE(Succeeded(row, heard));
      ExpectNothingOf(theirs, *row.rpc, heard);
      const bool token = header.starts_with("Bearer ") && header != "Bearer ";
      const std::string text = Text(*row.rpc, heard);
      EXPECT_EQ(text, first.try_emplace(token && !row.May('N'), text).first->second);
    }
  }
  EXPECT_EQ(theirs.Revision(), before);
}

// --- Nothing of another organization ----------------------------------------------------------------------------------------

TEST_F(Tenants, WhatAnotherOrganizationHasIsAsWhatNobodyHas) {
  // So that the ids of the sessions and computers after them are none of ours.
  theirs.AddSessions(30);
  for (int i = 0; i < 20; ++i) theirs.Prepare(State::kEnrolled);
  Names there = theirs.AddOnly("b-");
  pb::ListSessionsRequest list;
  list.set_ended(true);
  list.set_device_id(there.device);
  list.set_tracking_id(there.tracking);
  const auto ended = theirs.Do<pb::ListSessionsResponse>(list);
  ASSERT_EQ(ended.sessions_size(), 1);

  // A link that was redeemed leads to its session for a while, for the device that redeemed it.
  pb::CreateSessionRequest link;
  link.set_method(pb::METHOD_LINK);
  link.set_technician_id(there.self);
  pb::RedeemCodeRequest redeem;
  redeem.set_code(theirs.Do<pb::CreateSessionResponse>(link).code());
  redeem.set_device_id("another");
  Must<pb::RedeemCodeResponse>(daemon.client(), redeem, "");

  Names nowhere = there;
  for (const Dimension& dimension : Dimensions()) {
    std::string& name = nowhere.*dimension.member;
    if (name.starts_with("b-")) name[0] = 'x';
  }
  nowhere.organization = "nival";
  nowhere.session = "98";
  nowhere.computer = "98";
  nowhere.code = std::string(there.code.size(), 'a');

  struct Variation {
    std::string name;
    std::vector<std::string Names::*> members;
    Names there;
  };
  std::vector<Variation> variations = {{"everything", {}, there}};
  for (const Dimension& dimension : Dimensions()) {
    EXPECT_NE(there.*dimension.member, nowhere.*dimension.member) << dimension.name << ": let Tenant::Fill make one";
    variations[0].members.push_back(dimension.member);
    variations.push_back({dimension.name, {dimension.member}, there});
  }
  there.session = std::to_string(ended.sessions(0).session_id());
  there.code = redeem.code();
  variations.push_back({"ended session", {&Names::session}, there});
  variations.push_back({"used code", {&Names::code}, there});

  const uint64_t before = theirs.Revision();
  size_t compared = 0;
  std::map<State, Place> places;
  for (const Column& column : Columns()) {
    if (column.letter == 'O') continue;  // belongs to no organization
    for (const Row& row : Rows()) {
      // A key with one scope asks what it may; before the scope nothing is looked at.
      if (isdigit(static_cast<unsigned char>(column.letter)) != 0 && !row.May(column.letter)) continue;
      auto place = places.find(row.state);
      if (place == places.end()) place = places.emplace(row.state, ours.Prepare(row.state)).first;
      for (const Variation& variation : variations) {
        SCOPED_TRACE(row.Name() + " by " + column.caller + ", naming another's " + variation.name);
        Names of_theirs = place->second.names;
        Names of_nobody = of_theirs;
        for (auto member : variation.members) {
          of_theirs.*member = variation.there.*member;
          of_nobody.*member = nowhere.*member;
        }
        if (row.ask(of_theirs).front()->SerializeAsString() == row.ask(of_nobody).front()->SerializeAsString()) continue;
        const std::string who = ours.Authorization(column.letter, &place->second);
        const Heard there_is = Ask(row, of_theirs, who);
        const Heard there_is_none = Ask(row, of_nobody, who);
        std::string one = Text(*row.rpc, there_is, true);
        std::string other = Text(*row.rpc, there_is_none, true);
        for (auto member : variation.members) {
          one = Without(one, of_theirs.*member);
          other = Without(other, of_nobody.*member);
        }
        EXPECT_EQ(one, other) << "LEAK: tells what is there from what is not";
        ExpectNothingOf(theirs, *row.rpc, there_is);
        ++compared;
      }
    }
  }
  EXPECT_EQ(theirs.Revision(), before) << "LEAK: something of another organization was changed";
  EXPECT_GT(compared, 500u);
  EXPECT_LT(std::stoull(ours.Prepare(State::kCode).names.session), std::stoull(variations[0].there.session)) << "add sessions";
  EXPECT_LT(std::stoull(ours.Prepare(State::kEnrolled).names.computer), std::stoull(variations[0].there.computer))
      << "add computers";
}

TEST_F(Tenants, TheSameIdsAndRequestIdsInTwoOrganizationsAreTwoThings) {
  std::set<std::string> succeeded;
  std::set<std::string> marked;  // fields
  for (const Row& row : Rows()) {
    for (const Column& column : Columns()) {
      if (!row.May(column.letter)) continue;
      SCOPED_TRACE(row.Name() + " by " + column.caller);
      for (Tenant* tenant : {&theirs, &ours}) {
        const Place place = tenant->Prepare(row.state);
        Messages messages = row.ask(place.names);
        for (auto& message : messages) SetRequestId(message.get(), row.Name().substr(0, 60) + " " + column.letter);
        const Heard heard = api_test::Ask(daemon.client(), *row.rpc, messages, tenant->Authorization(column.letter, &place));
        EXPECT_FALSE(Refused(row, heard)) << Text(*row.rpc, heard);
        if (column.letter != 'O') ExpectNothingOf(tenant == &ours ? theirs : ours, *row.rpc, heard);
        if (Succeeded(row, heard)) succeeded.insert(NameOf(row));
        for (const std::string& bytes : heard.messages) {
          auto message = NewMessage(row.rpc->output_type());
          (void)message->ParseFromString(bytes);
          VisitStrings(*message, [&](const FieldDescriptor& field, const std::string& value) {
            if (value.find(tenant->mark()) != std::string::npos) marked.insert(field.full_name());
          });
        }
        tenant->Tidy(place);
      }
    }
  }
  // A walk that only heard errors, or texts without a mark, would show nothing.
  for (const Row& row : Rows()) {
    EXPECT_TRUE(succeeded.contains(NameOf(row))) << NameOf(row) << " never succeeded: give its row the State that it needs";
  }
  // Words of the daemon, ids, dates and secrets: no text of anybody.
  const std::set<std::string> no_texts = {
      "default_language", "monitored_by", "actor",           "code",  "days_off", "deadline_timer",
      "decided_by",       "description",  "lead_offered_to", "link",  "row",      "seat_of",
      "sha256",           "summary",      "time_zone",       "token", "trigger"};
  std::set<const Descriptor*> seen = {pb::CommandError::descriptor()};
  for (const MethodDescriptor* method : Methods()) {
    VisitFields(*method->output_type(), seen, [&](const FieldDescriptor& field) {
      const std::string& name = field.name();
      if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING || no_texts.contains(name)) return;
      if (name.ends_with("_id") || name.ends_with("_ids") || name.ends_with("_token")) return;
      if (field.containing_type() == pb::LoadLayer::descriptor()) return;
      if (field.containing_type() == pb::Checkpoint::descriptor()) return;       // the operator's
      if (field.containing_type() == pb::ComputerConnect::descriptor()) return;  // after hello: computers_test.cc
      if (field.containing_type() == pb::MessageTemplate::descriptor() && name == "language") return;
      if (field.containing_type() == pb::Signal::descriptor()) return;  // goes from stream to stream: signals_test.cc
      if (field.containing_type() == pb::SignalResult::descriptor()) return;
      EXPECT_TRUE(marked.contains(field.full_name()))
          << field.full_name() << " never held a mark: write one in Tenant::Fill, or in the rows' requests";
    });
  }
}

// Sets a string field of a request that has it.
bool SetField(Message* message, const std::string& name, const std::string& value) {
  const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(name);
  if (field != nullptr) message->GetReflection()->SetString(message, field, value);
  return field != nullptr;
}

std::string GetField(const Row& row, const Heard& heard, const std::string& name) {
  auto message = NewMessage(row.rpc->output_type());
  const FieldDescriptor* field = row.rpc->output_type()->FindFieldByName(name);
  if (field == nullptr || heard.messages.empty() || !message->ParseFromString(heard.messages.front())) return "";
  return message->GetReflection()->GetString(*message, field);
}

TEST_F(Tenants, TokensOfAnotherOrganizationsListsAndWatchesAreOfNoUse) {
  ours.AddSessions(5);  // the revisions of their tokens are ones that we have
  size_t pages = 0;
  size_t watches = 0;
  for (const Row& row : Rows()) {
    for (const Column& column : Columns()) {
      if (!row.May(column.letter) || column.letter == 'O') continue;
      SCOPED_TRACE(row.Name() + " by " + column.caller);
      Messages request = row.ask(theirs.names());
      if (const FieldDescriptor* size = row.rpc->input_type()->FindFieldByName("page_size")) {
        request.front()->GetReflection()->SetInt32(request.front().get(), size, 1);
      }
      const bool lists = SetField(request.front().get(), "page_token", "");
      const bool watches_it = SetField(request.front().get(), "resume_token", "");
      if (!lists && !watches_it) continue;
      const std::string field = lists ? "page_token" : "resume_token";
      const Heard first = api_test::Ask(daemon.client(), *row.rpc, request, theirs.Authorization(column.letter));
      const std::string token = GetField(row, first, lists ? "next_page_token" : "resume_token");
      if (token.empty()) continue;  // one page
      request = row.ask(ours.names());
      SetField(request.front().get(), field, token);
      const Heard heard = api_test::Ask(daemon.client(), *row.rpc, request, ours.Authorization(column.letter));
      ExpectNothingOf(theirs, *row.rpc, heard);
      // A token of no watch at all, but of this store.
      std::string text;
      absl::WebSafeBase64Unescape(token, &text);
      const std::string history = text.substr(text.rfind('.') + 1);
      SetField(request.front().get(), field, absl::WebSafeBase64Escape(absl::StrCat("1.0.5.0.", history)));
      const Heard of_none = api_test::Ask(daemon.client(), *row.rpc, request, ours.Authorization(column.letter));
      EXPECT_EQ(of_none.status.error_code(), grpc::INVALID_ARGUMENT) << Text(*row.rpc, of_none);
      if (watches_it) {
        ASSERT_EQ(Text(*row.rpc, heard), Text(*row.rpc, of_none));
      }
      ++(lists ? pages : watches);
    }
  }
  EXPECT_GE(pages, 20u);
  EXPECT_GE(watches, 8u);
}

}  // namespace
}  // namespace guichet::api_test
