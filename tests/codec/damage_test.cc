// Bytes that no encoder wrote: DATA_LOSS or a value, never a crash.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "guichet/store/v1/record.pb.h"
#include "tests/codec/values.h"

namespace guichet::store {
namespace {

namespace pb = ::guichet::store::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Decodes; a value must be fit for encoding, a refusal must be DATA_LOSS and name the kind.
template <class Encode, class Decode>
void ExpectValueOrDataLoss(const char* name, Encode encode, Decode decode, const std::string& bytes) {
  const auto value = decode(bytes);
  if (value.ok()) {
    ASSERT_TRUE(decode(encode(*value)).ok());
    return;
  }
  ASSERT_EQ(value.status().code(), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(absl::StartsWith(value.status().message(), absl::StrCat(name, " record: "))) << value.status().ToString();
}

TEST(CodecDamageTest, TruncatedBytesAreRefusedOrDecode) {
  ForEachKind([](const char* name, const char*, auto encode, auto decode, auto sample) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const std::string bytes = encode(Filler(seed).Make<decltype(sample)>());
      for (size_t size = 0; size < bytes.size(); ++size) {
        ExpectValueOrDataLoss(name, encode, decode, bytes.substr(0, size));
      }
    }
  });
}

TEST(CodecDamageTest, EveryFlippedBitIsRefusedOrDecodes) {
  ForEachKind([](const char* name, const char*, auto encode, auto decode, auto sample) {
    std::string bytes = encode(Filler(0).Make<decltype(sample)>());
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      ExpectValueOrDataLoss(name, encode, decode, bytes);
      bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    }
  });
}

TEST(CodecDamageTest, RandomDamageAndGarbageAreRefusedOrDecode) {
  ForEachKind([](const char* name, const char*, auto encode, auto decode, auto sample) {
    for (uint64_t seed = 1; seed < 500; ++seed) {
      SCOPED_TRACE(absl::StrCat(name, " seed ", seed));
      Filler filler(seed);
      std::string bytes = encode(filler.Make<decltype(sample)>());
      for (uint64_t left = filler.Below(8); left > 0 && !bytes.empty(); --left) {
        bytes[filler.Below(bytes.size())] = static_cast<char>(filler.Below(256));
      }
      ExpectValueOrDataLoss(name, encode, decode, bytes);
      std::string garbage;
      for (uint64_t left = filler.Below(64); left > 0; --left) garbage.push_back(static_cast<char>(filler.Below(256)));
      ExpectValueOrDataLoss(name, encode, decode, garbage);
    }
  });
}

TEST(CodecDamageTest, UnknownFieldsAreSkipped) {
  ForEachKind([](const char* name, const char*, auto encode, auto decode, auto sample) {
    const auto value = Filler(0).Make<decltype(sample)>();
    const auto back = decode(encode(value) + std::string("\xc2\x3e\x03zzz", 6));  // field 1000: "zzz"
    ASSERT_TRUE(back.ok()) << name << back.status().ToString();
    EXPECT_TRUE(Same(value, *back)) << name;
  });
}

// Fields of sets: guichet::Permissions and ActivityKinds.
bool IsSet(const FieldDescriptor& field) {
  static const auto* const kSets =
      new std::set<std::string>{"granted", "permissions", "locked", "standing_grants", "idle_blockers", "kinds"};
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE && kSets->contains(field.name());
}

// Any other uint32 that is not named here.
bool IsEnum(const FieldDescriptor& field) {
  static const auto* const kPlain = new std::set<std::string>{"activity",
                                                              "attempts",
                                                              "busy_at",
                                                              "capacity",
                                                              "considered",
                                                              "customer_messages",
                                                              "messages",
                                                              "notes",
                                                              "day",
                                                              "eligible",
                                                              "filters",
                                                              "from_minute",
                                                              "last_activity",
                                                              "last_external",
                                                              "length",
                                                              "level",
                                                              "max_active_sessions",
                                                              "mean_servers",
                                                              "middle",
                                                              "month",
                                                              "places",
                                                              "policy_version",
                                                              "priority",
                                                              "redirects",
                                                              "relax_to",
                                                              "scopes",
                                                              "seen",
                                                              "served",
                                                              "servers",
                                                              "spread",
                                                              "stay_left",
                                                              "steady",
                                                              "stays",
                                                              "to_minute",
                                                              "weekday",
                                                              "weight"};
  return field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32 && !field.is_repeated() && !IsSet(field) &&
         !kPlain->contains(field.name()) && field.full_name() != "guichet.store.v1.RequestRecord.method" &&
         field.full_name() != "guichet.store.v1.ActivityRecord.id";
}

