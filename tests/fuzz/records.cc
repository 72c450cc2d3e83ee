// Records as they lie on disk. Input: a byte that chooses the kind, then the record.
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "guichet/store/v1/record.pb.h"
#include "store/codec.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate_after.h"

using namespace guichet;  // NOLINT: a program of one file

namespace {

namespace pb = guichet::store::v1;

// Refused as DATA_LOSS that names the kind; else a value that is written and read without a change.
template <class Encode, class Decode>
void Check(const char* name, Encode encode, Decode decode, std::string_view bytes) {
  const auto value = decode(bytes);
  if (!value.ok()) {
    fuzz::Require(value.status().code() == absl::StatusCode::kDataLoss, "damage is DATA_LOSS");
    fuzz::Require(absl::StartsWith(value.status().message(), absl::StrCat(name, " record: ")), "damage names its kind");
    return;
  }
  const std::string written = encode(*value);
  const auto back = decode(written);
  fuzz::Require(back.ok(), "what was decoded is fit for encoding");
  fuzz::Require(encode(*back) == written, "a record is written back as it was");
}

struct Kind {
  std::unique_ptr<google::protobuf::Message> (*make)();
  void (*check)(std::string_view bytes);
};

#define KIND(name, record, What)                                                                     \
  Kind {                                                                                             \
    [] { return std::unique_ptr<google::protobuf::Message>(new pb::record##Record()); },             \
        [](std::string_view bytes) { Check(name, store::Encode##What, store::Decode##What, bytes); } \
  }
const std::array kKinds = {KIND("session", Session, Session),
                           KIND("group", Group, Group),
                           KIND("technician", Technician, Technician),
                           KIND("channel", Channel, Channel),
                           KIND("API key", ApiKey, ApiKey),
                           KIND("organization", Org, Org),
                           KIND("counters", Counters, Counters),
                           KIND("queue", QueueStats, QueueStats),
                           KIND("computer", Computer, Computer),
                           KIND("library", Library, Library),
                           KIND("log", Log, LogEntry),
                           KIND("timeline", Timeline, TimelineItem),
                           KIND("request", Request, Request)};
#undef KIND

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::MutateAfter(
      1, [](const uint8_t* head) { return kKinds[head[0] % kKinds.size()].make(); }, data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  kKinds[data[0] % kKinds.size()].check({reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
