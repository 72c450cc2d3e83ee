// Channels: every field is set, read and masked; what is refused, one over each limit.
#include "router/limits.h"
#include "statemachine/limits.h"
#include "tests/api/admin.h"

namespace guichet::api_test {
namespace {

class AdminChannels : public AdminTest {
 protected:
  AdminChannels() {
    MakeGroup("night");
    Allowed(Text<pb::CreateChannelRequest>("channel { channel_id: 'other' }"));
  }
  static pb::UpdateChannelRequest Update(const std::string& fields) {
    return Text<pb::UpdateChannelRequest>("channel { channel_id: 'help' " + fields + " }");
  }
  void RefusedRouting(const std::string& policy, const std::string& field) {
    Refused(Update("routing { " + policy + " }"), "channel.routing." + field);
  }
};

TEST_F(AdminChannels, EveryFieldIsSetReadAndMasked) {
  const pb::Channel before = Channel();
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"display_name", ": 'Help'"},
      {"group_ids", ": 'night'"},
      {"technician_ids", ": ['ann', 'cid']"},
      {"connecting_timeout", "{ seconds: 61 }"},
      {"waiting_timeout", "{ }"},
      {"fields",
       ": [{ label: 'Product' required: true pattern: '[a-z]+' choices: 'door' choices: 'gate' }, { label: 'Serial' }]"},
      {"hours",
       "{ time_zone: 'Europe/Zurich' open { weekday: 1 from_minute: 480 to_minute: 1080 } open { weekday: 7 to_minute: 1440 } "
       "days_off: ['2028-02-29', '2026-12-25'] }"},
      {"out_of_hours", "{ action: ACTION_END notice: 'closed' page_url: 'https://example.com/closed?x=1' }"},
      {"nobody_online", "{ action: ACTION_NOTIFY notice: 'one moment' }"},
      {"redirects",
       ": [{ when: WHEN_AT_ONCE channel_id: 'other' }, { when: WHEN_AFTER_WAIT wait { seconds: 5 } group_id: 'night' }, "
       "{ when: WHEN_QUEUE_LONGER_THAN length: 9 group_id: 'desk' }, { when: WHEN_NOBODY_ONLINE channel_id: 'other' }, "
       "{ when: WHEN_OUT_OF_HOURS channel_id: 'other' }]"},
      {"priority", ": 10"},
      {"routing",
       "{ mode: ROUTING_MODE_OFFER strategy: ROUTING_STRATEGY_ROUND_ROBIN offer_timeout { seconds: 1 } retry_after { seconds: "
       "2 } "
       "wrap_up { seconds: 3 } preferred_for { seconds: 4 } overflow_after { seconds: 5 } overflow_group_ids: 'night' "
       "skills { skill_id: 'C++' level: 9 relax_every { seconds: 6 } relax_to: 2 } skills { skill_id: 'dos' level: 1 "
       "relax_every { } } "
       "weight: 100 }"}};
  pb::Channel expected = before;
  const auto plain = [](pb::Channel channel) {  // without what the daemon says
    channel.clear_open();
    channel.clear_policy_version();
    return channel.DebugString();
  };
  for (const auto& [field, value] : fields) {
    SCOPED_TRACE(field);
    if (field == "group_ids") expected.clear_group_ids();
    if (field == "routing") expected.clear_routing();
    google::protobuf::TextFormat::Parser parser;
    ASSERT_TRUE(parser.MergeFromString(field + value, &expected));
    const pb::Channel answer = world.Must<pb::UpdateChannelResponse>(Update(field + value), world.admin).channel();
    EXPECT_EQ(plain(answer), plain(expected));
    EXPECT_EQ(plain(Channel()), plain(expected));
  }
  EXPECT_EQ(Channel().policy_version(), before.policy_version() + fields.size());
  // As a whole, and once more: nothing changes.
  const uint64_t revision = world.Revision();
  pb::UpdateChannelRequest whole;
  *whole.mutable_channel() = Channel();
  Allowed(whole);
  whole.mutable_update_mask()->add_paths("*");
  Allowed(whole);
  EXPECT_EQ(world.Revision(), revision);
  world.daemon.Restart();
  EXPECT_EQ(plain(Channel()), plain(expected));
  for (const auto& [field, value] : fields) {
    if (field == "display_name") continue;  // required
    SCOPED_TRACE(field);
    pb::UpdateChannelRequest clear = Update("priority: 5");
    if (field == "priority") clear.mutable_channel()->clear_priority();
    clear.mutable_update_mask()->add_paths(field);
    expected.GetReflection()->ClearField(&expected, pb::Channel::descriptor()->FindFieldByName(field));
    if (field == "routing") *expected.mutable_routing() = before.routing();
    EXPECT_EQ(plain(world.Must<pb::UpdateChannelResponse>(clear, world.admin).channel()), plain(expected));
  }
  EXPECT_TRUE(Channel().open());
  for (const char* path : {"open", "policy_version", "channel_id", "routing.mode", "hours.open"}) {
    pb::UpdateChannelRequest request = Update("");
    request.mutable_update_mask()->add_paths(path);
    Refused(request, "update_mask");
  }
}

