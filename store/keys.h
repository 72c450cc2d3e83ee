// The one place that makes and parses keys. Two layers: keys of records inside a family (for the users of the Store) and engine
// keys (for engines over one flat key space). Numbers are big-endian and strings have their length in front, so keys of one
// shape sort by their parts and no key is the start of a key of another shape. On disk: never renumber, never reuse, never
// reorder the parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/store.h"

namespace guichet::store {

// --- Keys of records inside a family ---

// 8 bytes, big-endian: sorts as the number does.
std::string NumberKey(uint64_t number);
// False, with `*number` untouched, when `key` is not exactly 8 bytes.
bool ParseNumberKey(std::string_view key, uint64_t* number);

// 16 bytes: sorts by `first`, then by `second`.
std::string PairKey(uint64_t first, uint64_t second);
bool ParsePairKey(std::string_view key, uint64_t* first, uint64_t* second);

// The start of every StringNumberKey of `text`: 2 bytes of length, then the bytes. Strings sort by length first; what counts is
// that the keys of one string are neighbours and never mix with those of another. `text` has at most kMaxKeyBytes - 10 bytes.
std::string StringPrefix(std::string_view text);
// StringPrefix, then 8 bytes of number: the numbers of one string are in order.
std::string StringNumberKey(std::string_view text, uint64_t number);
bool ParseStringNumberKey(std::string_view key, std::string* text, uint64_t* number);

// Of kDevices: the sessions of one device, the newest first.
inline std::string DeviceKey(std::string_view device, uint64_t session) { return StringNumberKey(device, ~session); }

// The smallest key after all keys that start with `prefix`; empty ("to the end", as in KeyRange) when there is none.
std::string PrefixEnd(std::string_view prefix);

// --- Engine keys: version byte, organization, record key ---

// The first byte of every engine key.
inline constexpr char kKeyVersion = 1;

// What a key of kMeta holds; the byte after its organization.
enum class MetaKind : uint8_t {
  kSchema = 0,   // of the whole store (no organization): the schema version, NumberKey form
  kHead = 1,     // of an organization: a Head
  kHistory = 2,  // of the whole store: Reader::history, NumberKey form
};

// The last durable state of an organization's log.
struct Head {
  uint64_t epoch = 0;    // of the owner; 0: never acquired
  uint64_t seq = 0;      // the last event's number
  uint64_t trimmed = 0;  // events up to here are dropped; never above seq
  bool operator==(const Head&) const = default;
};

// The start of all keys of one organization in any family.
std::string EngineOrgPrefix(const OrgKey& org);
// The key of a record, or (in kLog, with a NumberKey) of an event.
std::string EngineKey(const OrgKey& org, std::string_view record_key);
bool ParseEngineKey(std::string_view key, OrgKey* org, std::string* record_key);

std::string SchemaKey();
std::string HistoryKey();
std::string HeadKey(const OrgKey& org);
// False when `key` is no HeadKey.
bool ParseHeadKey(std::string_view key, OrgKey* org);

// Value: 3 numbers in the order of the fields.
std::string EncodeHead(const Head& head);
// False when `bytes` is no encoded head or breaks an invariant of Head.
bool ParseHead(std::string_view bytes, Head* head);

}  // namespace guichet::store
