// One message to a real SMTP server, read back by Python's parser.
#include "tools/mail/sender.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/mail/servers.h"

namespace guichet::mail_test {
namespace {

using google::protobuf::Struct;
using mail::EncodeHeader;
using mail::Message;
using mail::Outcome;
using mail::Result;
using mail::SmtpOptions;
using mail::SmtpSender;

std::string Repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}
std::string TextOf(const Struct& message, const std::string& name) { return message.fields().at(name).string_value(); }
std::string HeaderOf(const Struct& message, const std::string& name) {
  const auto& headers = message.fields().at("headers").struct_value().fields();
  return headers.contains(name) ? headers.at(name).string_value() : "(none)";
}

SmtpOptions To(const std::string& url) { return {.url = url, .from = "Acme Support <support@acme.example>"}; }
SmtpOptions Trusting(const std::string& url, const Certificate& certificate) {
  SmtpOptions options = To(url);
  options.ca = certificate.certificate();
  return options;
}
Message Mail(const std::string& address = "lind@example.com") {
  return {.address = address, .subject = "Invitation", .text = "Code: 123456\n", .id = "guichet.7.abc"};
}
Outcome Send(const SmtpOptions& options, const Message& message = Mail()) {
  const auto sender = SmtpSender::Make(options);
  EXPECT_TRUE(sender.ok()) << sender.status();
  return sender->Send(message);
}
void ExpectOutcome(const Outcome& outcome, Result result, const std::string& words) {
  EXPECT_EQ(static_cast<int>(outcome.result), static_cast<int>(result)) << outcome.detail;
  EXPECT_TRUE(absl::StrContains(outcome.detail, words)) << outcome.detail;
}
void ExpectSent(const Outcome& outcome) {
  EXPECT_EQ(static_cast<int>(outcome.result), static_cast<int>(Result::kSent)) << outcome.detail;
  EXPECT_EQ(outcome.detail, "");
}

TEST(Sender, AMessageHasItsHeaders) {
  SmtpServer server;
  ExpectSent(Send(To(server.url())));
  const Struct message = server.Next();
  EXPECT_EQ(TextOf(message, "sender"), "support@acme.example");
  EXPECT_EQ(message.fields().at("recipients").list_value().values(0).string_value(), "lind@example.com");
  EXPECT_EQ(message.fields().at("recipients").list_value().values_size(), 1);
  EXPECT_EQ(HeaderOf(message, "from"), "Acme Support <support@acme.example>");
  EXPECT_EQ(HeaderOf(message, "to"), "lind@example.com");
  EXPECT_EQ(HeaderOf(message, "subject"), "Invitation");
  EXPECT_EQ(HeaderOf(message, "message-id"), "<guichet.7.abc@acme.example>");
  EXPECT_EQ(HeaderOf(message, "auto-submitted"), "auto-generated");
  EXPECT_EQ(HeaderOf(message, "mime-version"), "1.0");
  absl::Time date;
  std::string error;
  ASSERT_TRUE(absl::ParseTime("%a, %d %b %Y %H:%M:%S %z", HeaderOf(message, "date"), &date, &error)) << error;
  EXPECT_LT(absl::AbsDuration(absl::Now() - date), absl::Minutes(5));
  EXPECT_EQ(TextOf(message, "type"), "text/plain; charset=\"utf-8\"");
  EXPECT_EQ(TextOf(message, "text"), "Code: 123456\n");
  EXPECT_EQ(message.fields().at("defects").list_value().values_size(), 0);
  EXPECT_EQ(message.fields().at("names").list_value().values_size(), 8) << "with Content-Type, and each once";
  EXPECT_FALSE(message.fields().at("tls").bool_value()) << "loopback, and no roots were given";
}

TEST(Sender, SubjectAndTextAreReadBackExactly) {
  SmtpServer server;
  SmtpOptions options = To(server.url());
  options.from = "Zoë \"Z\" d'Été <support@acme.example>";
  Message mail = Mail();
  mail.subject = Repeated("Fernwartung für Zoë 😀 日本 ", 9) + "=?UTF-8?Q?x?=";
  mail.text =
      absl::StrCat("first\n.\n..\n. dots\n\n", Repeated("sehr lange Zeile mit é und = ", 150), "\n", std::string(3000, 'x'),
                   "\ntrailing \t\nFrom me\n=3D =?UTF-8?B?eA==?=\n日本\r\nlast, without an end");
  ExpectSent(Send(options, mail));
  const Struct message = server.Next();
  EXPECT_EQ(HeaderOf(message, "subject"), mail.subject);
  EXPECT_EQ(HeaderOf(message, "from"), "\"Zoë \\\"Z\\\" d'Été\" <support@acme.example>") << "as Python writes the name";
  EXPECT_EQ(TextOf(message, "text"), absl::StrReplaceAll(mail.text, {{"\r\n", "\n"}}));
  EXPECT_LE(message.fields().at("longest_line").number_value(), 80) << "that with curl's boundary; 998 are allowed";
  EXPECT_EQ(message.fields().at("defects").list_value().values_size(), 0);
}

TEST(Sender, NothingOfAMessageAddsAHeader) {
  SmtpServer server;
  Message mail = Mail();
  mail.subject = "Hello\r\nBcc: all@example.com\r\n\r\nbody";
  mail.text = "\nBcc: all@example.com\n";
  ExpectSent(Send(To(server.url()), mail));
  const Struct message = server.Next();
  EXPECT_EQ(HeaderOf(message, "subject"), "Hello  Bcc: all@example.com    body");
  EXPECT_EQ(HeaderOf(message, "bcc"), "(none)");
  EXPECT_EQ(TextOf(message, "text"), mail.text);
}

TEST(Sender, AddressesThatAreNoneFailWithoutAConnection) {
  const MutePort nobody(/*listens=*/false);
  const SmtpOptions options = To("smtp://" + nobody.address());
  for (const char* address : {"", "eva", "eva@", "eva@example.com\r\nBcc: x@y.z", "eva@example.com\n",
                              "eva@b.com>\r\nRCPT TO:<x@y.z", "a@b.c,d@e.f", "<a@b.c>", "a b@c.d", "a@b.c\t", "\"a\"@b.c"}) {
    ExpectOutcome(Send(options, Mail(address)), Result::kFailed, "must be an e-mail address");
  }
  ExpectOutcome(Send(options, Mail(std::string("a\0b@c.d", 7))), Result::kFailed, "control characters");
  Message empty = Mail();
  empty.text.clear();
  ExpectOutcome(Send(options, empty), Result::kFailed, "no text");
}

TEST(Sender, AddressesBeyondAsciiAreSent) {
  SmtpServer server;
  ExpectSent(Send(To(server.url()), Mail("evä@example.com")));
  EXPECT_EQ(server.Next().fields().at("recipients").list_value().values(0).string_value(), "evä@example.com");
}

TEST(Sender, TheServersWordsDecide) {
  SmtpServer server;
  const Outcome later = Send(To(server.url()), Mail("later@example.com"));
  ExpectOutcome(later, Result::kRetry, "");
  EXPECT_EQ(later.detail, "451 4.2.1 the mailbox is busy, try later");
  EXPECT_FALSE(later.of_server) << "others may get theirs";
  const Outcome never = Send(To(server.url()), Mail("never@example.com"));
  ExpectOutcome(never, Result::kFailed, "");
  EXPECT_EQ(never.detail, "550-5.1.1 no such mailbox 5.1.1 ask the postmaster");
  const Outcome cut = Send(To(server.url()), Mail("long@example.com"));
  ExpectOutcome(cut, Result::kFailed, "550 xxx");
  ExpectSent(Send(To(server.url())));
  EXPECT_EQ(HeaderOf(server.Next(), "to"), "lind@example.com") << "and nothing of the others";
}

TEST(Sender, WithoutAnAnswerItIsTriedLater) {
  const MutePort nobody(/*listens=*/false);
  const Outcome away = Send(To("smtp://" + nobody.address()));
  ExpectOutcome(away, Result::kRetry, "Failed to connect");
  EXPECT_TRUE(away.of_server);
  const MutePort silent(/*listens=*/true);
  for (const char* scheme : {"smtp://", "smtps://"}) {
    SmtpOptions options = To(scheme + silent.address());
    options.timeout = absl::Milliseconds(200);
    const absl::Time start = absl::Now();
    ExpectOutcome(Send(options), Result::kRetry, "did not take the message within 200ms");
    EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  }
}

TEST(Sender, SilenceAfterTheMessageHoldsNothingUp) {
  SmtpServer server({"--silent-at-quit"});
  SmtpOptions options = To(server.url());
  options.timeout = absl::Milliseconds(500);
  const absl::Time start = absl::Now();
  ExpectSent(Send(options));
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  EXPECT_EQ(TextOf(server.Next(), "text"), "Code: 123456\n");
}

TEST(Sender, TlsNeedsACertificateThatIsTrusted) {
  const Certificate good, other;
  SmtpServer starttls({"--tls", good.certificate(), good.key()});
  SmtpServer implicit({"--tls", good.certificate(), good.key(), "--implicit"});
  const std::string implicit_url = absl::StrCat("smtps://127.0.0.1:", implicit.port());
  for (const std::string& url : {starttls.url(), implicit_url}) {
    ExpectOutcome(Send(Trusting(url, other)), Result::kRetry, "certificate");
  }
  ExpectOutcome(Send(To(implicit_url)), Result::kRetry, "certificate");
  ExpectSent(Send(Trusting(starttls.url(), good)));
  EXPECT_TRUE(starttls.Next().fields().at("tls").bool_value());
  ExpectSent(Send(Trusting(implicit_url, good)));
  implicit.Next();
  // Without the server's certificate as a root the conversation stays plaintext on loopback; this server then refuses.
  ExpectOutcome(Send(To(starttls.url())), Result::kRetry, "530");
}

TEST(Sender, TlsIsRequiredBeyondLoopback) {
  SmtpServer plain;
  const Certificate any;
  ExpectOutcome(Send(Trusting(plain.url(), any)), Result::kRetry, "");  // roots are given: it is meant to be TLS
  // A name that only the resolver knows to be loopback.
  SmtpOptions elsewhere = To(absl::StrCat("smtp://mail.localhost:", plain.port()));
  ExpectOutcome(Send(elsewhere), Result::kRetry, "STARTTLS");
  elsewhere.insecure = true;
  ExpectSent(Send(elsewhere));
  EXPECT_FALSE(plain.Next().fields().at("tls").bool_value());
}

TEST(Sender, ItLogsIn) {
  SmtpServer server({"--auth", "acme", "pass word"});
  SmtpOptions options = To(server.url());
  ExpectOutcome(Send(options), Result::kRetry, "530");
  options.user = "acme";
  options.password = "wrong";
  const Outcome refused = Send(options);
  ExpectOutcome(refused, Result::kRetry, "535");
  EXPECT_TRUE(refused.of_server);
  EXPECT_FALSE(absl::StrContains(refused.detail, "wrong"));
  options.password = "pass word";
  ExpectSent(Send(options));
  EXPECT_EQ(TextOf(server.Next(), "login"), "acme");
}

TEST(Sender, OptionsAreChecked) {
  const auto refusal = [](const SmtpOptions& options) { return std::string(SmtpSender::Make(options).status().message()); };
  for (const char* url : {"", "127.0.0.1", "http://a.b", "smtp://", "smtp://user@a.b", "smtp://u:p@a.b", "smtp://a.b/name",
                          "smtp://a.b?x", "smtp://a.b#x", "smtp://a.b:99999", "smtp://a b", "file:///etc/passwd"}) {
    EXPECT_TRUE(absl::StartsWith(refusal(To(url)), "--smtp-url must be smtp://HOST[:PORT]")) << url;
  }
  for (const char* url : {"smtp://a.b", "smtp://a.b/", "smtps://a.b:465", "SMTP://a.b", "smtp://[::1]:25"}) {
    EXPECT_EQ(refusal(To(url)), "") << url;
  }
  SmtpOptions options = To("smtp://a.b");
  for (const char* from : {"", "support", "Acme <support>", "Acme <a@b.c", "a@b.c>", "Ac\nme <a@b.c>",
                           "Acme <a@b.c>\r\nBcc: x@y.z", "Acme <a@b.c\r\n>"}) {
    options.from = from;
    EXPECT_TRUE(absl::StartsWith(refusal(options), "--from must be ADDRESS or NAME <ADDRESS>")) << from;
  }
  for (const std::string& from : {std::string("a@b.c"), std::string("<a@b.c>"), Repeated("é", 64) + " <a@b.c>"}) {
    options.from = from;
    EXPECT_EQ(refusal(options), "") << from;
  }
  options.from = Repeated("é", 65) + " <a@b.c>";
  EXPECT_TRUE(absl::StrContains(refusal(options), "at most 64 characters"));
  options = To("smtp://a.b");
  options.user = "acme";
  EXPECT_TRUE(absl::StrContains(refusal(options), "--smtp-password-file"));
  options.password = "x";
  options.user = "";
  EXPECT_TRUE(absl::StrContains(refusal(options), "--smtp-user"));
  options = To("smtp://a.b");
  for (const absl::Duration bad : {absl::ZeroDuration(), absl::Microseconds(999), absl::Hours(1) + absl::Milliseconds(1)}) {
    options.timeout = bad;
    EXPECT_TRUE(absl::StrContains(refusal(options), "0.001 to 3600 seconds"));
  }
}

TEST(Sender, HeadersAreShortPlainTextOrEncodedWords) {
  EXPECT_EQ(EncodeHeader(""), "");
  EXPECT_EQ(EncodeHeader("Plain (text), 100%"), "Plain (text), 100%");
  EXPECT_EQ(EncodeHeader(std::string(60, 'x')), std::string(60, 'x'));
  EXPECT_EQ(EncodeHeader("é"), "=?UTF-8?B?w6k=?=");
  EXPECT_EQ(EncodeHeader("a\r\nb"), "a  b");
  for (const std::string& text : {std::string(61, 'x'), std::string(" x"), std::string("x "), std::string("=?x"),
                                  Repeated("é", 300), Repeated("😀x", 100), std::string(200, '\x80')}) {
    for (const absl::string_view line : absl::StrSplit(EncodeHeader(text), "\r\n ")) {
      EXPECT_LE(line.size(), 75u);
      EXPECT_TRUE(absl::StartsWith(line, "=?UTF-8?B?") && absl::EndsWith(line, "?=")) << line;
    }
  }
}

}  // namespace
}  // namespace guichet::mail_test
