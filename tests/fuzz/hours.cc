// Hours of a channel. Input: a line with the time zone, then 3 bytes an interval or day off, 8 bytes of time at the end.
#include "router/hours.h"

#include "router/limits.h"
#include "tests/fuzz/fuzz.h"

using namespace guichet;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  Hours hours{.time_zone = std::string(input.Line())};
  // Between 1970 and 2120.
  const Time now{Duration{static_cast<int64_t>(input.Number() % (int64_t{150} * 366 * 86400 * 1000))}};
  while (!input.empty()) {
    const uint32_t kind = input.Byte(), a = input.Byte(), b = input.Byte();
    if (kind < 128) {
      hours.open.push_back({kind % 9, a * 6, b * 6 + kind / 9});
    } else {
      hours.days_off.push_back({static_cast<int32_t>(1960 + a), (kind - 128) % 14, b % 33});
    }
  }
  const bool known = router::IsKnownTimeZone(hours.time_zone);
  if (const absl::Status status = router::CheckHours(hours); !status.ok()) {
    fuzz::RequireRefusal(status, {absl::StatusCode::kInvalidArgument}, fuzz::IsUtf8(hours.time_zone));
    return 0;
  }
  fuzz::Require(known, "hours have a known time zone");
  constexpr Duration kTick{1};
  const bool open = router::IsOpen(hours, now);
  const std::optional<Time> next = router::NextChange(hours, now);
  if (!next) {
    fuzz::Require(router::IsOpen(hours, now + router::kHoursAhead) == open, "without a change it stays as it is");
    return 0;
  }
  fuzz::Require(*next > now && *next <= now + router::kHoursAhead, "the next change is ahead");
  fuzz::Require(router::IsOpen(hours, *next) != open, "the next change is one");
  fuzz::Require(router::IsOpen(hours, *next - kTick) == open, "nothing changes before the next change");
  fuzz::Require(router::IsOpen(hours, now + (*next - now) / 2) == open, "nothing changes on the way to the next change");
  return 0;
}