TEST_F(AdminChannels, PoliciesHaveDefaults) {
  EXPECT_EQ(
      Channel().routing().DebugString(),
      Text<pb::RoutingPolicy>("mode: ROUTING_MODE_MANUAL strategy: ROUTING_STRATEGY_LONGEST_IDLE offer_timeout { seconds: 20 } "
                              "retry_after { seconds: 60 } wrap_up { } preferred_for { } overflow_after { } weight: 1")
          .DebugString());
  const auto made = world.Must<pb::UpdateChannelResponse>(Update("routing { mode: ROUTING_MODE_AUTO_START }"), world.admin);
  EXPECT_EQ(made.channel().routing().offer_timeout().seconds(), 20);
  EXPECT_EQ(made.channel().routing().weight(), 1u);
  EXPECT_FALSE(made.channel().has_hours());
  EXPECT_FALSE(made.channel().has_out_of_hours());
}

TEST_F(AdminChannels, EachServesOnce) {
  Refused(Update("group_ids: 'desk' group_ids: 'night' group_ids: 'desk'"), "channel.group_ids[2]");
  Refused(Update("technician_ids: 'ann' technician_ids: 'ann'"), "channel.technician_ids[1]");
  RefusedRouting("overflow_group_ids: 'desk' overflow_group_ids: 'desk'", "overflow_group_ids[1]");
  const Outcome outcome = Try(Update("technician_ids: 'bob' technician_ids: 'bob'"), world.admin);
  EXPECT_NE(outcome.message.find("\"bob\" is in the list twice"), std::string::npos) << outcome;
  Refused(Text<pb::CreateChannelRequest>("channel { channel_id: 'vip' group_ids: 'desk' group_ids: 'desk' }"),
          "channel.group_ids[1]");
  Allowed(Update("group_ids: 'desk' technician_ids: 'ann' routing { overflow_group_ids: 'desk' }"));
}

TEST_F(AdminChannels, FormsAreChecked) {
  Refused(Update("fields { pattern: '(' }"), "channel.fields[0].pattern");
  Refused(Update("fields { } fields { label: '" + std::string(router::kFieldLabelChars + 1, 'l') + "' }"),
          "channel.fields[1].label");
  Refused(Update("fields { pattern: '" + std::string(router::kPatternBytes + 1, 'p') + "' }"), "channel.fields[0].pattern");
  Refused(Update("fields { choices: '" + std::string(router::kFieldChoiceChars + 1, 'c') + "' }"),
          "channel.fields[0].choices[0]");
  Allowed(Update("fields { " + Repeat("choices: 'c' ", router::kFieldChoices) + "}"));
  Refused(Update("fields { " + Repeat("choices: 'c' ", router::kFieldChoices + 1) + "}"), "channel.fields[0].choices");
  Allowed(Update(Repeat("fields { } ", 5)));
  Refused(Update(Repeat("fields { } ", 6)), "channel.fields");
}

