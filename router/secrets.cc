#include "router/secrets.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace guichet::router {
namespace {

constexpr size_t kNonce = 12;
constexpr size_t kTag = 16;

// A generator that fails leaves nothing to go on with.
void Check(bool ok) {
  if (!ok) std::abort();
}

void Random(unsigned char* out, size_t size) { Check(RAND_bytes(out, static_cast<int>(size)) == 1); }

const unsigned char* Bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* Bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

// Found once: OpenSSL looks an algorithm up anew, under locks, for each use of EVP_sha256() or EVP_aes_256_gcm().
const EVP_MD* Hash() {
  static const EVP_MD* const hash = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Check(hash != nullptr);
  return hash;
}
const EVP_CIPHER* Cipher() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  Check(cipher != nullptr);
  return cipher;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

std::string KeyOf(std::string_view secret) { return Sha256(std::string("guichet-seal:").append(secret)); }

}  // namespace

std::string RandomSecret() {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  unsigned char random[26];
  Random(random, sizeof(random));
  std::string secret;
  for (unsigned char byte : random) secret.push_back(kAlphabet[byte % 32]);
  return secret;
}

uint64_t RandomBelow(uint64_t bound) {
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // reject the uneven rest
  uint64_t value;
  do {
    Random(reinterpret_cast<unsigned char*>(&value), sizeof(value));
  } while (value >= limit);
  return value % bound;
}

std::string Sha256(std::string_view text) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  Check(EVP_Digest(text.data(), text.size(), Bytes(digest), &size, Hash(), nullptr) == 1 && size == digest.size());
  return digest;
}

uint64_t Fingerprint(std::string_view text) {
  uint64_t value;
  std::memcpy(&value, Sha256(text).data(), sizeof(value));
  return value;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Seal(std::string_view secret, std::string_view text) {
  const std::string key = KeyOf(secret);
  std::string out(kNonce + text.size() + kTag, '\0');
  Random(Bytes(out), kNonce);
  CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  Check(context != nullptr && EVP_EncryptInit_ex(context.get(), Cipher(), nullptr, Bytes(key), Bytes(out)) == 1);
  Check(EVP_EncryptUpdate(context.get(), Bytes(out) + kNonce, &size, Bytes(text), static_cast<int>(text.size())) == 1);
  Check(EVP_EncryptFinal_ex(context.get(), Bytes(out) + kNonce + size, &size) == 1);
  Check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, Bytes(out) + kNonce + text.size()) == 1);
  return out;
}

std::optional<std::string> Unseal(std::string_view secret, std::string_view sealed) {
  if (sealed.size() < kNonce + kTag) return std::nullopt;
  const std::string key = KeyOf(secret);
  std::string tag(sealed.substr(sealed.size() - kTag));
  const std::string_view body = sealed.substr(kNonce, sealed.size() - kNonce - kTag);
  std::string text(body.size(), '\0');
  CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  Check(context != nullptr && EVP_DecryptInit_ex(context.get(), Cipher(), nullptr, Bytes(key), Bytes(sealed)) == 1);
  if (EVP_DecryptUpdate(context.get(), Bytes(text), &size, Bytes(body), static_cast<int>(body.size())) != 1)
    return std::nullopt;
  Check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, Bytes(tag)) == 1);
  if (EVP_DecryptFinal_ex(context.get(), Bytes(text) + size, &size) != 1) return std::nullopt;
  return text;
}

}  // namespace guichet::router
