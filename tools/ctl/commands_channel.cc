// channel: public entrances with a queue, their hours, rules and routing.
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/files.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

using ChannelField = std::function<v1::Channel*()>;
using Touch = std::function<void(const std::string&)>;

template <typename Response>
Show<Response> ShowChannel() {
  return {.table = [](const Response& response) { return ChannelDetails(response.channel()); }};
}

constexpr const char* kWeekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// 1-7; 0 for another word.
uint32_t ParseWeekday(absl::string_view word) {
  for (uint32_t i = 0; i < std::size(kWeekdays); ++i) {
    if (word == kWeekdays[i]) return i + 1;
  }
  return 0;
}

// "mon-fri 08:00-18:00" or "sat 9:00-12:00": an interval for each of the days.
bool ParseOpen(const std::string& text, v1::Hours* hours) {
  const std::vector<std::string> parts = absl::StrSplit(absl::AsciiStrToLower(text), ' ', absl::SkipWhitespace());
  if (parts.size() != 2) return false;
  const std::vector<std::string> days = absl::StrSplit(parts[0], '-');
  const uint32_t first = ParseWeekday(days.front());
  const uint32_t last = ParseWeekday(days.back());
  uint32_t from = 0;
  uint32_t to = 0;
  if (days.size() > 2 || first == 0 || last < first || !ParseWindow(parts[1], &from, &to)) return false;
  for (uint32_t day = first; day <= last; ++day) {
    v1::OpenInterval* open = hours->add_open();
    open->set_weekday(day);
    open->set_from_minute(from);
    open->set_to_minute(to);
  }
  return true;
}

void HoursFlags(CLI::App* command, ChannelField channel, Touch touch) {
  command
      ->add_option_function<std::vector<std::string>>(
          "--open",
          [=](const std::vector<std::string>& texts) {
            channel()->mutable_hours()->clear_open();
            touch("hours");
            for (const std::string& text : texts) {
              if (!ParseOpen(text, channel()->mutable_hours())) {
                throw CLI::ValidationError("--open", "\"" + text + "\" is not of the form 'mon-fri 08:00-18:00'");
              }
            }
          },
          "When it is open, such as 'mon-fri 08:00-18:00'; repeated")
      ->type_name("HOURS");
  TextFlag(
      command, "--time-zone",
      [=](const std::string& zone) {
        channel()->mutable_hours()->set_time_zone(zone);
        touch("hours");
      },
      "IANA name, such as Europe/Zurich; UTC by default");
  ListFlag(
      command, "--days-off",
      [=] {
        touch("hours");
        return channel()->mutable_hours()->mutable_days_off();
      },
      "Dates as 2026-12-25");
}

// `name`: "out-of-hours", of the field `path`.
void FallbackFlags(CLI::App* command, const std::string& name, const std::string& path, std::function<v1::Fallback*()> fallback,
                   Touch touch, const std::string& when) {
  EnumFlag<v1::Fallback::Action>(
      command, "--" + name,
      [=](v1::Fallback::Action action) {
        fallback()->set_action(action);
        touch(path);
      },
      "What becomes of sessions " + when);
  TextFlag(
      command, "--" + name + "-notice",
      [=](const std::string& text) {
        fallback()->set_notice(text);
        touch(path);
      },
      "What the customer is told");
  TextFlag(
      command, "--" + name + "-page",
      [=](const std::string& url) {
        fallback()->set_page_url(url);
        touch(path);
      },
      "Where END sends the customer")
      ->type_name("URL");
}

// "german=7", or "german=7/5m/3": one level less for each 5 minutes waited, not below 3.
bool ParseNeed(const std::string& text, v1::SkillNeed* need) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  v1::Skill skill;
  if (parts.size() > 3 || !ParseSkill(parts[0], &skill)) return false;
  need->set_skill_id(skill.skill_id());
  need->set_level(skill.level());
  if (parts.size() > 1) *need->mutable_relax_every() = ToProto(ParseDurationFlag("--needs", parts[1]));
  uint32_t to = 0;
  if (parts.size() > 2 && !absl::SimpleAtoi(parts[2], &to)) return false;
  need->set_relax_to(to);
  return true;
}

void RoutingFlags(CLI::App* command, ChannelField channel, Touch touch) {
  const auto policy = [=] {
    touch("routing");
    return channel()->mutable_routing();
  };
  EnumFlag<v1::RoutingMode>(
      command, "--routing", [=](v1::RoutingMode mode) { policy()->set_mode(mode); }, "How sessions find a technician");
  EnumFlag<v1::RoutingStrategy>(
      command, "--strategy", [=](v1::RoutingStrategy strategy) { policy()->set_strategy(strategy); },
      "Who among those who can take a session");
  const auto duration = [=](const std::string& name, google::protobuf::Duration* (v1::RoutingPolicy::*field)(),
                            const std::string& help) {
    DurationFlag(
        command, name, [=](absl::Duration value) { *(policy()->*field)() = ToProto(value); }, help);
  };
  duration("--offer-timeout", &v1::RoutingPolicy::mutable_offer_timeout, "Until an offer passes to the next; 20s by default");
  duration("--retry-after", &v1::RoutingPolicy::mutable_retry_after,
           "Who let an offer pass is not asked again so soon; 60s by default");
  duration("--wrap-up", &v1::RoutingPolicy::mutable_wrap_up, "After-work of a session");
  duration("--preferred-for", &v1::RoutingPolicy::mutable_preferred_for,
           "How long a session waits for its preferred technician alone");
  duration("--overflow-after", &v1::RoutingPolicy::mutable_overflow_after, "When the overflow groups are asked too");
  ListFlag(
      command, "--overflow-groups", [=] { return policy()->mutable_overflow_group_ids(); }, "Groups that help out");
  command
      ->add_option_function<std::vector<std::string>>(
          "--needs",
          [=](const std::vector<std::string>& needs) {
            policy()->clear_skills();
            for (const std::string& text : needs) {
              if (!ParseNeed(text, policy()->add_skills())) {
                throw CLI::ValidationError("--needs", "\"" + text + "\" is not of the form german=7 or german=7/5m/3");
              }
            }
          },
          "Skills that a technician must have. german=7/5m/3: one level less for each 5m waited, not below 3")
      ->delimiter(',')
      ->type_name("A=N,B=N");
  Flag<uint32_t>(
      command, "--weight", [=](const uint32_t& units) { policy()->set_weight(units); },
      "Units of capacity that a session takes, 1-100");
}

