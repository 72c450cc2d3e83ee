// Tokens that come back from clients: bearer tokens, tokens of devices and computers, resume and page tokens. One that is taken
// is exactly one that the daemon makes. Sealed answers open under their secret only.
#include "absl/strings/str_cat.h"
#include "router/principal.h"
#include "router/secrets.h"
#include "router/validate.h"
#include "router/watch.h"
#include "tests/fuzz/fuzz.h"

using namespace guichet;  // NOLINT: a program of one file

namespace {

constexpr char kSecret[] = "abcdefghijklmnopqrstuvwxyz";
constexpr uint64_t kHistory = 1;
constexpr Time kNow{Duration{1700000000000}};

const router::Directory& Known() {
  static const auto* const directory = [] {
    auto* made = new router::Directory("operator-secret");
    Org org;
    org.id = OrgId{"acme"};
    for (const char* id : {"admin", "old"}) {
      ApiKey key;
      key.id = KeyId{id};
      key.role = KeyRole::kAdministrator;
      key.secret_hash = router::Sha256(kSecret);
      key.expires = std::string_view(id) == "old" ? kNow : kNoTime;
      org.keys.emplace(key.id, key);
    }
    made->Load(org);
    return made;
  }();
  return *directory;
}

std::string_view SecretOf(std::string_view token) { return token.substr(token.rfind('_') + 1); }

void Bearer(std::string_view token) {
  const absl::StatusOr<router::Principal> caller = Known().Authenticate(token, kNow);
  const bool good = token == "operator-secret" || token == absl::StrCat("gk_acme_admin_", kSecret);
  fuzz::Require(caller.ok() == good, "a credential is taken as it was given out, and no other");
  if (!caller.ok()) fuzz::RequireRefusal(caller.status(), {absl::StatusCode::kUnauthenticated});
  if (const auto device = router::ParseDeviceToken(token)) {
    fuzz::Require(router::MakeDeviceToken(device->org, device->session, SecretOf(token)) == token,
                  "a device token is printed so");
    fuzz::Require(device->hash == router::Sha256(SecretOf(token)), "a device token has its hash");
    fuzz::Require(!router::ParseComputerToken(token), "a device token is no computer's");
  }
  if (const auto computer = router::ParseComputerToken(token)) {
    fuzz::Require(router::MakeComputerToken(computer->org, computer->computer, SecretOf(token)) == token,
                  "a computer token is printed so");
  }
}

void Places(const std::string& token, uint64_t filters) {
  const auto point = router::ParseResumeToken(token, kHistory);
  if (!point.ok()) {
    fuzz::RequireRefusal(point.status(), {absl::StatusCode::kInvalidArgument, absl::StatusCode::kOutOfRange});
  } else {
    fuzz::Require(point->has_value() != token.empty(), "only an empty token begins");
    fuzz::Require(!*point || router::MakeResumeToken(**point, kHistory) == token, "a resume token is printed so");
  }
  const auto page = router::ParsePageToken(token, filters);
  if (!page.ok()) {
    fuzz::RequireRefusal(page.status(), {absl::StatusCode::kInvalidArgument});
  } else {
    fuzz::Require(!*page || router::MakePageToken(filters, **page) == token, "a page token is printed so");
  }
  const std::string last = token.substr(0, 200);
  const auto back = router::ParsePageToken(router::MakePageToken(filters, last), filters);
  fuzz::Require(back.ok() && **back == last, "a page token that was made is taken");
  fuzz::Require(!router::ParsePageToken(router::MakePageToken(filters, last), filters + 1).ok(),
                "a page token belongs to its filters");
}

void Sealed(const std::string& bytes, uint8_t at) {
  fuzz::Require(!router::Unseal("secret", bytes), "what nobody sealed does not open");
  std::string sealed = router::Seal("secret", bytes);
  fuzz::Require(router::Unseal("secret", sealed) == bytes, "what was sealed opens");
  fuzz::Require(!router::Unseal("another", sealed), "another secret does not open it");
  sealed[at % sealed.size()] ^= 1;
  fuzz::Require(!router::Unseal("secret", sealed), "what was changed does not open");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string token(reinterpret_cast<const char*>(data), size);
  Bearer(token);
  constexpr uint64_t kFilters = 0x0123456789abcdef;  // of the page tokens in the corpus
  Places(token, kFilters);
  Sealed(token, size == 0 ? 0 : data[0]);
  return 0;
}
