// Channels: their form, hours, rules and routing.
#include <algorithm>
#include <array>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "router/form.h"
#include "router/hours.h"
#include "router/limits.h"
#include "router/parse_org.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

constexpr DurationRange kNotZero = {limits::kMaxTimeout, false};
constexpr DurationRange kOrNever = {limits::kMaxTimeout, true};

// Each id once; that they exist is the core's to say.
template <class Id, class List>
absl::StatusOr<std::vector<Id>> ToIds(const std::string& field, const List& from, size_t limit) {
  if (absl::Status count = CheckCount(field, from.size(), limit); !count.ok()) return count;
  std::vector<Id> ids;
  absl::flat_hash_set<std::string_view> known;
  for (const std::string& id : from) {
    if (!known.insert(id).second) {
      return InvalidField(absl::StrCat(field, "[", ids.size(), "]"), absl::StrCat("\"", id, "\" is in the list twice"));
    }
    ids.push_back(Id{id});
  }
  return ids;
}

absl::StatusOr<std::vector<FieldRule>> ToFields(const pb::Channel& from) {
  if (absl::Status count = CheckCount("channel.fields", from.fields_size(), limits::kCustomFieldChars.size()); !count.ok()) {
    return count;
  }
  std::vector<FieldRule> rules;
  for (const pb::FieldRule& rule : from.fields()) {
    rules.push_back({rule.label(), rule.required(), rule.pattern(), {rule.choices().begin(), rule.choices().end()}});
  }
  if (absl::Status form = CheckFieldRules(rules); !form.ok()) return form;
  return rules;
}

// "YYYY-MM-DD"; nullopt for another form. Whether the day exists is CheckHours's to say.
std::optional<CalendarDay> ToDay(const std::string& text) {
  CalendarDay day;
  const bool form = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                    std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) == 8;
  const bool read = form && absl::SimpleAtoi(text.substr(0, 4), &day.year) && absl::SimpleAtoi(text.substr(5, 2), &day.month) &&
                    absl::SimpleAtoi(text.substr(8, 2), &day.day);
  return read ? std::optional(day) : std::nullopt;
}

absl::StatusOr<Hours> ToHours(const pb::Hours& from) {
  if (absl::Status count = CheckCount("channel.hours.open", from.open_size(), kOpenIntervals); !count.ok()) return count;
  if (absl::Status count = CheckCount("channel.hours.days_off", from.days_off_size(), kDaysOff); !count.ok()) return count;
  Hours hours;
  hours.time_zone = from.time_zone();
  for (const pb::OpenInterval& open : from.open()) {
    hours.open.push_back({open.weekday(), open.from_minute(), open.to_minute()});
  }
  for (const std::string& text : from.days_off()) {
    const std::optional<CalendarDay> day = ToDay(text);
    if (!day) {
      return InvalidField(absl::StrCat("channel.hours.days_off[", hours.days_off.size(), "]"), "must be a date as YYYY-MM-DD");
    }
    hours.days_off.push_back(*day);
  }
  if (absl::Status form = CheckHours(hours); !form.ok()) return form;
  return hours;
}

absl::Status CheckPage(const std::string& field, const std::string& url) {
  if (absl::Status bytes = CheckBytes(field, url, limits::kUrlBytes); !bytes.ok()) return bytes;
  const size_t scheme = absl::StartsWith(url, "https://") ? 8 : absl::StartsWith(url, "http://") ? 7 : 0;
  const bool visible = std::all_of(url.begin(), url.end(), [](char c) { return static_cast<unsigned char>(c) > ' '; });
  if (scheme > 0 && url.size() > scheme && url[scheme] != '/' && visible) return absl::OkStatus();
  return InvalidField(field, "must be an address such as https://example.com/closed, without spaces");
}

