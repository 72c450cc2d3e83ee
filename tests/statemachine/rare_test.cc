// Rare and RareOptional behave as the value and the std::optional that they stand for.
#include "statemachine/rare.h"

#include <gtest/gtest.h>

#include <string>

namespace guichet {
namespace {

struct Owner {
  Rare<std::string> text;
  RareOptional<int> number;
  bool operator==(const Owner&) const = default;
};

TEST(Rare, IsTheDefaultUntilItIsSet) {
  Owner owner;
  EXPECT_FALSE(owner.text);
  EXPECT_EQ(*owner.text, "");
  owner.text = std::string("set");
  EXPECT_TRUE(owner.text);
  EXPECT_EQ(owner.text, std::string("set"));
  EXPECT_EQ(owner.text->size(), 3u);
  owner.text = {};
  EXPECT_FALSE(owner.text);
}

TEST(Rare, CopiesHaveValuesOfTheirOwn) {
  Owner first;
  first.text = std::string("first");
  first.number = 1;
  Owner second = first;
  EXPECT_EQ(first, second);
  second.text.Mutable().append(", changed");
  *second.number = 2;
  EXPECT_EQ(*first.text, "first");
  EXPECT_EQ(*first.number, 1);
  first = second;
  EXPECT_EQ(first, second);
  const Owner& self = first;
  first = self;
  EXPECT_EQ(*first.text, "first, changed");
}

TEST(Rare, ComparesByValueHoweverItCameToBe) {
  Owner untouched, emptied;
  emptied.text.Mutable() = std::string("x");
  EXPECT_NE(untouched, emptied);
  emptied.text.Mutable().clear();
  EXPECT_EQ(untouched, emptied);
  EXPECT_FALSE(emptied.text);
}

TEST(RareOptional, IsEmptyOrHasAValueEvenIfThatIsTheDefault) {
  Owner owner;
  EXPECT_FALSE(owner.number);
  owner.number.emplace();
  EXPECT_TRUE(owner.number.has_value());
  EXPECT_NE(owner, Owner());
  owner.number = std::nullopt;
  EXPECT_EQ(owner, Owner());
  owner.number = std::optional<int>(3);
  EXPECT_EQ(*owner.number, 3);
  owner.number.reset();
  EXPECT_FALSE(owner.number);
}

}  // namespace
}  // namespace guichet
