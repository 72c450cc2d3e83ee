// When a channel is open: weeks, days off, changes of the clocks, limits; and a seeded random run. GUICHET_SEED=n repeats one
// run.
#include "router/hours.h"

#include <cstdio>
#include <cstdlib>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "router/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

using Days = std::vector<CalendarDay>;
using Intervals = std::vector<OpenInterval>;

constexpr Duration kMs{1};
constexpr Duration kMinute = std::chrono::minutes(1);
constexpr uint32_t At(uint32_t hour, uint32_t minute = 0) { return hour * 60 + minute; }

Time FromAbsl(absl::Time time) { return Time{Duration{absl::ToUnixMillis(time)}}; }
Time Instant(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << rfc3339 << ": " << error;
  return FromAbsl(time);
}
std::string Text(std::optional<Time> time) {
  return time
             ? absl::FormatTime(absl::RFC3339_full, absl::FromUnixMillis(time->time_since_epoch().count()), absl::UTCTimeZone())
             : "never";
}

// The changes after `from`, each exact to the millisecond.
void ExpectChanges(const Hours& hours, const std::string& from, bool open, const std::vector<std::string>& changes) {
  ASSERT_EQ(CheckHours(hours), absl::OkStatus());
  Time now = Instant(from);
  EXPECT_EQ(IsOpen(hours, now), open) << from;
  for (const std::string& change : changes) {
    const std::optional<Time> next = NextChange(hours, now);
    ASSERT_EQ(Text(next), Text(Instant(change))) << "after " << Text(now);
    EXPECT_EQ(IsOpen(hours, *next - kMs), open);
    EXPECT_EQ(NextChange(hours, *next - kMs), next);
    open = !open;
    EXPECT_EQ(IsOpen(hours, *next), open);
    now = *next;
  }
}

void ExpectRefused(const Hours& hours, const std::string& field) {
  const absl::Status status = CheckHours(hours);
  EXPECT_EQ(RefusalOf(status).reason, Name(Reason::kInvalidField)) << status;
  const Metadata metadata = RefusalOf(status).metadata;
  ASSERT_FALSE(metadata.empty());
  EXPECT_EQ(metadata[0], (Metadata::value_type{"field", field})) << status;
}

TEST(DailyWindow, IsOfItsZoneAndMayGoOverMidnight) {
  ExpectChanges(DailyWindow(At(8), At(18), "Asia/Kolkata"), "2026-03-02T02:00:00Z", false,
                {"2026-03-02T02:30:00Z", "2026-03-02T12:30:00Z", "2026-03-03T02:30:00Z"});
  ExpectChanges(DailyWindow(At(22), At(6), "Europe/Vienna"), "2026-03-02T22:00:00Z", true,
                {"2026-03-03T05:00:00Z", "2026-03-03T21:00:00Z", "2026-03-04T05:00:00Z"});
  ExpectChanges(DailyWindow(At(22), 0, "UTC"), "2026-03-02T21:00:00Z", false, {"2026-03-02T22:00:00Z", "2026-03-03T00:00:00Z"});
  // Clocks go from 02:00 to 03:00 in the night to 29 March.
  ExpectChanges(DailyWindow(At(22), At(6), "Europe/Vienna"), "2026-03-28T20:30:00Z", false,
                {"2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z", "2026-03-29T20:00:00Z"});
  ExpectChanges(DailyWindow(0, At(24), ""), "2026-03-02T21:00:00Z", true, {});
  EXPECT_EQ(Text(NextChange(DailyWindow(0, At(24), ""), Instant("2026-03-02T21:00:00Z"))), "never");
}

TEST(Hours, AWeekOfAnOffice) {
  Intervals open;
  for (uint32_t day = 1; day <= 5; ++day) {
    open.push_back({day, At(13, 30), At(17)});
    open.push_back({day, At(8), At(12)});
  }
  // Friday, 12 January 2024.
  ExpectChanges({"Europe/Zurich", open}, "2024-01-12T07:59:59.999+01:00", false,
                {"2024-01-12T08:00:00+01:00", "2024-01-12T12:00:00+01:00", "2024-01-12T13:30:00+01:00",
                 "2024-01-12T17:00:00+01:00", "2024-01-15T08:00:00+01:00"});
  ExpectChanges({"", open}, "2024-01-12T08:00:00.001Z", true, {"2024-01-12T12:00:00Z", "2024-01-12T13:30:00Z"});
  ExpectChanges({"Asia/Kolkata", open}, "2024-01-12T07:00:00+05:30", false, {"2024-01-12T08:00:00+05:30"});
}

