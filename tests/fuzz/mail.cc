// Headers of mails. Input: lines of an SMTP URL, a sender and a user; the rest is a subject.
#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "router/validate.h"
#include "tests/fuzz/fuzz.h"
#include "tools/mail/sender.h"

using namespace guichet;  // NOLINT: a program of one file

namespace {

// What a mail program shows of encoded words; they are the whole header.
std::string Decode(const std::string& header) {
  constexpr std::string_view kOpen = "=?UTF-8?B?", kClose = "?=";
  std::string text;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(header, "\r\n "))) {
    fuzz::Require(line.starts_with(kOpen) && line.ends_with(kClose), "a folded header is of encoded words");
    std::string word;
    fuzz::Require(absl::Base64Unescape(line.substr(kOpen.size(), line.size() - kOpen.size() - kClose.size()), &word),
                  "an encoded word is base64");
    text += word;
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  mail::SmtpOptions options{
      .url = std::string(input.Line()), .user = std::string(), .password = "", .from = std::string(input.Line())};
  options.user = input.Line();
  if (!options.user.empty()) options.password = "secret";
  const auto sender = mail::SmtpSender::Make(options);
  fuzz::Require(sender.ok() || sender.status().code() == absl::StatusCode::kInvalidArgument, "options are refused as such");
  if (router::CheckEmailAddress("address", options.from).ok()) {
    for (char c : options.from) {
      fuzz::Require(static_cast<unsigned char>(c) > ' ' && std::string_view("<>,;:\"\\").find(c) == std::string_view::npos,
                    "an address is safe in a header");
    }
  }
  const std::string subject(input.Rest());
  std::string clean = subject;
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  const std::string header = mail::EncodeHeader(subject);
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(header, "\r\n "))) {
    fuzz::Require(line.size() <= 75, "a line of a header has at most 75 characters");
    for (char c : line) fuzz::Require(c >= ' ' && c <= '~', "a header is printable ASCII");
  }
  fuzz::Require(header == clean || Decode(header) == clean, "a header says what it was given");
  return 0;
}