TEST_F(AdminChannels, HoursAreChecked) {
  Refused(Update("hours { time_zone: 'Moon/Base' }"), "channel.hours.time_zone");
  Refused(Update("hours { open { weekday: 8 to_minute: 1 } }"), "channel.hours.open[0].weekday");
  Refused(Update("hours { open { weekday: 1 from_minute: 5 to_minute: 5 } }"), "channel.hours.open[0].from_minute");
  Refused(Update("hours { open { weekday: 1 to_minute: 1441 } }"), "channel.hours.open[0].to_minute");
  for (const char* day :
       {"2026-02-30", "2026-2-03", "26-02-03", "2026/02/03", "2026-02-03 ", "+026-02-03", "today", "", "20260203"}) {
    Refused(Update("hours { days_off: '2026-01-01' days_off: '" + std::string(day) + "' }"), "channel.hours.days_off[1]");
  }
  std::string intervals;
  for (size_t i = 0; i < router::kOpenIntervals; ++i) {
    intervals += "open { weekday: " + std::to_string(1 + i % 7) + " from_minute: " + std::to_string(i * 10) +
                 " to_minute: " + std::to_string(i * 10 + 5) + " } ";
  }
  Allowed(Update("hours { " + intervals + "}"));
  Refused(Update("hours { " + intervals + "open { weekday: 1 from_minute: 1000 to_minute: 1001 } }"), "channel.hours.open");
  Allowed(Update("hours { " + Repeat("days_off: '2026-12-25' ", router::kDaysOff) + "}"));
  Refused(Update("hours { " + Repeat("days_off: '2026-12-25' ", router::kDaysOff + 1) + "}"), "channel.hours.days_off");
}

TEST_F(AdminChannels, FallbacksAreChecked) {
  for (const std::string fallback : {"out_of_hours", "nobody_online"}) {
    const auto refused = [&](const std::string& fields, const std::string& field) {
      Refused(Update(fallback + " { " + fields + " }"), "channel." + fallback + "." + field);
    };
    refused("action: 4", "action");
    refused("action: ACTION_NOTIFY", "notice");
    refused("action: ACTION_END notice: 'closed'", "page_url");
    for (const char* url :
         {"example.com", "ftp://example.com", "https://", "http:///path", "https://exa mple.com", "javascript:x"}) {
      refused("action: ACTION_END page_url: '" + std::string(url) + "'", "page_url");
    }
    const std::string page = "https://example.com/";
    Allowed(Update(fallback + " { action: ACTION_END page_url: '" + page + std::string(limits::kUrlBytes - page.size(), 'p') +
                   "' }"));
    refused("action: ACTION_END page_url: '" + page + std::string(limits::kUrlBytes - page.size() + 1, 'p') + "'", "page_url");
    Allowed(Update(fallback + " { notice: '" + Repeat("\xC3\xA9", limits::kNoticeChars) + "' }"));
    refused("notice: '" + Repeat("\xC3\xA9", limits::kNoticeChars + 1) + "'", "notice");
  }
}