// Calls `check(field)` while one field after the other that is `wanted`, in the message and below, has the number `bad`.
template <class Wanted, class Check>
void WithEachSetTo(uint32_t bad, Message& message, const Wanted& wanted, const Check& check) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) WithEachSetTo(bad, *reflection->MutableMessage(&message, field), wanted, check);
      for (int i = 0; field->is_repeated() && i < reflection->FieldSize(message, field); ++i) {
        WithEachSetTo(bad, *reflection->MutableRepeatedMessage(&message, field, i), wanted, check);
      }
    } else if (wanted(*field) && field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      const uint64_t good = reflection->GetUInt64(message, field);
      reflection->SetUInt64(&message, field, bad);
      check(*field);
      reflection->SetUInt64(&message, field, good);
    } else if (wanted(*field)) {
      const uint32_t good = reflection->GetUInt32(message, field);
      reflection->SetUInt32(&message, field, bad);
      check(*field);
      reflection->SetUInt32(&message, field, good);
    }
  }
}

// Every kind of record is DATA_LOSS with any of the `wanted` fields at one of the `bad` numbers; returns how many were.
template <class Wanted>
int ExpectOutOfRange(const std::vector<uint32_t>& bad_numbers, const Wanted& wanted) {
  int checked = 0;
  ForEachKind([&](const char* name, const char* record_name, auto encode, auto decode, auto sample) {
    const auto* type = pb::SessionRecord::descriptor()->file()->FindMessageTypeByName(record_name);
    ASSERT_NE(type, nullptr);
    const std::unique_ptr<Message> record(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
    ASSERT_TRUE(record->ParseFromString(encode(Filler(0).Make<decltype(sample)>())));
    for (uint32_t bad : bad_numbers) {
      WithEachSetTo(bad, *record, wanted, [&](const FieldDescriptor& field) {
        ++checked;
        const auto value = decode(record->SerializeAsString());
        ASSERT_FALSE(value.ok()) << field.full_name();
        EXPECT_EQ(value.status().code(), absl::StatusCode::kDataLoss);
        EXPECT_TRUE(absl::StrContains(value.status().message(), name)) << value.status().ToString();
        EXPECT_TRUE(absl::StrContains(value.status().message(), "out of range")) << value.status().ToString();
      });
    }
  });
  return checked;
}

TEST(CodecDamageTest, AnyEnumerationOutOfRangeIsDataLoss) {
  EXPECT_GT(ExpectOutOfRange({200u, 257u, 0xffffffffu}, IsEnum), 200);  // 257: 1 when cut to a byte
}

TEST(CodecDamageTest, AnySetWithABitThatStandsForNothingIsDataLoss) {
  EXPECT_GT(ExpectOutOfRange({1u, 0xffffffffu}, IsSet), 20);
}

TEST(CodecDamageTest, MoreTermsOrFiltersThanThereAreIsDataLossAndFewerAreZero) {
  TimelineItem item;
  item.events = {Filler(0).Make<event::Offered>()};
  pb::TimelineRecord good;
  ASSERT_TRUE(good.ParseFromString(EncodeTimelineItem(item)));
  auto* routing = good.mutable_events(0)->mutable_offered()->mutable_record();
  routing->mutable_candidates(0)->mutable_terms()->RemoveLast();
  routing->mutable_removed()->RemoveLast();
  const auto fewer = DecodeTimelineItem(good.SerializeAsString());
  ASSERT_TRUE(fewer.ok()) << fewer.status().ToString();
  auto& record = std::get<event::Offered>(item.events[0]).record;
  record.candidates[0].terms.back() = 0;
  record.removed.back() = 0;
  EXPECT_TRUE(Same(*fewer, item));

  pb::TimelineRecord terms = good;
  routing = terms.mutable_events(0)->mutable_offered()->mutable_record();
  while (routing->candidates(0).terms_size() <= kTermCount) routing->mutable_candidates(0)->add_terms(1);
  EXPECT_EQ(DecodeTimelineItem(terms.SerializeAsString()).status().message(), "timeline record: more terms than there are");
  pb::TimelineRecord filters = good;
  routing = filters.mutable_events(0)->mutable_offered()->mutable_record();
  while (routing->removed_size() <= kFilterCount) routing->add_removed(1);
  EXPECT_EQ(DecodeTimelineItem(filters.SerializeAsString()).status().message(), "timeline record: more filters than there are");
}

TEST(CodecDamageTest, UnknownEventIsDataLoss) {
  pb::LogRecord log;
  log.set_trigger(1);
  log.add_events();
  EXPECT_EQ(DecodeLogEntry(log.SerializeAsString()).status().message(), "log record: unknown event");
  const std::string number_1000("\xc2\x3e\x00", 3);
  ASSERT_TRUE(log.mutable_events(0)->ParseFromString(number_1000));
  EXPECT_EQ(DecodeLogEntry(log.SerializeAsString()).status().message(), "log record: unknown event");
}

TEST(CodecDamageTest, HashOfAnotherSizeIsDataLoss) {
  pb::RequestRecord request;
  request.set_content_hash("1234567");
  EXPECT_EQ(DecodeRequest(request.SerializeAsString()).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace guichet::store