TEST(Hours, NothingChangesAtMidnightWithinOpenHours) {
  // Monday evening to Tuesday morning, and over the end of the week.
  const Intervals open = {{1, At(20), At(24)}, {2, 0, At(6)}, {7, At(22), At(24)}, {1, 0, At(2)}};
  ExpectChanges({"America/New_York", open}, "2024-01-07T12:00:00-05:00", false,
                {"2024-01-07T22:00:00-05:00", "2024-01-08T02:00:00-05:00", "2024-01-08T20:00:00-05:00",
                 "2024-01-09T06:00:00-05:00", "2024-01-14T22:00:00-05:00"});
}

TEST(Hours, AlwaysOpenNeverChanges) {
  const Time now = Instant("2024-01-07T12:00:00Z");
  Intervals all_days, halves;
  for (uint32_t day = 1; day <= 7; ++day) {
    all_days.push_back({day, 0, At(24)});
    halves.push_back({day, At(12), At(24)});
    halves.push_back({day, 0, At(12)});
  }
  for (const Intervals& open : {Intervals{}, all_days, halves}) {
    for (const Days& past : {Days{}, Days{{2024, 1, 6}}}) {
      const Hours hours{"Europe/Zurich", open, past};
      ASSERT_EQ(CheckHours(hours), absl::OkStatus());
      EXPECT_TRUE(IsOpen(hours, now));
      EXPECT_EQ(Text(NextChange(hours, now)), "never");
    }
  }
}

TEST(Hours, DaysOffAreWholeLocalDays) {
  const Days christmas = {{2024, 12, 26}, {2024, 12, 25}, {2025, 1, 1}};
  ExpectChanges(
      {"Europe/Zurich", {}, christmas}, "2024-12-01T00:00:00Z", true,
      {"2024-12-25T00:00:00+01:00", "2024-12-27T00:00:00+01:00", "2025-01-01T00:00:00+01:00", "2025-01-02T00:00:00+01:00"});
  // Wednesdays and Fridays from 22:00 to 02:00: the part on a day off falls away.
  const Intervals late = {{3, At(22), At(24)}, {4, 0, At(2)}, {5, At(22), At(24)}, {6, 0, At(2)}};
  ExpectChanges(
      {"Europe/Zurich", late, {{2024, 12, 26}, {2024, 12, 27}}}, "2024-12-25T12:00:00+01:00", false,
      {"2024-12-25T22:00:00+01:00", "2024-12-26T00:00:00+01:00", "2024-12-28T00:00:00+01:00", "2024-12-28T02:00:00+01:00"});
}

TEST(Hours, BoundariesInTheHourLeftOut) {
  // Zurich, Sunday 31 March 2024: 02:00 +01:00 is 03:00 +02:00.
  const auto zurich = [](uint32_t from, uint32_t to) { return Hours{"Europe/Zurich", {{7, from, to}}}; };
  ExpectChanges(zurich(At(2, 30), At(5)), "2024-03-31T00:00:00+01:00", false,
                {"2024-03-31T03:00:00+02:00", "2024-03-31T05:00:00+02:00", "2024-04-07T02:30:00+02:00"});
  ExpectChanges(zurich(At(1), At(2, 30)), "2024-03-31T00:00:00+01:00", false,
                {"2024-03-31T01:00:00+01:00", "2024-03-31T03:00:00+02:00", "2024-04-07T01:00:00+02:00"});
  ExpectChanges(zurich(At(2, 15), At(2, 45)), "2024-03-31T00:00:00+01:00", false, {"2024-04-07T02:15:00+02:00"});
  ExpectChanges(zurich(At(1), At(5)), "2024-03-31T00:00:00+01:00", false,
                {"2024-03-31T01:00:00+01:00", "2024-03-31T05:00:00+02:00"});
}

