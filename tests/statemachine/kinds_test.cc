// Kinds of sessions (domain.md §2, §5): what each allows, and what an instant chat becomes.
#include "statemachine/kinds.h"

#include "gtest/gtest.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

// Everything is allowed to everybody, so that what is refused is refused for its kind.
struct KindsWorld : World {
  KindsWorld() { Permit(Permissions::All()); }

  // Led by ann.
  SessionId Of(SessionType type) {
    SessionId id;
    if (type == SessionType::kInstantChat) {
      Channel({kAnn, kBob});
      id = Do(command::CreateSession{.method = Method::kChannelForm, .channel = kWeb, .type = type}).session;
      Do(command::AttachDevice{id, "", true});
    } else {
      const Method method = type == SessionType::kLan          ? Method::kLan
                            : type == SessionType::kMonitoring ? Method::kMonitoring
                                                               : Method::kPin;
      command::CreateSession create{.method = method, .owner = kAnn, .type = type};
      if (type == SessionType::kMonitoring) {
        Technician(kAnn, kDesk, true);
        create.monitored = kBob;
      }
      id = Do(create).session;
      Do(Attach(id));
    }
    org.sessions.at(id).profile.device_id = std::string("device");
    Do(Start(id, kAnn));
    return id;
  }
  // "REMOTE_CONTROL!": opens at once.
  std::vector<std::string> Allowed(SessionId id) {
    std::vector<std::string> allowed;
    for (int i = 1; i < kActivityKindCount; ++i) {
      const auto kind = static_cast<ActivityKind>(i);
      const std::string reason = ReasonOf(Request(id, kAnn, kind));
      if (reason == "SESSION_KIND" || reason == "WRONG_STATE") continue;
      EXPECT_EQ(reason, "") << Name(kind);
      const Activity& asked = Get(id).activities.back();
      allowed.push_back(std::string(Name(kind)) + (asked.open ? "!" : ""));
      Do(command::CloseActivity{T(id, kAnn), asked.id});
    }
    return allowed;
  }
  std::string Reboots(SessionId id, RebootKind kind) {
    const std::string reason = ReasonOf(command::Reboot{T(id, kAnn), kind});
    if (reason.empty()) Do(Attach(id));
    return reason;
  }
};

using Words = std::vector<std::string>;

Words EveryActivityBut(std::initializer_list<ActivityKind> without, const char* mark = "") {
  Words all;
  for (int i = 1; i < kActivityKindCount; ++i) {
    const auto kind = static_cast<ActivityKind>(i);
    if (std::find(without.begin(), without.end(), kind) == without.end()) all.push_back(std::string(Name(kind)) + mark);
  }
  return all;
}

TEST(Kinds, ActivitiesOfEach) {
  const std::map<SessionType, Words> expected = {
      {SessionType::kStandard, EveryActivityBut({ActivityKind::kMobileSettings})},
      {SessionType::kLens, {"RECORDING", "SCREENSHOT", "SEND_URL"}},
      {SessionType::kInstantChat, {"SEND_URL"}},
      {SessionType::kMobile, EveryActivityBut({ActivityKind::kScript, ActivityKind::kBuiltInScript, ActivityKind::kCallingCard,
                                               ActivityKind::kUnattendedAccess})},
      {SessionType::kLan, EveryActivityBut({ActivityKind::kMobileSettings, ActivityKind::kUnattendedAccess}, "!")},
      {SessionType::kMonitoring, {}},
  };
  for (const auto& [type, activities] : expected) {
    KindsWorld world;
    EXPECT_EQ(world.Allowed(world.Of(type)), activities) << Name(type);
  }
}

TEST(Kinds, RebootsOfEach) {
  const std::map<SessionType, std::array<const char*, 3>> expected = {
      {SessionType::kStandard, {"", "", ""}},
      {SessionType::kLens, {"SESSION_KIND", "SESSION_KIND", "SESSION_KIND"}},
      {SessionType::kInstantChat, {"SESSION_KIND", "SESSION_KIND", "SESSION_KIND"}},
      {SessionType::kMobile, {"", "SESSION_KIND", "SESSION_KIND"}},
      {SessionType::kLan, {"", "", ""}},
  };
  for (const auto& [type, reasons] : expected) {
    KindsWorld world;
    const SessionId id = world.Of(type);
    for (RebootKind kind : {RebootKind::kNormal, RebootKind::kSafeMode, RebootKind::kEmergency}) {
      EXPECT_EQ(world.Reboots(id, kind), reasons[static_cast<size_t>(kind) - 1]) << Name(type) << static_cast<int>(kind);
    }
  }
}

