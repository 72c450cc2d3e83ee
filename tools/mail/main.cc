// guichet-mail: flags, signals, exit codes. The work is in deliverer.h and sender.h.
#include <curl/curl.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tools/client/status.h"
#include "tools/mail/deliverer.h"
#include "tools/mail/sender.h"

namespace {

// The first line of the file without white space around it; it must not be empty.
std::string ReadSecret(const std::string& flag, const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  line = std::string(absl::StripAsciiWhitespace(line));
  if (line.empty()) throw CLI::ValidationError(flag, "the first line of " + path + " must hold the secret");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  guichet::client::ClientOptions daemon;
  guichet::mail::SmtpOptions smtp;
  double smtp_timeout_s = absl::ToDoubleSeconds(smtp.timeout);

  CLI::App app("guichet-mail: sends the invitations of a Guichet daemon by e-mail");
  app.set_version_flag("--version", "guichet-mail " GUICHET_VERSION);
  app.add_option("--server", daemon.address, "Daemon to call")->envname("GUICHET_ADDRESS")->capture_default_str();
  app.add_option_function<std::string>(
         "--token-file", [&](const std::string& path) { daemon.token = ReadSecret("--token-file", path); },
         "File that holds the token of an integrator with the scope DELIVERIES")
      ->required();
  app.add_option("--tls-ca", daemon.tls_ca, "PEM root certificates of the daemon; without them the connection is plaintext");
  app.add_option("--tls-certificate", daemon.tls_certificate, "PEM chain, for a daemon that asks clients for a certificate");
  app.add_option("--tls-key", daemon.tls_key, "PEM private key of the certificate");
  app.add_flag("--insecure", daemon.insecure, "Allow the token over plaintext to another machine");
  app.add_option("--smtp-url", smtp.url, "smtp://HOST[:PORT], or smtps:// for TLS from the first byte")->required();
  app.add_option("--smtp-user", smtp.user, "Name to log in with at the SMTP server");
  app.add_option_function<std::string>(
      "--smtp-password-file", [&](const std::string& path) { smtp.password = ReadSecret("--smtp-password-file", path); },
      "File that holds the password");
  app.add_option("--from", smtp.from, "Sender: ADDRESS or \"NAME <ADDRESS>\"")->required();
  app.add_option("--smtp-ca", smtp.ca, "PEM root certificates of the SMTP server; without them those of the system")
      ->check(CLI::ExistingFile);
  app.add_flag("--insecure-smtp", smtp.insecure, "Allow plaintext to an SMTP server on another machine");
  app.add_option("--smtp-timeout", smtp_timeout_s, "Seconds for one message")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  smtp.timeout = absl::Seconds(smtp_timeout_s);

  // Signals are taken by sigwait below, never by a handler: every thread inherits the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigset_t waited = signals;
  sigaddset(&waited, SIGUSR1);  // Run ended by itself
  pthread_sigmask(SIG_BLOCK, &waited, nullptr);

  const auto client = guichet::client::Client::Make(daemon);
  const auto sender = guichet::mail::SmtpSender::Make(smtp);
  for (const absl::Status& status : {client.status(), sender.status()}) {
    if (status.ok()) continue;
    spdlog::error("{}", std::string(status.message()));
    return 1;
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);

  guichet::mail::Deliverer deliverer(**client, [&](const guichet::mail::Message& message) { return sender->Send(message); });
  spdlog::info("sending the invitations of {}", daemon.address);
  absl::Status end;
  std::thread worker([&] {
    end = deliverer.Run();
    kill(getpid(), SIGUSR1);
  });
  int signal = 0;
  sigwait(&waited, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one ends the process at once
  deliverer.Stop();
  worker.join();
  if (end.ok()) return 0;
  spdlog::error("the daemon at {} refuses: {} {}", daemon.address, guichet::client::CodeName(end), std::string(end.message()));
  return 1;
}
