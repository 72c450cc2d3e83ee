// When a channel is open.
//
// What a clock on the wall of the channel's time zone shows decides: a channel is open while it shows a time within an interval
// of that weekday, and not the date of a day off. So when clocks change
//  - a boundary in the hour left out (clocks go from 02:00 to 03:00) takes effect at the change: 02:30-05:00 opens at 03:00,
//    01:00-02:30 closes as the clock jumps, and 02:15-02:45 does not open on that day;
//  - a boundary in the hour shown twice (clocks go from 03:00 back to 02:00) takes effect both times: 02:30-05:00 opens, closes
//    as the clock goes back, and opens again; 02:15-02:45 is open twice.
// A date that a zone leaves out (Apia, 30 December 2011) has no hours. Zones are those of the system's tzdata.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "statemachine/org.h"

namespace guichet::router {

// An IANA name that tzdata has, or "". Links of tzdata to the machine's own zone ("localtime", "posixrules") are no names.
bool IsKnownTimeZone(std::string_view name);

// Of an administrator: limits, a known zone, dates that exist, intervals of one weekday that do not overlap.
absl::Status CheckHours(const Hours& hours);

// The next two are for hours that passed CheckHours. A zone that tzdata has dropped since counts as UTC.
bool IsOpen(const Hours& hours, Time now);
// The first instant after `now` at which IsOpen changes; nullopt when it does not within kHoursAhead.
std::optional<Time> NextChange(const Hours& hours, Time now);

// Open every day from `from_minute` to `to_minute`, at most 1440; over midnight when it is not the greater. 0 to 1440: always.
Hours DailyWindow(uint32_t from_minute, uint32_t to_minute, std::string time_zone);

}  // namespace guichet::router