TEST_F(AdminChannels, RedirectsAreChecked) {
  const std::string to = "channel_id: 'other' ";
  Refused(Update("redirects { " + to + "}"), "channel.redirects[0].when");
  Refused(Update("redirects { when: 6 " + to + "}"), "channel.redirects[0].when");
  Refused(Update("redirects { when: WHEN_AT_ONCE }"), "channel.redirects[0]");
  Refused(Update("redirects { when: WHEN_AT_ONCE channel_id: '' }"), "channel.redirects[0].channel_id");
  Refused(Update("redirects { when: WHEN_AT_ONCE group_id: 'No id' }"), "channel.redirects[0].group_id");
  Refused(Update("redirects { when: WHEN_AT_ONCE channel_id: 'help' }"), "channel.redirects[0].channel_id");
  Refused(Update("redirects { when: WHEN_AFTER_WAIT " + to + "}"), "channel.redirects[0].wait");
  Refused(Update("redirects { when: WHEN_AFTER_WAIT wait { } " + to + "}"), "channel.redirects[0].wait");
  Refused(Update("redirects { when: WHEN_AFTER_WAIT wait { seconds: 59941 } " + to + "}"), "channel.redirects[0].wait");
  Refused(Update("redirects { when: WHEN_AT_ONCE wait { seconds: 1 } " + to + "}"), "channel.redirects[0].wait");
  Refused(Update("redirects { when: WHEN_QUEUE_LONGER_THAN " + to + "}"), "channel.redirects[0].length");
  Refused(Update("redirects { when: WHEN_OUT_OF_HOURS length: 1 " + to + "}"), "channel.redirects[0].length");
  EXPECT_EQ(Try(Update("redirects { when: WHEN_AT_ONCE channel_id: 'nowhere' }"), world.admin).reason, "CHANNEL_NOT_FOUND");
  EXPECT_EQ(Try(Update("redirects { when: WHEN_AT_ONCE group_id: 'nobody' }"), world.admin).reason, "GROUP_NOT_FOUND");
  const std::string rule = "redirects { when: WHEN_AT_ONCE " + to + "} ";
  Allowed(Update(Repeat(rule, limits::kRedirectRules)));
  Refused(Update(Repeat(rule, limits::kRedirectRules + 1)), "channel.redirects");
}

TEST_F(AdminChannels, RoutingIsChecked) {
  RefusedRouting("mode: 4", "mode");
  RefusedRouting("strategy: 4", "strategy");
  RefusedRouting("offer_timeout { }", "offer_timeout");
  for (const std::string field : {"offer_timeout", "retry_after", "wrap_up", "preferred_for", "overflow_after"}) {
    Allowed(Update("routing { " + field + " { seconds: 59940 } }"));
    if (field != "offer_timeout") Allowed(Update("routing { " + field + " { } }"));
    RefusedRouting(field + " { seconds: 59941 }", field);
    RefusedRouting(field + " { nanos: -1 }", field);
  }
  Allowed(Update("routing { weight: 100 }"));
  RefusedRouting("weight: 101", "weight");
  std::string overflow;
  for (size_t i = 0; i < limits::kOverflowGroups; ++i) {
    MakeGroup("g" + std::to_string(i));
    overflow += "overflow_group_ids: 'g" + std::to_string(i) + "' ";
  }
  Allowed(Update("routing { " + overflow + "}"));
  RefusedRouting(Repeat("overflow_group_ids: 'desk' ", limits::kOverflowGroups + 1), "overflow_group_ids");
  EXPECT_EQ(Try(Update("routing { overflow_group_ids: 'nobody' }"), world.admin).reason, "GROUP_NOT_FOUND");
  RefusedRouting("skills { level: 1 }", "skills[0].skill_id");
  RefusedRouting("skills { skill_id: 'a' }", "skills[0].level");
  RefusedRouting("skills { skill_id: 'a' level: 11 }", "skills[0].level");
  RefusedRouting("skills { skill_id: 'a' level: 3 relax_to: 4 }", "skills[0].relax_to");
  RefusedRouting("skills { skill_id: 'a' level: 3 relax_every { seconds: 59941 } }", "skills[0].relax_every");
  RefusedRouting("skills { skill_id: 'a' level: 3 } skills { skill_id: 'a' level: 4 }", "skills[1].skill_id");
  std::string needs;
  for (size_t i = 0; i < limits::kSkillNeeds; ++i) needs += "skills { level: 1 skill_id: 's" + std::to_string(i) + "' } ";
  Allowed(Update("routing { " + needs + "}"));
  RefusedRouting(needs + "skills { level: 1 skill_id: 'more' }", "skills");
  Allowed(Update("priority: 10"));
  Refused(Update("priority: 11"), "channel.priority");
  Refused(Update("connecting_timeout { }"), "channel.connecting_timeout");
  Refused(Update("waiting_timeout { seconds: 59941 }"), "channel.waiting_timeout");
}

}  // namespace
}  // namespace guichet::api_test
