// Randomness, hashes and sealed text. With tls.h the only file that touches cryptography, through OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace guichet::router {

// 26 characters of [a-z2-7]: 130 random bits.
std::string RandomSecret();
// Uniform in [0, bound). `bound` > 0.
uint64_t RandomBelow(uint64_t bound);

std::string Sha256(std::string_view text);    // 32 bytes
uint64_t Fingerprint(std::string_view text);  // first 8 bytes of Sha256
bool EqualInConstantTime(std::string_view a, std::string_view b);

// AES-256-GCM under a key derived from `secret`. A reader of the disk without the secret learns nothing.
std::string Seal(std::string_view secret, std::string_view text);
std::optional<std::string> Unseal(std::string_view secret, std::string_view sealed);

}  // namespace guichet::router
