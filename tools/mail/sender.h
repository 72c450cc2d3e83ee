// One e-mail at a time to an SMTP server: the message, the conversation, and what the server's answer means.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace guichet::mail {

struct SmtpOptions {
  // url: smtp://HOST[:PORT], or smtps:// for TLS from the first byte.
  std::string url;
  // user and password to log in with; both empty: no login.
  std::string user;
  std::string password;
  // from: ADDRESS or NAME <ADDRESS>.
  std::string from;
  // ca is a file of PEM root certificates; empty: those of the system.
  std::string ca;
  // insecure allows plaintext to other than loopback addresses.
  bool insecure = false;
  // timeout of one message, from the connection to the answer; at least 1 ms.
  absl::Duration timeout = absl::Seconds(30);
};

struct Message {
  std::string address;
  std::string subject;
  std::string text;
  // id in front of the @ of the Message-ID, letters, digits, dots and dashes: the same for the same message, so that servers
  // and people recognize a repetition.
  std::string id;
};

enum class Result { kSent, kRetry, kFailed };

struct Outcome {
  Result result = Result::kRetry;
  // detail: the server's words or those of the failed connection, about 2,000 characters of printable ASCII at most; empty when
  // sent.
  std::string detail;
  // of_server: what failed is the way to the server, or the login, and would fail for every message.
  bool of_server = false;
};

// The value of a header for any UTF-8 text: as it is where it is short printable ASCII, else encoded words of RFC 2047, folded.
// Control characters become spaces.
std::string EncodeHeader(std::string_view text);

// Thread-safe. Each message takes a connection of its own.
class SmtpSender {
 public:
  // Errors: INVALID_ARGUMENT for a URL, sender or time-out that is none, and for a user without a password or the reverse.
  static absl::StatusOr<SmtpSender> Make(SmtpOptions options);

  // Sends one message and waits for the server's answer, for options.timeout at most, and up to a second more for the goodbye.
  // kSent: the server has accepted it. kFailed: it refused for good (5xx), or the message has no text or an address that
  // cannot be written into a header. kRetry: anything else, such as 4xx, no connection, no trust in the certificate, no answer
  // in time; after the last of these the server may have accepted the message all the same.
  Outcome Send(const Message& message) const;

 private:
  SmtpSender(SmtpOptions options, std::string name, std::string address, bool tls);

  const SmtpOptions options_;
  const std::string name_;  // of the sender; may be empty
  const std::string address_;
  const bool tls_;  // TLS is required
};

}  // namespace guichet::mail
