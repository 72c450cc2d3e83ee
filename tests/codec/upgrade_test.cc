// Upgrade of a database that an earlier build wrote: earlier.golden holds its records, which never change. They decode, keep
// what they say, and get the defaults for what that build did not know.
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "guichet/store/v1/record.pb.h"
#include "tests/codec/values.h"

namespace guichet::store {
namespace {

namespace pb = ::guichet::store::v1;
using google::protobuf::Message;

// Last field that the earlier build knew, of the messages that have more since.
int LastEarlierField(const std::string& message) {
  static const auto* const kLast = new std::map<std::string, int>{
      {"ApiKeyRecord", 6},   {"ChannelRecord", 6},       {"ConsoleGoneRecord", 2},    {"EntryChangeRecord", 4},
      {"EventRecord", 40},   {"GroupRecord", 3},         {"GroupSettingsRecord", 15}, {"InvitedRecord", 4},
      {"OrgPutRecord", 2},   {"OrgRecord", 4},           {"ParticipantRecord", 7},    {"SessionCreatedRecord", 9},
      {"SessionRecord", 33}, {"TechnicianPutRecord", 5}, {"TechnicianRecord", 16}};
  const auto found = kLast->find(message);
  return found == kLast->end() ? INT32_MAX : found->second;
}

// Drops what the earlier build would not have written.
void MakeEarlier(Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->number() > LastEarlierField(message.GetDescriptor()->name())) {
      reflection->ClearField(&message, field);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) MakeEarlier(*reflection->MutableMessage(&message, field));
      for (int i = 0; field->is_repeated() && i < reflection->FieldSize(message, field); ++i) {
        MakeEarlier(*reflection->MutableRepeatedMessage(&message, field, i));
      }
    }
  }
}

template <class Record>
std::string EarlierBytes(const std::string& bytes) {
  Record record;
  EXPECT_TRUE(record.ParseFromString(bytes));
  MakeEarlier(record);
  return record.SerializeAsString();
}

// Name of the record → its bytes.
std::map<std::string, std::string> EarlierRecords() {
  std::map<std::string, std::string> records;
  std::ifstream in(GUICHET_EARLIER_GOLDEN);
  for (std::string line; std::getline(in, line);) {
    const size_t colon = line.find(": ");
    EXPECT_NE(colon, std::string::npos) << line;
    records[line.substr(0, colon)] = absl::HexStringToBytes(line.substr(colon + 2));
  }
  EXPECT_GT(records.size(), 200u);
  return records;
}

