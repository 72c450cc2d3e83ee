// Keys in the store: what parses is exactly what is made.
#include "store/keys.h"

#include "store/limits.h"
#include "tests/fuzz/fuzz.h"

using namespace guichet;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view key(reinterpret_cast<const char*>(data), size);
  uint64_t number = 0, second = 0;
  std::string text;
  if (store::ParseNumberKey(key, &number)) fuzz::Require(store::NumberKey(number) == key, "a number key is made so");
  if (store::ParsePairKey(key, &number, &second)) fuzz::Require(store::PairKey(number, second) == key, "a pair key is made so");
  if (store::ParseStringNumberKey(key, &text, &number)) {
    fuzz::Require(size > store::kMaxKeyBytes || store::StringNumberKey(text, number) == key, "a string key is made so");
  }
  store::OrgKey org;
  if (store::ParseEngineKey(key, &org, &text)) {
    fuzz::Require(store::IsValidOrg(org.value), "an engine key has an organization");
    fuzz::Require(store::EngineKey(org, text) == key, "an engine key is made so");
  }
  if (store::ParseHeadKey(key, &org)) fuzz::Require(store::HeadKey(org) == key, "a head key is made so");
  store::Head head;
  if (store::ParseHead(key, &head)) fuzz::Require(store::EncodeHead(head) == key, "a head is written so");
  const std::string end = store::PrefixEnd(key);
  fuzz::Require(end.empty() || end > key, "the end of a prefix is after it");
  if (!end.empty()) fuzz::Require(std::string(key) + "\xff" < end, "the end of a prefix is after all that start with it");
  return 0;
}