absl::StatusOr<Fallback> ToFallback(const std::string& field, const pb::Fallback& from) {
  Fallback fallback{Unserved::kKeepWaiting, from.notice(), from.page_url()};
  if (!pb::Fallback::Action_IsValid(from.action())) {
    return InvalidField(field + ".action", "must be KEEP_WAITING, NOTIFY or END");
  }
  if (from.action() != pb::Fallback::ACTION_UNSPECIFIED) fallback.action = static_cast<Unserved>(from.action());
  if (absl::Status s = CheckChars(field + ".notice", from.notice(), limits::kNoticeChars); !s.ok()) return s;
  if (fallback.action == Unserved::kNotify && from.notice().empty()) {
    return InvalidField(field + ".notice", "required with NOTIFY: what the customer is told");
  }
  if (fallback.action == Unserved::kEnd && from.page_url().empty()) {
    return InvalidField(field + ".page_url", "required with END: where the customer is sent");
  }
  if (from.page_url().empty()) return fallback;
  if (absl::Status page = CheckPage(field + ".page_url", from.page_url()); !page.ok()) return page;
  return fallback;
}

absl::StatusOr<Redirect> ToRedirect(const std::string& field, const pb::Redirect& from, const std::string& own_channel) {
  Redirect rule;
  if (from.when() == pb::Redirect::WHEN_UNSPECIFIED || !pb::Redirect::When_IsValid(from.when())) {
    return InvalidField(field + ".when", "must be AT_ONCE, AFTER_WAIT, QUEUE_LONGER_THAN, NOBODY_ONLINE or OUT_OF_HOURS");
  }
  rule.when = static_cast<RedirectWhen>(from.when());
  if (rule.when == RedirectWhen::kAfterWait) {
    absl::StatusOr<Duration> wait = CheckDuration(field + ".wait", from.wait(), kNotZero);
    if (!wait.ok()) return wait.status();
    rule.wait = *wait;
  } else if (from.has_wait()) {
    return InvalidField(field + ".wait", "only with AFTER_WAIT");
  }
  if (rule.when == RedirectWhen::kQueueLongerThan && from.length() == 0) {
    return InvalidField(field + ".length", "must be at least 1");
  }
  if (rule.when != RedirectWhen::kQueueLongerThan && from.length() != 0) {
    return InvalidField(field + ".length", "only with QUEUE_LONGER_THAN");
  }
  rule.length = from.length();
  switch (from.target_case()) {
    case pb::Redirect::kChannelId:
      if (absl::Status id = CheckId(field + ".channel_id", from.channel_id()); !id.ok()) return id;
      if (from.channel_id() == own_channel) return InvalidField(field + ".channel_id", "must be another channel");
      rule.channel.value = from.channel_id();
      break;
    case pb::Redirect::kGroupId:
      if (absl::Status id = CheckId(field + ".group_id", from.group_id()); !id.ok()) return id;
      rule.group.value = from.group_id();
      break;
    case pb::Redirect::TARGET_NOT_SET:
      return InvalidField(field, "required: channel_id or group_id");
  }
  return rule;
}

absl::StatusOr<std::vector<Redirect>> ToRedirects(const pb::Channel& from) {
  if (absl::Status count = CheckCount("channel.redirects", from.redirects_size(), limits::kRedirectRules); !count.ok()) {
    return count;
  }
  std::vector<Redirect> rules;
  for (const pb::Redirect& redirect : from.redirects()) {
    absl::StatusOr<Redirect> rule =
        ToRedirect(absl::StrCat("channel.redirects[", rules.size(), "]"), redirect, from.channel_id());
    if (!rule.ok()) return rule.status();
    rules.push_back(*std::move(rule));
  }
  return rules;
}

absl::StatusOr<SkillNeed> ToNeed(const std::string& field, const pb::SkillNeed& from) {
  if (absl::Status id = CheckSkillId(field + ".skill_id", from.skill_id()); !id.ok()) return id;
  if (from.level() < 1 || from.level() > limits::kSkillLevel) {
    return InvalidField(field + ".level", absl::StrCat("must be 1 to ", limits::kSkillLevel));
  }
  if (from.relax_to() > from.level()) return InvalidField(field + ".relax_to", "must be at most the level");
  absl::StatusOr<Duration> every = CheckDuration(field + ".relax_every", from.relax_every(), kOrNever);
  if (!every.ok()) return every.status();
  return SkillNeed{SkillId{from.skill_id()}, from.level(), *every, from.relax_to()};
}

