// What is encoded decodes to the same value, and the bytes of a value never change.
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "guichet/store/v1/record.pb.h"
#include "tests/codec/values.h"

namespace guichet::store {
namespace {

namespace pb = ::guichet::store::v1;

constexpr uint64_t kSeeds = 500;
constexpr uint64_t kGoldenSeeds = 4;  // besides the full value: apart, two flags differ in one of them

TEST(CodecTest, FullAndRandomValuesOfEveryKindComeBack) {
  ForEachKind([](const char* name, const char*, auto encode, auto decode, auto sample) {
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      SCOPED_TRACE(absl::StrCat(name, " seed ", seed));
      const auto value = Filler(seed).Make<decltype(sample)>();
      const std::string bytes = encode(value);
      const auto back = decode(bytes);
      ASSERT_TRUE(back.ok()) << back.status().ToString();
      ASSERT_TRUE(Same(value, *back));
      ASSERT_EQ(encode(*back), bytes);
    }
  });
}

TEST(CodecTest, DefaultValuesOfEveryKindComeBack) {
  ForEachKind([](const char* name, const char*, auto encode, auto decode, auto sample) {
    const auto back = decode(encode(sample));
    ASSERT_TRUE(back.ok()) << name << back.status().ToString();
    EXPECT_TRUE(Same(sample, *back)) << name;
  });
}

TEST(CodecTest, LargeValuesComeBack) {
  Session session = Filler(0).Make<Session>();
  session.profile.name = std::string(300'000, 'n');
  session.marks.assign(5'000, session.marks[0]);
  const auto back = DecodeSession(EncodeSession(session));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, session);
}

TEST(CodecTest, TextThatIsNoUtf8ComesBack) {
  Technician technician;
  technician.display_name = std::string("\xff\xfe\0x", 4);
  const auto back = DecodeTechnician(EncodeTechnician(technician));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, technician);
}

// Name of the record's field for each event, which is its identity on disk.
std::string FieldOf(const Event& event) {
  TimelineItem item;
  item.events = {event};
  pb::TimelineRecord record;
  EXPECT_TRUE(record.ParseFromString(EncodeTimelineItem(item)));
  const auto* oneof = pb::EventRecord::descriptor()->oneof_decl(0);
  const auto* field = record.events(0).GetReflection()->GetOneofFieldDescriptor(record.events(0), oneof);
  return field == nullptr ? "" : field->name();
}

TEST(CodecTest, EveryEventHasAFieldOfItsOwnAndEveryFieldAnEvent) {
  std::set<std::string> fields;
  for (const Event& event : Filler(0).AllEvents()) fields.insert(FieldOf(event));
  EXPECT_EQ(fields.count(""), 0u);
  EXPECT_EQ(fields.size(), std::variant_size_v<Event>);
  EXPECT_EQ(pb::EventRecord::descriptor()->field_count(), static_cast<int>(std::variant_size_v<Event>));
}

// Name → hexadecimal bytes, one line each.
std::map<std::string, std::string> ActualGolden() {
  std::map<std::string, std::string> lines;
  ForEachKind([&](const char* name, const char*, auto encode, auto, auto sample) {
    for (uint64_t seed = 0; seed <= kGoldenSeeds; ++seed) {
      // Events have lines of their own, so that one that is added changes no other line.
      auto value = Filler(seed).Make<decltype(sample)>();
      if constexpr (requires { value.events; }) value.events = {event::CodeExpired{SessionId{7}}};
      lines[absl::StrCat(name, " ", seed)] = absl::BytesToHexString(encode(value));
    }
  });
  auto add = [&]<size_t... kIndex>(uint64_t seed, std::index_sequence<kIndex...>) {
    auto one = [&](Event event) {
      TimelineItem item;
      item.events = {event};
      lines[absl::StrCat("event ", FieldOf(event), " ", seed)] = absl::BytesToHexString(EncodeTimelineItem(item));
    };
    (one(Filler(seed).Make<std::variant_alternative_t<kIndex, Event>>()), ...);
  };
  for (uint64_t seed = 0; seed <= kGoldenSeeds; ++seed) add(seed, std::make_index_sequence<std::variant_size_v<Event>>());
  return lines;
}

TEST(CodecTest, BytesAreThoseOfTheGolden) {
  const auto actual = ActualGolden();
  if (std::getenv("UPDATE_GOLDENS") != nullptr) {
    std::ofstream out(GUICHET_CODEC_GOLDEN);
    for (const auto& [name, hex] : actual) out << name << ": " << hex << "\n";
  }
  std::map<std::string, std::string> golden;
  std::ifstream in(GUICHET_CODEC_GOLDEN);
  for (std::string line; std::getline(in, line);) {
    const size_t colon = line.find(": ");
    ASSERT_NE(colon, std::string::npos) << line;
    golden[line.substr(0, colon)] = line.substr(colon + 2);
  }
  for (const auto& [name, hex] : actual) EXPECT_EQ(golden[name], hex) << name;
  EXPECT_EQ(golden.size(), actual.size());
}

}  // namespace
}  // namespace guichet::store
