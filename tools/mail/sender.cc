#include "tools/mail/sender.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "tools/client/client.h"

namespace guichet::mail {
namespace {

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, FreeCurl>;
using Url = std::unique_ptr<CURLU, FreeCurl>;
using Mime = std::unique_ptr<curl_mime, FreeCurl>;
using List = std::unique_ptr<curl_slist, FreeCurl>;

bool Printable(char c) { return c >= ' ' && c <= '~'; }

void Append(List& list, const std::string& line) { list.reset(curl_slist_append(list.release(), line.c_str())); }

std::string Detail(std::string_view words) {
  std::string detail(words);
  std::replace_if(
      detail.begin(), detail.end(), [](char c) { return !Printable(c); }, '?');
  return detail;
}

std::string Part(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

// A phrase before an address: quoted where it is ASCII.
std::string Phrase(const std::string& name) {
  const std::string encoded = EncodeHeader(name);
  if (encoded != name) return encoded;
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

// Collects the server's replies: what counts is the last one before the goodbye.
class Replies {
 public:
  static size_t Take(char* bytes, size_t, size_t size, void* self) {
    static_cast<Replies*>(self)->TakeLine({bytes, size});
    return size;
  }
  // 0: the server has said nothing.
  int code() const { return code_; }
  const std::string& words() const { return words_; }

 private:
  void TakeLine(std::string_view line) {
    constexpr size_t kCode = 3, kEnough = 2000;
    constexpr int kClosing = 221;
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    int code = 0;
    if (line.size() < kCode || !absl::SimpleAtoi(absl::string_view(line.data(), kCode), &code) || code == kClosing) return;
    const bool goes_on = line.size() > kCode && line[kCode] == '-';
    if (!in_reply_) words_ = line;
    if (in_reply_ && words_.size() < kEnough)
      absl::StrAppend(&words_, " ", std::string(line.substr(std::min(line.size(), kCode + 1))));
    in_reply_ = goes_on;
    code_ = code;
  }

  int code_ = 0;
  std::string words_;
  bool in_reply_ = false;
};

// Ends also what curl waits for without its own time-out, such as the answer to QUIT.
int EndAtDeadline(void* deadline, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return absl::Now() > *static_cast<absl::Time*>(deadline) ? 1 : 0;
}

Outcome Failed(std::string_view why) { return {.result = Result::kFailed, .detail = Detail(why)}; }
Outcome Later(bool of_server, std::string_view why) {
  return {.result = Result::kRetry, .detail = Detail(why), .of_server = of_server};
}

}  // namespace

std::string EncodeHeader(std::string_view text) {
  constexpr size_t kPlain = 60;  // characters that fit one line with any header's name
  constexpr size_t kWord = 42;   // bytes of an encoded word: with its marks 68 of the 75 characters that are allowed
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, ' ');
  if (clean.size() <= kPlain && std::all_of(clean.begin(), clean.end(), Printable) && !absl::StrContains(clean, "=?") &&
      absl::StripAsciiWhitespace(clean) == clean) {
    return clean;
  }
  std::string out;
  for (size_t at = 0; at < clean.size();) {
    size_t end = std::min(at + kWord, clean.size());
    // A character is never divided; bytes that are no UTF-8 are.
    while (end < clean.size() && end > at + kWord - 4 && (clean[end] & 0xC0) == 0x80) --end;
    absl::StrAppend(&out, out.empty() ? "" : "\r\n ", "=?UTF-8?B?", absl::Base64Escape(clean.substr(at, end - at)), "?=");
    at = end;
  }
  return out;
}

SmtpSender::SmtpSender(SmtpOptions options, std::string name, std::string address, bool tls)
    : options_(std::move(options)), name_(std::move(name)), address_(std::move(address)), tls_(tls) {}

absl::StatusOr<SmtpSender> SmtpSender::Make(SmtpOptions options) {
  const Url url(curl_url());
  const bool parsed = curl_url_set(url.get(), CURLUPART_URL, options.url.c_str(), 0) == CURLUE_OK;
  const std::string scheme = parsed ? Part(url, CURLUPART_SCHEME) : "", path = Part(url, CURLUPART_PATH);
  // Credentials in a URL would show in lists of processes; what curl reads from a path, nobody would expect.
  const bool only_host = Part(url, CURLUPART_USER).empty() && Part(url, CURLUPART_PASSWORD).empty() &&
                         Part(url, CURLUPART_OPTIONS).empty() && Part(url, CURLUPART_QUERY).empty() &&
                         Part(url, CURLUPART_FRAGMENT).empty() && (path.empty() || path == "/");
  if ((scheme != "smtp" && scheme != "smtps") || !only_host) {
    return absl::InvalidArgumentError(
        "--smtp-url must be smtp://HOST[:PORT] or smtps://HOST[:PORT]; the login goes into --smtp-user and "
        "--smtp-password-file");
  }
  if (options.user.empty() != options.password.empty())
    return absl::InvalidArgumentError("--smtp-user and --smtp-password-file need each other, and neither may be empty");
  if (options.timeout < absl::Milliseconds(1) || options.timeout > absl::Hours(1))
    return absl::InvalidArgumentError("--smtp-timeout must be 0.001 to 3600 seconds");

  std::string_view name, address = options.from;
  if (const size_t open = options.from.rfind('<'); open != std::string::npos && options.from.back() == '>') {
    address = std::string_view(options.from).substr(open + 1, options.from.size() - open - 2);
    name = std::string_view(options.from).substr(0, open);
  }
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  const bool clean =
      std::none_of(name.begin(), name.end(), [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
  if (!clean || router::Characters(name) > limits::kDisplayNameChars || !router::CheckEmailAddress("--from", address).ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--from must be ADDRESS or NAME <ADDRESS>, the name of at most ",
                                                   limits::kDisplayNameChars, " characters without line breaks"));
  }
  const bool loopback = client::IsLoopback(Part(url, CURLUPART_HOST));
  const bool plaintext = options.insecure || (loopback && options.ca.empty());
  return SmtpSender(options, std::string(name), std::string(address), scheme == "smtps" || !plaintext);
}

Outcome SmtpSender::Send(const Message& message) const {
  if (const absl::Status status = router::CheckEmailAddress("address", message.address); !status.ok())
    return Failed(std::string(status.message()));
  if (message.text.empty()) return Failed("the invitation has no text: this daemon does not write messages");

  const std::string domain = address_.substr(address_.find('@') + 1);
  List headers, recipients;
  Append(headers, absl::StrCat("From: ", name_.empty() ? "" : Phrase(name_) + " ", "<", address_, ">"));
  Append(headers, absl::StrCat("To: <", message.address, ">"));
  Append(headers, absl::StrCat("Subject: ", EncodeHeader(message.subject)));
  Append(headers, absl::FormatTime("Date: %a, %d %b %E4Y %H:%M:%S +0000", absl::Now(), absl::UTCTimeZone()));
  Append(headers, absl::StrCat("Message-ID: <", message.id, "@", domain, ">"));
  Append(headers, "Auto-Submitted: auto-generated");
  Append(recipients, absl::StrCat("<", message.address, ">"));

  const Curl curl(curl_easy_init());
  const Mime mime(curl_mime_init(curl.get()));
  curl_mimepart* part = curl_mime_addpart(mime.get());
  const std::string unix_lines = absl::StrReplaceAll(message.text, {{"\r\n", "\n"}, {"\r", "\n"}});
  const std::string text = absl::StrReplaceAll(unix_lines, {{"\n", "\r\n"}});
  curl_mime_data(part, text.data(), text.size());
  curl_mime_type(part, "text/plain; charset=utf-8");
  curl_mime_encoder(part, "quoted-printable");

  char error[CURL_ERROR_SIZE] = "";
  Replies replies;
  absl::Time deadline = absl::Now() + options_.timeout;
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, options_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");  // what the environment says about proxies is about the web
  set(CURLOPT_USE_SSL, static_cast<long>(tls_ ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!options_.ca.empty()) set(CURLOPT_CAINFO, options_.ca.c_str());
  if (!options_.user.empty()) {
    set(CURLOPT_USERNAME, options_.user.c_str());
    set(CURLOPT_PASSWORD, options_.password.c_str());
  }
  const std::string from = absl::StrCat("<", address_, ">");
  set(CURLOPT_MAIL_FROM, from.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_MIMEPOST, mime.get());
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(options_.timeout)));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &EndAtDeadline);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&deadline));
  set(CURLOPT_HEADERFUNCTION, &Replies::Take);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&replies));
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(error));
  set(CURLOPT_FORBID_REUSE, 1L);  // the goodbye then belongs to this message, and to its deadline
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {.result = Result::kSent};
  // The operator's to mend, and no fault of the invitation.
  const bool wants_login = replies.code() == 530 || replies.code() == 535;
  if (code == CURLE_LOGIN_DENIED || wants_login) return Later(true, replies.words());
  if (replies.code() >= 500) return Failed(replies.words());
  if (replies.code() >= 400) return Later(false, replies.words());
  if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_ABORTED_BY_CALLBACK) {
    return Later(true,
                 absl::StrCat("the SMTP server did not take the message within ", absl::FormatDuration(options_.timeout)));
  }
  return Later(true, error[0] != '\0' ? error : curl_easy_strerror(code));
}

}  // namespace guichet::mail