TEST(Hours, BoundariesInTheHourShownTwice) {
  // Zurich, Sunday 27 October 2024: 03:00 +02:00 is 02:00 +01:00.
  const auto zurich = [](uint32_t from, uint32_t to) { return Hours{"Europe/Zurich", {{7, from, to}}}; };
  ExpectChanges(
      zurich(At(2, 30), At(5)), "2024-10-27T00:00:00+02:00", false,
      {"2024-10-27T02:30:00+02:00", "2024-10-27T02:00:00+01:00", "2024-10-27T02:30:00+01:00", "2024-10-27T05:00:00+01:00"});
  ExpectChanges(
      zurich(At(1), At(2, 30)), "2024-10-27T00:00:00+02:00", false,
      {"2024-10-27T01:00:00+02:00", "2024-10-27T02:30:00+02:00", "2024-10-27T02:00:00+01:00", "2024-10-27T02:30:00+01:00"});
  ExpectChanges(
      zurich(At(2, 15), At(2, 45)), "2024-10-27T00:00:00+02:00", false,
      {"2024-10-27T02:15:00+02:00", "2024-10-27T02:45:00+02:00", "2024-10-27T02:15:00+01:00", "2024-10-27T02:45:00+01:00"});
  ExpectChanges(zurich(At(1), At(5)), "2024-10-27T00:00:00+02:00", false,
                {"2024-10-27T01:00:00+02:00", "2024-10-27T05:00:00+01:00"});
}

TEST(Hours, ChangesOfHalfAnHour) {
  // Lord Howe: 02:00 +10:30 is 02:30 +11:00 on 6 October 2024, 02:00 +11:00 is 01:30 +10:30 on 7 April 2024.
  const Hours hours{"Australia/Lord_Howe", {{7, At(1, 45), At(2, 15)}}};
  ExpectChanges(hours, "2024-10-06T00:00:00+10:30", false, {"2024-10-06T01:45:00+10:30", "2024-10-06T02:30:00+11:00"});
  ExpectChanges(
      hours, "2024-04-07T00:00:00+11:00", false,
      {"2024-04-07T01:45:00+11:00", "2024-04-07T01:30:00+10:30", "2024-04-07T01:45:00+10:30", "2024-04-07T02:15:00+10:30"});
}

TEST(Hours, ChangesOfTheClockAtMidnight) {
  // Santiago: 8 September 2024 begins at 01:00 -03:00; on 6 April 2024, 24:00 -03:00 is 23:00 -04:00.
  ExpectChanges({"America/Santiago", {}, {{2024, 9, 8}}}, "2024-09-07T12:00:00-04:00", true,
                {"2024-09-08T01:00:00-03:00", "2024-09-09T00:00:00-03:00"});
  ExpectChanges({"America/Santiago", {}, {{2024, 4, 6}}}, "2024-04-05T12:00:00-03:00", true,
                {"2024-04-06T00:00:00-03:00", "2024-04-07T00:00:00-04:00"});
  ExpectChanges({"America/Santiago", {}, {{2024, 4, 7}}}, "2024-04-05T12:00:00-03:00", true,
                {"2024-04-07T00:00:00-04:00", "2024-04-08T00:00:00-04:00"});
}

TEST(Hours, ADateThatAZoneLeavesOut) {
  // Apia went from Thursday 29 December 2011, -10:00, to Saturday 31 December, +14:00.
  ExpectChanges({"Pacific/Apia", {{4, At(20), At(24)}, {5, 0, At(24)}, {6, 0, At(4)}}}, "2011-12-29T12:00:00-10:00", false,
                {"2011-12-29T20:00:00-10:00", "2011-12-31T04:00:00+14:00"});
  ExpectChanges({"Pacific/Apia", {}, {{2011, 12, 30}, {2012, 1, 2}}}, "2011-12-29T12:00:00-10:00", true,
                {"2012-01-02T00:00:00+14:00"});
}