void ChannelFlags(CLI::App* command, ChannelField channel, Touch touch) {
  Argument(
      command, "CHANNEL", [=](const std::string& id) { channel()->set_channel_id(id); }, "Id of the channel");
  TextFlag(
      command, "--from",
      [=](const std::string& path) {
        for (const std::string& field :
             MergeJson("--from", path, "channel", {"channel_id", "open", "policy_version"}, channel())) {
          touch(field);
        }
      },
      "JSON of the channel, as channel get -o json shows it; other flags win over it. Form fields and redirects are set so")
      ->type_name("FILE");
  TextFlag(
      command, "--display-name",
      [=](const std::string& name) {
        channel()->set_display_name(name);
        touch("display_name");
      },
      "Name for people");
  ListFlag(
      command, "--groups",
      [=] {
        touch("group_ids");
        return channel()->mutable_group_ids();
      },
      "Groups whose members serve it");
  ListFlag(
      command, "--technicians",
      [=] {
        touch("technician_ids");
        return channel()->mutable_technician_ids();
      },
      "Technicians who serve it besides");
  DurationFlag(
      command, "--connecting-timeout",
      [=](absl::Duration duration) {
        *channel()->mutable_connecting_timeout() = ToProto(duration);
        touch("connecting_timeout");
      },
      "Overrides the group's");
  DurationFlag(
      command, "--waiting-timeout",
      [=](absl::Duration duration) {
        *channel()->mutable_waiting_timeout() = ToProto(duration);
        touch("waiting_timeout");
      },
      "Overrides the group's");
  Flag<uint32_t>(
      command, "--priority",
      [=](const uint32_t& priority) {
        channel()->set_priority(priority);
        touch("priority");
      },
      "0-10; each counts as the organization's priority step of waiting more");
  HoursFlags(command, channel, touch);
  FallbackFlags(
      command, "out-of-hours", "out_of_hours", [=] { return channel()->mutable_out_of_hours(); }, touch, "while it is closed");
  FallbackFlags(
      command, "nobody-online", "nobody_online", [=] { return channel()->mutable_nobody_online(); }, touch,
      "while no console of anybody who serves it is attached");
  RoutingFlags(command, channel, touch);
}

}  // namespace

void AddChannelCommands(CLI::App& app, Runner& runner) {
  CLI::App* family = runner.AddFamily(app, "channel", "Public entrances with a queue");
  auto* create =
      runner.Add(*family, {"create", "Make a channel", "channel create web --display-name Website --groups desk,second-line"});
  auto created =
      runner.Bind<v1::CreateChannelRequest, v1::CreateChannelResponse>(create, ShowChannel<v1::CreateChannelResponse>());
  ChannelFlags(
      create, [created] { return created->mutable_channel(); }, [](const std::string&) {});
  auto* list = runner.Add(*family, {"list", "List channels", "channel list"});
  runner.BindList<v1::ListChannelsRequest, v1::ListChannelsResponse>(
      list, [](const v1::ListChannelsResponse& response) { return ChannelTable(response.channels()); });
  auto* get = runner.Add(*family, {"get", "Show a channel", "channel get web"});
  auto got = runner.Bind<v1::GetChannelRequest, v1::GetChannelResponse>(get, ShowChannel<v1::GetChannelResponse>());
  Argument(
      get, "CHANNEL", [got](const std::string& id) { got->set_channel_id(id); }, "Id of the channel");
  auto* set = runner.Add(
      *family, {"set", "Change a channel. Flags of hours, of a fallback and of routing replace all of it",
                "channel set web --routing offer --needs german=5 --open 'mon-fri 08:00-18:00' --time-zone Europe/Zurich"});
  auto changed =
      runner.Bind<v1::UpdateChannelRequest, v1::UpdateChannelResponse>(set, ShowChannel<v1::UpdateChannelResponse>());
  ChannelFlags(
      set, [changed] { return changed->mutable_channel(); },
      [changed](const std::string& path) { changed->mutable_update_mask()->add_paths(path); });
  auto* form = runner.Add(
      *family, {"form", "Show what a customer is asked, as a web page sees it; needs no credential", "channel form acme web"});
  auto shown = runner.Bind<v1::GetFormRequest, v1::GetFormResponse>(form, {.table = FormDetails});
  Argument(
      form, "ORGANIZATION", [shown](const std::string& id) { shown->set_organization_id(id); }, "Id of the organization");
  Argument(
      form, "CHANNEL", [shown](const std::string& id) { shown->set_channel_id(id); }, "Id of the channel");
  auto* remove = runner.Add(*family, {"delete", "Delete a channel without live sessions", "channel delete web"});
  auto removed = runner.Bind<v1::DeleteChannelRequest, v1::DeleteChannelResponse>(
      remove, {.table = [](const v1::DeleteChannelResponse&) { return "deleted\n"; }});
  Argument(
      remove, "CHANNEL", [removed](const std::string& id) { removed->set_channel_id(id); }, "Id of the channel");
}

}  // namespace guichet::ctl
