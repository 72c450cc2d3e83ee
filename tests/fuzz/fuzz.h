// What the fuzz targets share. A target is a file with LLVMFuzzerTestOneInput, which returns 0 or does not return: it throws
// when a property is broken and crashes when the code under test does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "statemachine/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Of targets that know the structure of their input: changes it in place and returns its size, at most `max_size`.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);
// Changes bytes without knowing what they are. libFuzzer's own, or that of corpus_test.cc.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace guichet::fuzz {

// A property does not hold. Not caught under libFuzzer, which then keeps the input and prints the stack.
class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

inline void Require(bool holds, std::string_view property) {
  if (!holds) throw Broken(std::string(property));
}

inline bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : text.size();
    if (i + more >= text.size()) return false;
    uint32_t point = more == 0 ? first : first & (0x3f >> more);
    for (size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 2) return false;
      point = point << 6 | (next & 0x3f);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (point < kLeast[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    i += more + 1;
  }
  return true;
}

// What every refusal owes its reader: one of the codes, a reason, a message, and for a bad field its name. With input that is
// UTF-8, as gRPC makes sure of strings, its words are, too: other ones would not arrive.
inline void RequireRefusal(const absl::Status& status, std::initializer_list<absl::StatusCode> codes, bool utf8 = true) {
  bool known = false;
  for (absl::StatusCode code : codes) known |= status.code() == code;
  Require(known, "a refusal has a documented code, not " + status.ToString());
  Require(!status.message().empty(), "a refusal has a message");
  Require(!utf8 || IsUtf8({status.message().data(), status.message().size()}), "a refusal's message is UTF-8");
  const Refusal refusal = RefusalOf(status);
  Require(!refusal.reason.empty(), "a refusal has a reason: " + status.ToString());
  bool field = false;
  for (const auto& [key, value] : refusal.metadata) {
    Require(!utf8 || IsUtf8(value), "a refusal's metadata is UTF-8");
    field |= key == "field" && !value.empty();
  }
  Require(refusal.reason != Name(Reason::kInvalidField) || field, "INVALID_FIELD names the field");
}

// Takes an input apart from its front; what is missing is empty.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(reinterpret_cast<const char*>(data), size) {}
  uint8_t Byte() {
    if (left_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return byte;
  }
  uint64_t Number() {  // 8 bytes, big-endian
    uint64_t number = 0;
    for (int i = 0; i < 8; ++i) number = number << 8 | Byte();
    return number;
  }
  // Up to the next `end` or all that is left.
  std::string_view Until(char end) {
    const size_t at = left_.find(end);
    const std::string_view piece = left_.substr(0, at);
    left_.remove_prefix(at == std::string_view::npos ? left_.size() : at + 1);
    return piece;
  }
  std::string_view Line() { return Until('\n'); }
  std::string_view Rest() const { return left_; }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

}  // namespace guichet::fuzz