TEST(Kinds, CollaborationOfEach) {
  for (SessionType type : {SessionType::kStandard, SessionType::kMobile, SessionType::kLan}) {
    KindsWorld world;
    EXPECT_EQ(world.ReasonOf(Invite(world.Of(type), kAnn, kCat)), "") << Name(type);
  }
  for (SessionType type : {SessionType::kLens, SessionType::kInstantChat}) {
    KindsWorld world;
    const SessionId id = world.Of(type);
    EXPECT_EQ(world.ReasonOf(Invite(id, kAnn, kCat)), "SESSION_KIND") << Name(type);
    EXPECT_EQ(world.ReasonOf(command::InviteExternal{T(id, kAnn), "Olga", "", "123456"}), "SESSION_KIND") << Name(type);
    EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kCat)), "") << Name(type);
  }
}

TEST(Kinds, TheMethodSaysTheKindOfLanAndMonitoringSessions) {
  KindsWorld world;
  EXPECT_EQ(world.Get(world.Do(command::CreateSession{.method = Method::kLan, .owner = kAnn}).session).type, SessionType::kLan);
  EXPECT_EQ(world.Get(world.Of(SessionType::kMonitoring)).type, SessionType::kMonitoring);
}

TEST(Kinds, AnInstantChatIsASessionLikeOthersOnceTheAppletIsThere) {
  KindsWorld world;
  const SessionId id = world.Of(SessionType::kInstantChat);
  EXPECT_TRUE(world.Get(id).chat_only);
  EXPECT_EQ(world.ReasonOf(command::CustomerChat{id, "hello"}), "");
  const Step upgraded = world.Do(command::AttachDevice{id, "windows", false});
  EXPECT_TRUE(std::any_of(upgraded.entry.events.begin(), upgraded.entry.events.end(),
                          [](const Event& event) { return std::holds_alternative<event::Upgraded>(event); }));
  EXPECT_TRUE(upgraded.entry.sessions.at(0).changes.empty()) << "nobody's row changes";
  EXPECT_FALSE(world.Get(id).chat_only);
  EXPECT_EQ(world.Get(id).type, SessionType::kInstantChat) << "it is known what it was";
  EXPECT_EQ(world.Allowed(id), EveryActivityBut({ActivityKind::kMobileSettings}));
  EXPECT_EQ(world.Reboots(id, RebootKind::kSafeMode), "");
  EXPECT_EQ(world.ReasonOf(Invite(id, kAnn, kCat)), "");
  EXPECT_EQ(world.ReasonOf(command::AttachDevice{id, "", true}), "SESSION_KIND") << "there is no way back";
}

TEST(Kinds, AnAppletMayBeTheFirstToAttachToAnInstantChat) {
  KindsWorld world;
  world.Channel({kAnn});
  const SessionId id =
      world.Do(command::CreateSession{.method = Method::kChannelForm, .channel = kWeb, .type = SessionType::kInstantChat})
          .session;
  world.Do(Attach(id));
  EXPECT_FALSE(world.Get(id).chat_only);
}

TEST(Kinds, OnlyAnInstantChatTakesAPageThatOnlyChats) {
  KindsWorld world;
  const SessionId id = world.Do(command::CreateSession{.owner = kAnn}).session;
  EXPECT_EQ(world.ReasonOf(command::AttachDevice{id, "", true}), "SESSION_KIND");
  EXPECT_EQ(world.Get(id).link, Link::kNeverAttached);
}

TEST(Kinds, NobodyIsAskedHowItWasWhereNobodySits) {
  GroupSettings settings;
  settings.survey = "How was it?";
  settings.survey_at_end = true;
  for (SessionType type : {SessionType::kLan, SessionType::kMonitoring, SessionType::kMobile}) {
    KindsWorld world;
    world.Settings(settings);
    const SessionId id = world.Of(type);
    if (type == SessionType::kLan) {
      EXPECT_EQ(world.ReasonOf(command::SendSurvey{T(id, kAnn)}), "SESSION_KIND");
    }
    world.Do(End(id, kAnn));
    EXPECT_EQ(world.Gone(id), type != SessionType::kMobile) << Name(type);
  }
}

}  // namespace
}  // namespace guichet::testing