TEST(Hours, TheNextChangeIsLookedForSoFar) {
  const Hours hours{"", {}, {{2026, 1, 1}}};
  const Time change = Instant("2026-01-01T00:00:00Z");
  EXPECT_EQ(NextChange(hours, change - kHoursAhead), change);
  EXPECT_EQ(NextChange(hours, change - kHoursAhead - kMs), std::nullopt);
}

TEST(Hours, KnownTimeZones) {
  for (const char* name :
       {"", "UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+5"}) {
    EXPECT_TRUE(IsKnownTimeZone(name)) << name;
    EXPECT_EQ(CheckHours({name}), absl::OkStatus());
  }
  using namespace std::string_view_literals;
  for (const std::string_view name : {"Mars/Olympus"sv,
                                      "europe/zurich"sv,
                                      "Europe"sv,
                                      "Europe/"sv,
                                      "/Europe/Zurich"sv,
                                      "Europe//Zurich"sv,
                                      "Europe/Zurich "sv,
                                      " "sv,
                                      "UTC\0"sv,
                                      "Europe/Zurich\0/x"sv,
                                      "Zürich"sv,
                                      "/etc/localtime"sv,
                                      "file:/etc/localtime"sv,
                                      "../zoneinfo/UTC"sv,
                                      "Europe/../UTC"sv,
                                      "localtime"sv,
                                      "posixrules"sv,
                                      "Factory"sv,
                                      "right/Europe/Zurich"sv,
                                      "posix/Europe/Zurich"sv,
                                      "Fixed/UTC+01:00:00"sv,
                                      "zone.tab"sv,
                                      "tzdata.zi"sv,
                                      "leapseconds"sv}) {
    EXPECT_FALSE(IsKnownTimeZone(name)) << name;
    ExpectRefused({std::string(name)}, "channel.hours.time_zone");
  }
  ExpectRefused({std::string(65536, 'a')}, "channel.hours.time_zone");
}

TEST(Hours, Limits) {
  Hours hours;
  for (uint32_t i = 0; i < kOpenIntervals; ++i) hours.open.push_back({1 + i % 7, i * 10, i * 10 + 5});
  EXPECT_EQ(CheckHours(hours), absl::OkStatus());
  hours.open.push_back({1, At(23), At(24)});
  ExpectRefused(hours, "channel.hours.open");

  hours = {};
  for (uint32_t i = 0; i < kDaysOff; ++i) hours.days_off.push_back({2024, 1 + i / 28, 1 + i % 28});
  EXPECT_EQ(CheckHours(hours), absl::OkStatus());
  hours.days_off.push_back({2025, 1, 1});
  ExpectRefused(hours, "channel.hours.days_off");
}

TEST(Hours, IntervalsWithinADayThatDoNotOverlap) {
  const auto second = [](OpenInterval interval) { return Hours{"", {{3, At(8), At(12)}, interval}}; };
  for (const OpenInterval& good : Intervals{{3, At(12), At(12, 1)}, {3, At(7), At(8)}, {4, At(8), At(12)}, {7, 0, At(24)}}) {
    EXPECT_EQ(CheckHours(second(good)), absl::OkStatus());
  }
  for (const OpenInterval& overlap :
       Intervals{{3, At(8), At(12)}, {3, At(11, 59), At(13)}, {3, At(7), At(8, 1)}, {3, 0, At(24)}, {3, At(9), At(10)}}) {
    ExpectRefused(second(overlap), "channel.hours.open[1]");
  }
  ExpectRefused(second({0, 0, 1}), "channel.hours.open[1].weekday");
  ExpectRefused(second({8, 0, 1}), "channel.hours.open[1].weekday");
  ExpectRefused(second({1, 0, 1441}), "channel.hours.open[1].to_minute");
  ExpectRefused(second({1, 600, 600}), "channel.hours.open[1].from_minute");
  ExpectRefused(second({1, 600, 599}), "channel.hours.open[1].from_minute");
}