absl::StatusOr<std::vector<SkillNeed>> ToNeeds(const pb::RoutingPolicy& from) {
  constexpr char kField[] = "channel.routing.skills";
  if (absl::Status count = CheckCount(kField, from.skills_size(), limits::kSkillNeeds); !count.ok()) return count;
  std::vector<SkillNeed> needs;
  for (const pb::SkillNeed& skill : from.skills()) {
    const std::string field = absl::StrCat(kField, "[", needs.size(), "]");
    absl::StatusOr<SkillNeed> need = ToNeed(field, skill);
    if (!need.ok()) return need.status();
    const auto same = [&](const SkillNeed& other) { return other.skill == need->skill; };
    if (std::any_of(needs.begin(), needs.end(), same)) return InvalidField(field + ".skill_id", "is in the list twice");
    needs.push_back(*std::move(need));
  }
  return needs;
}

absl::StatusOr<RoutingPolicy> ToPolicy(const pb::RoutingPolicy& from) {
  RoutingPolicy policy;
  if (!pb::RoutingMode_IsValid(from.mode())) {
    return InvalidField("channel.routing.mode", "must be MANUAL, OFFER or AUTO_START");
  }
  if (from.mode() != pb::ROUTING_MODE_UNSPECIFIED) policy.mode = static_cast<RoutingMode>(from.mode());
  if (!pb::RoutingStrategy_IsValid(from.strategy())) {
    return InvalidField("channel.routing.strategy", "must be LONGEST_IDLE, LEAST_ACTIVE or ROUND_ROBIN");
  }
  if (from.strategy() != pb::ROUTING_STRATEGY_UNSPECIFIED) policy.strategy = static_cast<Strategy>(from.strategy());

  absl::Status bad;
  const auto duration = [&](const char* name, bool is_set, const google::protobuf::Duration& value, DurationRange range,
                            Duration& out) {
    if (!is_set || !bad.ok()) return;
    absl::StatusOr<Duration> checked = CheckDuration(absl::StrCat("channel.routing.", name), value, range);
    if (checked.ok()) {
      out = *checked;
    } else {
      bad = checked.status();
    }
  };
  duration("offer_timeout", from.has_offer_timeout(), from.offer_timeout(), kNotZero, policy.offer_timeout);
  duration("retry_after", from.has_retry_after(), from.retry_after(), kOrNever, policy.retry_after);
  duration("wrap_up", from.has_wrap_up(), from.wrap_up(), kOrNever, policy.wrap_up);
  duration("preferred_for", from.has_preferred_for(), from.preferred_for(), kOrNever, policy.preferred_for);
  duration("overflow_after", from.has_overflow_after(), from.overflow_after(), kOrNever, policy.overflow_after);
  if (!bad.ok()) return bad;

  absl::StatusOr<std::vector<GroupId>> overflow =
      ToIds<GroupId>("channel.routing.overflow_group_ids", from.overflow_group_ids(), limits::kOverflowGroups);
  if (!overflow.ok()) return overflow.status();
  policy.overflow_groups = *std::move(overflow);
  absl::StatusOr<std::vector<SkillNeed>> needs = ToNeeds(from);
  if (!needs.ok()) return needs.status();
  policy.skills = *std::move(needs);
  if (from.weight() > limits::kWeight) {
    return InvalidField("channel.routing.weight", absl::StrCat("must be 1 to ", limits::kWeight));
  }
  policy.weight = std::max(from.weight(), 1u);
  return policy;
}

