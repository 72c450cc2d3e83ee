#include "router/hours.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "router/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

constexpr uint32_t kDayMinutes = 24 * 60;
constexpr char kZonesFolder[] = "/usr/share/zoneinfo";  // where absl looks, too, unless TZDIR says otherwise

// absl keeps what it has loaded, so this reads a file once a zone.
absl::TimeZone Zone(const Hours& hours) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!hours.time_zone.empty()) absl::LoadTimeZone(hours.time_zone, &zone);
  return zone;
}

absl::Time ToAbsl(Time time) { return absl::FromUnixMillis(time.time_since_epoch().count()); }
Time FromAbsl(absl::Time time) { return Time{Duration{absl::ToUnixMillis(time)}}; }

absl::CivilDay Civil(const CalendarDay& day) { return absl::CivilDay(day.year, day.month, day.day); }
bool IsDayOff(const Hours& hours, absl::CivilDay day) {
  return std::any_of(hours.days_off.begin(), hours.days_off.end(), [&](const CalendarDay& off) { return Civil(off) == day; });
}
uint32_t IsoWeekday(absl::CivilDay day) { return static_cast<uint32_t>(absl::GetWeekday(day)) + 1; }

bool IsOpenAt(const Hours& hours, absl::CivilSecond clock) {
  const absl::CivilDay day(clock);
  if (IsDayOff(hours, day)) return false;
  const auto minute = static_cast<uint32_t>(clock.hour() * 60 + clock.minute());
  return hours.open.empty() || std::any_of(hours.open.begin(), hours.open.end(), [&](const OpenInterval& interval) {
           return interval.weekday == IsoWeekday(day) && interval.from_minute <= minute && minute < interval.to_minute;
         });
}

// Open at every minute of a week.
bool IsAllWeek(const Hours& hours) {
  uint32_t minutes = 0;
  for (const OpenInterval& interval : hours.open) minutes += interval.to_minute - interval.from_minute;
  return hours.open.empty() || minutes == 7 * kDayMinutes;
}

// The next reading of a clock that never is changed at which hours may begin or end.
absl::CivilSecond NextBoundary(const Hours& hours, bool all_week, absl::CivilSecond clock) {
  const absl::CivilDay day(clock);
  absl::CivilSecond next(day + 1);
  if (all_week || IsDayOff(hours, day)) return next;
  for (const OpenInterval& interval : hours.open) {
    if (interval.weekday != IsoWeekday(day)) continue;
    for (const uint32_t minute : {interval.from_minute, interval.to_minute}) {
      const absl::CivilSecond boundary = absl::CivilSecond(day) + minute * 60;
      if (boundary > clock) next = std::min(next, boundary);
    }
  }
  return next;
}

// When the clocks are changed next.
absl::Time NextTransition(const absl::TimeZone& zone, absl::Time after) {
  absl::TimeZone::CivilTransition transition;
  if (!zone.NextTransition(after, &transition)) return absl::InfiniteFuture();
  return zone.At(transition.to).trans;
}

// Letters, digits and "_+-" in parts parted by "/": no path can leave the folder of zones.
bool IsZoneForm(std::string_view name) {
  char before = '/';
  for (const char c : name) {
    const bool word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
    if (!word && (c != '/' || before == '/')) return false;
    before = c;
  }
  return before != '/';
}

