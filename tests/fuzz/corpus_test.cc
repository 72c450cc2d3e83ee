// Runs a fuzz target over its corpus, and over mutations of it that follow from a seed: what coverage-guided runs have found
// stays found, in any build.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "tests/fuzz/fuzz.h"

extern "C" __attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);

namespace guichet::fuzz {
namespace {

constexpr size_t kMutations = 10000;  // of all files together
constexpr size_t kMaxBytes = 4096;
constexpr uint64_t kSeed = 20240501;

std::mt19937_64 random_bytes(kSeed);
std::vector<std::string> corpus;

uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : random_bytes() % bound; }

std::map<std::string, std::string> Files() {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(GUICHET_FUZZ_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

// One change, as libFuzzer makes them.
void Mutate(std::string& bytes) {
  const size_t at = Below(bytes.size()), many = 1 + Below(std::min<size_t>(bytes.size() - at, 32));
  switch (Below(8)) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(Below(256));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] ^= static_cast<char>(1 << Below(8));
      break;
    case 2:
      bytes.erase(at, many);
      break;
    case 3:
      bytes.insert(at, 1 + Below(16), static_cast<char>(Below(256)));
      break;
    case 4:
      bytes.insert(Below(bytes.size() + 1), bytes.substr(at, many));
      break;
    case 5:
      bytes.resize(at);
      break;
    case 6: {
      const std::string& other = corpus[Below(corpus.size())];
      const size_t from = Below(other.size());
      bytes = bytes.substr(0, at) + other.substr(from, Below(other.size() - from + 1));
      break;
    }
    default: {
      static const char* const kWords[] = {"\xff\xff\xff\xff",     "\x80",     "-1", "0",
                                           "18446744073709551616", "\xc3\xa9", "\n", "_"};
      bytes.insert(at, kWords[Below(std::size(kWords))]);
    }
  }
}

void RunInput(const std::string& bytes, const std::string& what) {
  // A copy of its own, so that reading past the end is seen by a sanitizer.
  const auto copy = std::make_unique<uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  try {
    EXPECT_EQ(LLVMFuzzerTestOneInput(copy.get(), bytes.size()), 0);
  } catch (const std::exception& broken) {
    ADD_FAILURE() << what << ": " << broken.what() << "\ninput: \"" << absl::CHexEscape(bytes) << '"';
  }
}

}  // namespace
}  // namespace guichet::fuzz

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  guichet::fuzz::Mutate(bytes);
  bytes.resize(std::min(bytes.size(), max_size));
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

namespace guichet::fuzz {
namespace {

TEST(Corpus, EveryFile) {
  const auto files = Files();
  ASSERT_FALSE(files.empty()) << GUICHET_FUZZ_CORPUS;
  RunInput("", "no bytes");
  for (const auto& [name, bytes] : files) RunInput(bytes, name);
}

TEST(Corpus, MutationsOfEveryFile) {
  const auto files = Files();
  for (const auto& [name, bytes] : files) corpus.push_back(bytes);
  for (size_t i = 0; i < kMutations && !HasFailure(); ++i) {
    std::string bytes = corpus[i % corpus.size()];
    for (uint64_t times = 1 + Below(4); times > 0; --times) {
      size_t size = std::min(bytes.size(), kMaxBytes);
      bytes.resize(kMaxBytes);
      auto* data = reinterpret_cast<uint8_t*>(bytes.data());
      size = LLVMFuzzerCustomMutator != nullptr
                 ? LLVMFuzzerCustomMutator(data, size, kMaxBytes, static_cast<unsigned>(random_bytes()))
                 : LLVMFuzzerMutate(data, size, kMaxBytes);
      bytes.resize(size);
    }
    RunInput(bytes, "mutation " + std::to_string(i) + " of seed " + std::to_string(kSeed));
  }
}

}  // namespace
}  // namespace guichet::fuzz