TEST(CodecUpgradeTest, EveryEarlierRecordDecodesAndKeepsWhatItSays) {
  size_t checked = 0;
  for (const auto& [line, bytes] : EarlierRecords()) {
    SCOPED_TRACE(line);
    std::string kind = line.substr(0, line.rfind(' '));
    if (kind.starts_with("event ")) kind = "timeline";
    ForEachKind([&, &bytes = bytes](const char* name, const char* record_name, auto encode, auto decode, auto) {
      if (kind != name) return;
      ++checked;
      const auto value = decode(bytes);
      ASSERT_TRUE(value.ok()) << value.status().ToString();
      const auto* type = pb::SessionRecord::descriptor()->file()->FindMessageTypeByName(record_name);
      ASSERT_NE(type, nullptr);
      const std::unique_ptr<Message> record(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
      ASSERT_TRUE(record->ParseFromString(encode(*value)));
      MakeEarlier(*record);
      EXPECT_EQ(absl::BytesToHexString(record->SerializeAsString()), absl::BytesToHexString(bytes));
    });
  }
  EXPECT_EQ(checked, EarlierRecords().size());
}

// Each test below: a full value as the earlier build would have written it, against the value with the defaults.

TEST(CodecUpgradeTest, SessionIsStandardWithEverythingGrantedAndHasJustItsQueue) {
  Session session = Filler(0).Make<Session>();
  const auto back = DecodeSession(EarlierBytes<pb::SessionRecord>(EncodeSession(session)));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  ASSERT_FALSE(session.participants.empty());
  for (Participant& participant : session.participants) {
    participant.granted = Permissions::All();
    participant.external_name = {};
    participant.code_key.clear();
    participant.code_expires = kNoTime;
    participant.delivery = {};
  }
  session.last_external = 0;
  session.chat_only = false;
  session.computer = session.enrolled = {};
  session.access_until = kNoTime;
  session.credentials = CredentialMode::kAsk;
  session.messages = session.customer_messages = session.notes = 0;
  session.customer_chat_until = session.survey_until = kNoTime;
  session.survey_answered = false;
  session.type = SessionType::kStandard;
  session.delivery = {};
  session.activities.clear();
  session.last_activity = 0;
  session.standing_grants = {};
  session.chat_off = false;
  session.survey_sent = false;
  session.queue_group = {};
  session.preferred = {};
  session.preferred_only = false;
  session.offer.reset();
  session.declines.clear();
  session.redirects = 0;
  session.notified = false;
  session.told.reset();
  session.end_page = {};
  session.queue_since = session.waiting_since;
  EXPECT_EQ(*back, session);
}

TEST(CodecUpgradeTest, GroupHasTheDefaultPermissionsAndIdleBlockers) {
  Group group = Filler(0).Make<Group>();
  const auto back = DecodeGroup(EarlierBytes<pb::GroupRecord>(EncodeGroup(group)));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  group.permissions = Permissions::Default();
  group.locked = {};
  group.settings.idle_blockers = kDefaultIdleBlockers;
  group.settings.auto_start_channel = false;
  group.settings.login_deferral = Duration{0};
  group.settings.connecting_alert = kNever;
  group.settings.waiting_alert = kNever;
  group.settings.survey.clear();
  group.settings.survey_at_end = false;
  group.settings.approved_externals_only = false;
  EXPECT_EQ(*back, group);
}

TEST(CodecUpgradeTest, TechnicianHasNoSkillsAndIsNeitherBusyNorPaused) {
  Technician technician = Filler(0).Make<Technician>();
  const auto back = DecodeTechnician(EarlierBytes<pb::TechnicianRecord>(EncodeTechnician(technician)));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  technician.administers.clear();
  technician.skills.clear();
  technician.capacity = 0;
  technician.routing_exempt = false;
  technician.link_cause = LinkCause::kNeverAttached;
  technician.busy = false;
  technician.busy_since = kNoTime;
  technician.idle_since = kNoTime;
  technician.last_offer = kNoTime;
  technician.wrap_up_until = kNoTime;
  technician.paused_until = kNoTime;
  technician.external_of = {};
  EXPECT_EQ(*back, technician);
}

TEST(CodecUpgradeTest, ChannelIsOpenAndRoutesNothing) {
  Channel channel = Filler(0).Make<Channel>();
  const auto back = DecodeChannel(EarlierBytes<pb::ChannelRecord>(EncodeChannel(channel)));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  channel.fields.clear();
  channel.hours = {};
  channel.out_of_hours = {};
  channel.nobody_online = {};
  channel.redirects.clear();
  channel.priority = 0;
  channel.routing = {};
  channel.open = true;
  channel.policy_version = 0;
  EXPECT_EQ(*back, channel);
  EXPECT_EQ(back->routing.mode, RoutingMode::kManual);
  EXPECT_EQ(back->nobody_online.action, Unserved::kKeepWaiting);
}

TEST(CodecUpgradeTest, KeyHasAllScopesAndOrganizationTheDefaultSettings) {
  ApiKey key = Filler(0).Make<ApiKey>();
  const auto key_back = DecodeApiKey(EarlierBytes<pb::ApiKeyRecord>(EncodeApiKey(key)));
  ASSERT_TRUE(key_back.ok()) << key_back.status().ToString();
  key.display_name.clear();
  key.scopes = kAllScopes;
  key.last_used = kNoTime;
  EXPECT_EQ(*key_back, key);

  OrgInfo org = Filler(0).Make<OrgInfo>();
  const auto org_back = DecodeOrg(EarlierBytes<pb::OrgRecord>(EncodeOrg(org)));
  ASSERT_TRUE(org_back.ok()) << org_back.status().ToString();
  org.settings = OrgSettings{};
  EXPECT_EQ(*org_back, org);
}

TEST(CodecUpgradeTest, EventsGetTheDefaults) {
  Filler filler(0);
  auto created = filler.Make<event::SessionCreated>();
  auto invited = filler.Make<event::Invited>();
  auto org = filler.Make<event::OrgPut>();
  auto technician = filler.Make<event::TechnicianPut>();
  auto gone = filler.Make<event::ConsoleGone>();
  TimelineItem item;
  item.events = {created, invited, org, technician, gone};
  const auto back = DecodeTimelineItem(EarlierBytes<pb::TimelineRecord>(EncodeTimelineItem(item)));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  created.type = SessionType::kStandard;
  created.preferred = {};
  created.delivery_address.clear();
  created.computer = {};
  created.access_until = kNoTime;
  created.credentials = CredentialMode::kAsk;
  invited.granted = Permissions::All();
  org.settings = OrgSettings{};
  technician.config.administers.clear();
  technician.config.skills.clear();
  technician.config.capacity = 0;
  technician.config.routing_exempt = false;
  gone.cause = LinkCause::kLost;
  item.events = {created, invited, org, technician, gone};
  EXPECT_TRUE(Same(*back, item));
}

TEST(CodecUpgradeTest, ChangeOfThePoolInTheLogIsOfTheChannelOfTheSession) {
  Session session;
  session.channel = ChannelId{"support"};
  EntryChange of_pool;
  of_pool.pool = Queue{ChannelId{"support"}};
  of_pool.to = EntryState::kWaiting;
  EntryChange of_technician;
  of_technician.technician = TechnicianId{"ann"};
  of_technician.to = EntryState::kActive;
  LogEntry entry;
  entry.sessions = {{std::make_shared<const Session>(session), {of_pool, of_technician}}};
  const auto back = DecodeLogEntry(EarlierBytes<pb::LogRecord>(EncodeLogEntry(entry)));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_TRUE(Same(*back, entry));
}

}  // namespace
}  // namespace guichet::store