absl::Status CheckIntervals(const std::vector<OpenInterval>& open) {
  if (open.size() > kOpenIntervals) {
    return InvalidField("channel.hours.open",
                        absl::StrCat("has ", open.size(), " intervals, at most ", kOpenIntervals, " are allowed"));
  }
  for (size_t i = 0; i < open.size(); ++i) {
    const std::string field = absl::StrCat("channel.hours.open[", i, "]");
    if (open[i].weekday < 1 || open[i].weekday > 7) {
      return InvalidField(absl::StrCat(field, ".weekday"), "must be 1 (Monday) to 7 (Sunday)");
    }
    if (open[i].to_minute > kDayMinutes) {
      return InvalidField(absl::StrCat(field, ".to_minute"),
                          "must be at most 1440; what is open past midnight is two intervals, the second on the next weekday");
    }
    if (open[i].from_minute >= open[i].to_minute) {
      return InvalidField(absl::StrCat(field, ".from_minute"), "must be less than to_minute");
    }
    for (size_t j = 0; j < i; ++j) {
      if (open[i].weekday == open[j].weekday && open[i].from_minute < open[j].to_minute &&
          open[j].from_minute < open[i].to_minute) {
        return InvalidField(field, absl::StrCat("overlaps channel.hours.open[", j, "]"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDaysOff(const std::vector<CalendarDay>& days) {
  if (days.size() > kDaysOff) {
    return InvalidField("channel.hours.days_off",
                        absl::StrCat("has ", days.size(), " days, at most ", kDaysOff, " are allowed"));
  }
  for (size_t i = 0; i < days.size(); ++i) {
    const CalendarDay& day = days[i];
    const bool form =
        day.year >= 1970 && day.year <= 9999 && day.month >= 1 && day.month <= 12 && day.day >= 1 && day.day <= 31;
    // A day that its month lacks becomes one of the next month.
    if (!form || static_cast<uint32_t>(Civil(day).day()) != day.day) {
      return InvalidField(absl::StrCat("channel.hours.days_off[", i, "]"), "must be a date that exists, from 1970 to 9999");
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsKnownTimeZone(std::string_view name) {
  if (name.empty() || name == "UTC") return true;
  if (!IsZoneForm(name) || name == "localtime" || name == "posixrules" || name == "Factory") return false;
  // Copies of all zones, with leap seconds and without.
  if (name.starts_with("right/") || name.starts_with("posix/")) return false;
  // absl remembers every name that it was asked to load, so it is asked for files that exist only.
  const char* folder = std::getenv("TZDIR");
  std::error_code error;
  if (!std::filesystem::is_regular_file(std::filesystem::path(folder != nullptr ? folder : kZonesFolder) / name, error))
    return false;
  absl::TimeZone zone;
  return absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone);
}

absl::Status CheckHours(const Hours& hours) {
  if (!IsKnownTimeZone(hours.time_zone)) {
    return InvalidField("channel.hours.time_zone", "must be a name of the IANA time zone database, such as Europe/Zurich");
  }
  if (absl::Status s = CheckIntervals(hours.open); !s.ok()) return s;
  return CheckDaysOff(hours.days_off);
}

bool IsOpen(const Hours& hours, Time now) { return IsOpenAt(hours, Zone(hours).At(ToAbsl(now)).cs); }

std::optional<Time> NextChange(const Hours& hours, Time now) {
  const absl::TimeZone zone = Zone(hours);
  const absl::Time end = ToAbsl(now + kHoursAhead);
  const bool all_week = IsAllWeek(hours);
  if (all_week && hours.days_off.empty()) return std::nullopt;
  absl::Time at = ToAbsl(now);
  absl::Time transition = NextTransition(zone, at);
  absl::TimeZone::CivilInfo local = zone.At(at);
  const bool open = IsOpenAt(hours, local.cs);
  // Between boundaries, and changes of the clocks, nothing changes: it goes from one to the next.
  while (true) {
    const absl::CivilSecond boundary = NextBoundary(hours, all_week, local.cs);
    at = std::min(transition, at - local.subsecond + absl::Seconds(boundary - local.cs));
    if (at > end) return std::nullopt;
    if (at == transition) transition = NextTransition(zone, at);
    local = zone.At(at);
    if (IsOpenAt(hours, local.cs) != open) return FromAbsl(at);
  }
}

Hours DailyWindow(uint32_t from_minute, uint32_t to_minute, std::string time_zone) {
  constexpr uint32_t kDay = 1440;
  Hours hours;
  hours.time_zone = std::move(time_zone);
  if (from_minute == 0 && to_minute == kDay) return hours;
  for (uint32_t day = 1; day <= 7; ++day) {
    if (from_minute < to_minute) {
      hours.open.push_back({day, from_minute, to_minute});
      continue;
    }
    if (to_minute > 0) hours.open.push_back({day, 0, to_minute});
    hours.open.push_back({day, from_minute, kDay});
  }
  return hours;
}

}  // namespace guichet::router
