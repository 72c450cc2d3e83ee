// LLVMFuzzerCustomMutator of inputs that are some bytes and a message.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/stubs/logging.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/proto_mutator.h"

namespace guichet::fuzz {

// Words that requests are made of, texts at the limits, and what LLVMFuzzerMutate makes of the old one.
class Words : public Values {
 public:
  std::string Text(const google::protobuf::FieldDescriptor&, const std::string& old, std::mt19937_64& random) override {
    static const std::vector<std::string> kWords = {
        "",  "ann",      "desk",         "help", "acme",    "a@example.org", "+491701234567", "en", "de-CH",   "Europe/Berlin",
        "*", "settings", "display_name", "~1",   "123-456", "https://a.b/c", "x\x1fy",        "ü",  "{{code}}"};
    switch (random() % 4) {
      case 0:
        return kWords[random() % kWords.size()];
      case 1:
        return std::string(EdgeSize(random), static_cast<char>('a' + random() % 26));
      default: {
        std::string text = old;
        text.resize(old.size() + 16);
        text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), old.size(), text.size()));
        return text;
      }
    }
  }
};

// `head`: how many bytes come before the message; `make` returns an empty one of the type that they choose. Every second time,
// and when the message would be too large, LLVMFuzzerMutate changes the bytes.
inline size_t MutateAfter(size_t head, const std::function<std::unique_ptr<google::protobuf::Message>(const uint8_t*)>& make,
                          uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  // Strings that are no UTF-8 are wanted here and no news.
  static const bool silent = google::protobuf::SetLogHandler(nullptr) != nullptr;
  (void)silent;
  std::mt19937_64 random(seed);
  if (size < head || random() % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  if (random() % 16 == 0) data[random() % head] = static_cast<uint8_t>(random());
  const std::unique_ptr<google::protobuf::Message> message = make(data);
  if (!message->ParsePartialFromArray(data + head, static_cast<int>(size - head))) message->Clear();
  Words words;
  for (uint64_t i = random() % 3; i < 3; ++i) MutateMessage(message.get(), words, random);
  const std::string bytes = message->SerializePartialAsString();
  if (head + bytes.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data + head, bytes.data(), bytes.size());
  return head + bytes.size();
}

}  // namespace guichet::fuzz
