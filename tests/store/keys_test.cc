// Keys: order, round trip, and bytes that are no keys.
#include "store/keys.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/store/store_testing.h"

namespace guichet::store {
namespace {

constexpr uint64_t kNumbers[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 1ull << 32, 1ull << 63, UINT64_MAX - 1, UINT64_MAX};

TEST(Keys, NumbersSortAsNumbers) {
  for (uint64_t a : kNumbers) {
    for (uint64_t b : kNumbers) EXPECT_EQ(NumberKey(a) < NumberKey(b), a < b) << a << " " << b;
  }
}

TEST(Keys, PairsSortByFirstThenSecond) {
  for (uint64_t a : kNumbers) {
    for (uint64_t b : kNumbers) {
      for (uint64_t c : kNumbers) {
        for (uint64_t d : kNumbers) EXPECT_EQ(PairKey(a, b) < PairKey(c, d), std::pair(a, b) < std::pair(c, d));
      }
    }
  }
}

TEST(Keys, FormOnDiskIsFixed) {
  EXPECT_EQ(NumberKey(0x0102030405060708), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(StringNumberKey("ab", 1), std::string("\0\2ab\0\0\0\0\0\0\0\1", 12));
  EXPECT_EQ(EngineKey({"o"}, "k"), std::string("\1\0\1ok", 5));
  EXPECT_EQ(SchemaKey(), std::string("\1\0\0\0", 4));
  EXPECT_EQ(HistoryKey(), std::string("\1\0\0\2", 4));
  EXPECT_EQ(HeadKey({"o"}), std::string("\1\0\1o\1", 5));
}

TEST(Keys, RoundTrip) {
  for (uint64_t a : kNumbers) {
    uint64_t first = 1, second = 1;
    std::string text;
    ASSERT_TRUE(ParseNumberKey(NumberKey(a), &first));
    EXPECT_EQ(first, a);
    ASSERT_TRUE(ParsePairKey(PairKey(a, ~a), &first, &second));
    EXPECT_EQ(std::pair(first, second), std::pair(a, ~a));
    for (const std::string& s : {std::string(), std::string("dev"), std::string(300, '\xff'), std::string("\0\1", 2)}) {
      ASSERT_TRUE(ParseStringNumberKey(StringNumberKey(s, a), &text, &first));
      EXPECT_EQ(std::pair(text, first), std::pair(s, a));
    }
  }
  OrgKey org;
  std::string record;
  ASSERT_TRUE(ParseEngineKey(EngineKey({std::string(63, 'x')}, std::string("\0k", 2)), &org, &record));
  EXPECT_EQ(org.value, std::string(63, 'x'));
  EXPECT_EQ(record, std::string("\0k", 2));
  ASSERT_TRUE(ParseHeadKey(HeadKey({"acme"}), &org));
  EXPECT_EQ(org.value, "acme");
  Head head;
  ASSERT_TRUE(ParseHead(EncodeHead({.epoch = 3, .seq = 9, .trimmed = 9}), &head));
  EXPECT_EQ(head, (Head{.epoch = 3, .seq = 9, .trimmed = 9}));
}

TEST(Keys, KeysOfOneStringAreNeighbours) {
  const std::vector<std::string> texts = {"", "a", "aa", "ab", "b", std::string("\0", 1), "\xff", "\xff\xff"};
  for (const std::string& text : texts) {
    const std::string begin = StringPrefix(text), end = PrefixEnd(begin);
    for (const std::string& other : texts) {
      for (uint64_t n : kNumbers) {
        const std::string key = StringNumberKey(other, n);
        EXPECT_EQ(begin <= key && key < end, text == other);
      }
    }
  }
}

TEST(Keys, OrganizationsDoNotMix) {
  const std::vector<std::string> orgs = {"a", "aa", "ab", "b", "\xff", "\xff\xff", std::string(63, '\xff')};
  for (const std::string& org : orgs) {
    const std::string begin = EngineOrgPrefix({org}), end = PrefixEnd(begin);
    for (const std::string& other : orgs) {
      for (const std::string& record : {std::string(), std::string("k"), std::string(1024, '\xff')}) {
        const std::string key = EngineKey({other}, record);
        EXPECT_EQ(begin <= key && key < end, org == other);
      }
    }
  }
}

TEST(Keys, PrefixEndIsTheSmallestKeyAfterThePrefix) {
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
  EXPECT_EQ(PrefixEnd("a\x7f"), "a\x80");
  EXPECT_EQ(PrefixEnd("\xff\xff"), "");
  EXPECT_EQ(PrefixEnd(""), "");
}

TEST(Keys, HostileInputIsRefusedAndLeavesResults) {
  uint64_t n = 7, m = 8;
  std::string text = "kept";
  OrgKey org{"kept"};
  Head head{.epoch = 5, .seq = 6, .trimmed = 1};
  const std::string number = NumberKey(1);
  for (size_t size : {0, 1, 7, 9, 15, 17}) {
    const std::string bytes(size, '\xff');
    EXPECT_FALSE(ParseNumberKey(bytes, &n));
    EXPECT_FALSE(ParsePairKey(bytes, &n, &m));
    EXPECT_FALSE(ParseStringNumberKey(bytes, &text, &n));
    EXPECT_FALSE(ParseEngineKey(bytes, &org, &text));
    EXPECT_FALSE(ParseHeadKey(bytes, &org));
    EXPECT_FALSE(ParseHead(bytes, &head));
  }
  EXPECT_FALSE(ParseStringNumberKey(std::string("\0\5ab", 4) + number, &text, &n));              // length over the end
  EXPECT_FALSE(ParseStringNumberKey(StringNumberKey("ab", 1) + "x", &text, &n));                 // a byte too many
  EXPECT_FALSE(ParseEngineKey(std::string("\2\0\1ok", 5), &org, &text));                         // unknown key version
  EXPECT_FALSE(ParseEngineKey(std::string("\1\0\0k", 4), &org, &text));                          // no organization
  EXPECT_FALSE(ParseEngineKey(std::string("\1\0\x40", 3) + std::string(64, 'o'), &org, &text));  // organization too long
  EXPECT_FALSE(ParseHeadKey(SchemaKey(), &org));
  EXPECT_FALSE(ParseHeadKey(HeadKey({"o"}) + "x", &org));
  EXPECT_FALSE(ParseHead(EncodeHead({.epoch = 0, .seq = 1, .trimmed = 0}), &head));
  EXPECT_FALSE(ParseHead(EncodeHead({.epoch = 1, .seq = 1, .trimmed = 2}), &head));
  EXPECT_FALSE(ParseHead(EncodeHead({.epoch = 1, .seq = 2, .trimmed = 1}) + "x", &head));
  EXPECT_EQ(n, 7u);
  EXPECT_EQ(m, 8u);
  EXPECT_EQ(text, "kept");
  EXPECT_EQ(org.value, "kept");
  EXPECT_EQ(head, (Head{.epoch = 5, .seq = 6, .trimmed = 1}));
}

TEST(Keys, RandomBytesThatParseAreTheKeyOfWhatTheyGive) {
  std::mt19937_64 random(TestSeed(1));
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 24, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 4 == 0 ? random() : random() % 4);
    uint64_t n = 0;
    std::string text;
    OrgKey org;
    if (ParseStringNumberKey(bytes, &text, &n)) {
      EXPECT_EQ(StringNumberKey(text, n), bytes);
    }
    if (ParseEngineKey(bytes, &org, &text)) {
      EXPECT_EQ(EngineKey(org, text), bytes);
    }
    if (ParseHeadKey(bytes, &org)) {
      EXPECT_EQ(HeadKey(org), bytes);
    }
  }
}

TEST(KeysDeathTest, TooLongStringEndsTheProcess) {
  EXPECT_EQ(StringNumberKey(std::string(kMaxKeyBytes - 10, 'x'), 1).size(), kMaxKeyBytes);
  EXPECT_DEATH(StringNumberKey(std::string(kMaxKeyBytes - 9, 'x'), 1), "too long");
}

}  // namespace
}  // namespace guichet::store