TEST(Hours, DaysOffThatExist) {
  for (const CalendarDay& good : Days{{2024, 2, 29}, {2000, 2, 29}, {1970, 1, 1}, {9999, 12, 31}}) {
    EXPECT_EQ(CheckHours({"", {}, {good}}), absl::OkStatus());
  }
  for (const CalendarDay& bad : Days{{2023, 2, 29},
                                     {2100, 2, 29},
                                     {2024, 4, 31},
                                     {2024, 0, 1},
                                     {2024, 13, 1},
                                     {2024, 1, 0},
                                     {2024, 1, 32},
                                     {1969, 12, 31},
                                     {10000, 1, 1},
                                     {0, 0, 0},
                                     {-2024, 1, 1}}) {
    ExpectRefused({"", {}, {{2024, 1, 1}, bad}}, "channel.hours.days_off[1]");
  }
}

class RandomHours {
 public:
  explicit RandomHours(uint64_t seed) : random_(seed) {}

  // From 2005 to 2037; half of them within two days of a change of the clocks.
  Time Now(const absl::TimeZone& zone) {
    absl::Time now = absl::FromCivil(absl::CivilDay(2005, 1, 1), zone) + absl::Minutes(Below(33 * 365 * 24 * 60));
    absl::TimeZone::CivilTransition transition;
    if (Below(2) == 0 && zone.NextTransition(now, &transition)) {
      now = zone.At(transition.to).trans + absl::Minutes(Below(4 * 24 * 60)) - absl::Hours(48);
    }
    return FromAbsl(now + absl::Milliseconds(Below(60000)));
  }

  Hours Draw(const std::string& name, const absl::TimeZone& zone, Time now) {
    Hours hours{name};
    for (uint32_t weekday = 1; weekday <= 7; ++weekday) {
      uint32_t from = Below(2) == 0 ? 0 : Minute();
      for (uint64_t i = Below(5); i > 0; --i) {
        const uint32_t to = Below(4) == 0 ? At(24) : Minute();
        if (to > from) hours.open.push_back({weekday, from, to});
        from = std::max(from, to) + static_cast<uint32_t>(Below(2) * Below(60));
      }
    }
    if (Below(10) == 0) hours.open.clear();
    const absl::CivilDay today(zone.At(absl::FromUnixMillis(now.time_since_epoch().count())).cs);
    for (uint64_t i = Below(4); i > 0; --i) {
      const absl::CivilDay day = today + static_cast<int>(Below(9)) - 2;
      CalendarDay& off = hours.days_off.emplace_back();
      off.year = static_cast<int>(day.year());
      off.month = static_cast<unsigned>(day.month());
      off.day = static_cast<unsigned>(day.day());
    }
    return hours;
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  // Often in the small hours, when clocks are changed.
  uint32_t Minute() { return static_cast<uint32_t>(Below(2) == 0 ? Below(At(4)) : Below(At(24))); }

  std::mt19937_64 random_;
};

TEST(Hours, TheNextChangeIsWhatTheMinutesShow) {
  constexpr int kRuns = 100;
  constexpr Duration kWindow = std::chrono::hours(24 * 9);
  const char* text = std::getenv("GUICHET_SEED");
  const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
  std::printf("GUICHET_SEED=%llu\n", static_cast<unsigned long long>(seed));
  RandomHours random(seed);
  int changes = 0;
  for (const std::string name :
       {"Europe/Zurich", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC"}) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
    for (int i = 0; i < kRuns; ++i) {
      const Time now = random.Now(zone);
      const Hours hours = random.Draw(name, zone, now);
      SCOPED_TRACE(absl::StrCat(name, ", run ", i, ", now ", Text(now)));
      ASSERT_EQ(CheckHours(hours), absl::OkStatus());
      const bool open = IsOpen(hours, now);
      Time minute = std::chrono::floor<std::chrono::minutes>(now) + kMinute;
      while (minute <= now + kWindow && IsOpen(hours, minute) == open) minute += kMinute;
      const std::optional<Time> next = NextChange(hours, now);
      if (minute <= now + kWindow) {
        ASSERT_EQ(Text(next), Text(minute));
        ++changes;
      } else if (next) {
        ASSERT_GT(*next, now + kWindow);
        ASSERT_NE(IsOpen(hours, *next), open);
        ASSERT_EQ(IsOpen(hours, *next - kMs), open);
      }
    }
  }
  std::printf("%d changes\n", changes);
  EXPECT_GT(changes, kRuns);
}

}  // namespace
}  // namespace guichet::router