// Takes one field when the mask has it: `read` checks and converts it.
class Reader {
 public:
  explicit Reader(const Mask& mask) : mask_(mask) {}
  template <class V, class Read>
  void Take(const char* path, bool is_set, V Channel::*member, const Read& read) {
    if (!bad_.ok() || !mask_.Has(path, is_set)) return;
    absl::StatusOr<V> value = read();
    if (value.ok()) {
      edit_.Set(member, *std::move(value));
    } else {
      bad_ = value.status();
    }
  }
  absl::StatusOr<Edit<Channel>> Done() {
    if (!bad_.ok()) return bad_;
    return std::move(edit_);
  }

 private:
  const Mask& mask_;
  absl::Status bad_;
  Edit<Channel> edit_;
};

using Timeout = std::optional<Duration>;

absl::StatusOr<Timeout> ToTimeout(const std::string& field, bool is_set, const google::protobuf::Duration& value,
                                  DurationRange range) {
  if (!is_set) return Timeout();
  absl::StatusOr<Duration> checked = CheckDuration(field, value, range);
  if (!checked.ok()) return checked.status();
  return Timeout(*checked);
}

}  // namespace

absl::StatusOr<Edit<Channel>> ToEdit(const pb::Channel& from, const FieldMask& update_mask) {
  absl::StatusOr<Mask> mask =
      Mask::Of(update_mask, {"display_name", "group_ids", "technician_ids", "connecting_timeout", "waiting_timeout", "fields",
                             "hours", "out_of_hours", "nobody_online", "redirects", "priority", "routing"});
  if (!mask.ok()) return mask.status();
  Reader reader(*mask);
  reader.Take("display_name", !from.display_name().empty(), &Channel::display_name, [&]() -> absl::StatusOr<std::string> {
    absl::Status name = CheckDisplayName("channel.display_name", from.display_name());
    return name.ok() ? absl::StatusOr<std::string>(from.display_name()) : name;
  });
  reader.Take("group_ids", from.group_ids_size() > 0, &Channel::groups,
              [&] { return ToIds<GroupId>("channel.group_ids", from.group_ids(), limits::kChannelGroups); });
  reader.Take("technician_ids", from.technician_ids_size() > 0, &Channel::technicians, [&] {
    return ToIds<TechnicianId>("channel.technician_ids", from.technician_ids(), limits::kChannelTechnicians);
  });
  reader.Take("connecting_timeout", from.has_connecting_timeout(), &Channel::connecting_timeout, [&] {
    return ToTimeout("channel.connecting_timeout", from.has_connecting_timeout(), from.connecting_timeout(), kNotZero);
  });
  reader.Take("waiting_timeout", from.has_waiting_timeout(), &Channel::waiting_timeout, [&] {
    return ToTimeout("channel.waiting_timeout", from.has_waiting_timeout(), from.waiting_timeout(), kOrNever);
  });
  reader.Take("fields", from.fields_size() > 0, &Channel::fields, [&] { return ToFields(from); });
  reader.Take("hours", from.has_hours(), &Channel::hours, [&] { return ToHours(from.hours()); });
  reader.Take("out_of_hours", from.has_out_of_hours(), &Channel::out_of_hours,
              [&] { return ToFallback("channel.out_of_hours", from.out_of_hours()); });
  reader.Take("nobody_online", from.has_nobody_online(), &Channel::nobody_online,
              [&] { return ToFallback("channel.nobody_online", from.nobody_online()); });
  reader.Take("redirects", from.redirects_size() > 0, &Channel::redirects, [&] { return ToRedirects(from); });
  reader.Take("priority", from.priority() > 0, &Channel::priority, [&]() -> absl::StatusOr<uint32_t> {
    if (from.priority() <= limits::kPriority) return from.priority();
    return InvalidField("channel.priority", absl::StrCat("must be 0 to ", limits::kPriority));
  });
  reader.Take("routing", from.has_routing(), &Channel::routing, [&] { return ToPolicy(from.routing()); });
  return reader.Done();
}

}  // namespace guichet::router
