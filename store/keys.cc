#include "store/keys.h"

#include "store/check.h"
#include "store/limits.h"

namespace guichet::store {
namespace {

constexpr size_t kNumberBytes = 8;
constexpr size_t kLengthBytes = 2;

void AppendNumber(std::string* out, uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(number >> shift));
}

// The Take… functions cut a part from the front of `*in`, or return false and leave it.
bool TakeNumber(std::string_view* in, uint64_t* number) {
  if (in->size() < kNumberBytes) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < kNumberBytes; ++i) value = value << 8 | static_cast<unsigned char>((*in)[i]);
  in->remove_prefix(kNumberBytes);
  *number = value;
  return true;
}

void AppendString(std::string* out, std::string_view text) {
  STORE_CHECK(text.size() <= kMaxKeyBytes - kLengthBytes - kNumberBytes, "a string in a key is too long");
  out->push_back(static_cast<char>(text.size() >> 8));
  out->push_back(static_cast<char>(text.size()));
  out->append(text);
}

bool TakeString(std::string_view* in, std::string_view* text) {
  if (in->size() < kLengthBytes) return false;
  const size_t size = static_cast<unsigned char>((*in)[0]) << 8 | static_cast<unsigned char>((*in)[1]);
  if (in->size() - kLengthBytes < size) return false;
  *text = in->substr(kLengthBytes, size);
  in->remove_prefix(kLengthBytes + size);
  return true;
}

std::string MetaKey(const OrgKey& org, MetaKind kind) {
  const char byte = static_cast<char>(kind);
  return EngineKey(org, std::string_view(&byte, 1));
}

}  // namespace

std::string NumberKey(uint64_t number) {
  std::string key;
  AppendNumber(&key, number);
  return key;
}

bool ParseNumberKey(std::string_view key, uint64_t* number) { return key.size() == kNumberBytes && TakeNumber(&key, number); }

std::string PairKey(uint64_t first, uint64_t second) {
  std::string key;
  AppendNumber(&key, first);
  AppendNumber(&key, second);
  return key;
}

bool ParsePairKey(std::string_view key, uint64_t* first, uint64_t* second) {
  return key.size() == 2 * kNumberBytes && TakeNumber(&key, first) && TakeNumber(&key, second);
}

std::string StringPrefix(std::string_view text) {
  std::string key;
  AppendString(&key, text);
  return key;
}

std::string StringNumberKey(std::string_view text, uint64_t number) {
  std::string key = StringPrefix(text);
  AppendNumber(&key, number);
  return key;
}

bool ParseStringNumberKey(std::string_view key, std::string* text, uint64_t* number) {
  std::string_view found;
  if (!TakeString(&key, &found) || !ParseNumberKey(key, number)) return false;
  text->assign(found);
  return true;
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

std::string EngineOrgPrefix(const OrgKey& org) {
  std::string key(1, kKeyVersion);
  AppendString(&key, org.value);
  return key;
}

std::string EngineKey(const OrgKey& org, std::string_view record_key) { return EngineOrgPrefix(org).append(record_key); }

bool ParseEngineKey(std::string_view key, OrgKey* org, std::string* record_key) {
  if (key.empty() || key.front() != kKeyVersion) return false;
  key.remove_prefix(1);
  std::string_view name;
  if (!TakeString(&key, &name) || !IsValidOrg(name)) return false;
  org->value.assign(name);
  record_key->assign(key);
  return true;
}

std::string SchemaKey() { return MetaKey(OrgKey{}, MetaKind::kSchema); }

std::string HistoryKey() { return MetaKey(OrgKey{}, MetaKind::kHistory); }

std::string HeadKey(const OrgKey& org) { return MetaKey(org, MetaKind::kHead); }

bool ParseHeadKey(std::string_view key, OrgKey* org) {
  OrgKey found;
  std::string rest;
  if (!ParseEngineKey(key, &found, &rest) || rest.size() != 1 || rest[0] != static_cast<char>(MetaKind::kHead)) return false;
  *org = std::move(found);
  return true;
}

std::string EncodeHead(const Head& head) {
  std::string bytes;
  AppendNumber(&bytes, head.epoch);
  AppendNumber(&bytes, head.seq);
  AppendNumber(&bytes, head.trimmed);
  return bytes;
}

bool ParseHead(std::string_view bytes, Head* head) {
  Head found;
  if (!TakeNumber(&bytes, &found.epoch) || !TakeNumber(&bytes, &found.seq) || !TakeNumber(&bytes, &found.trimmed)) return false;
  if (!bytes.empty() || found.epoch == 0 || found.trimmed > found.seq) return false;
  *head = found;
  return true;
}

}  // namespace guichet::store
