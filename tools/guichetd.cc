// The daemon's program: flags, log, signals. Everything else is router/daemon.h.
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <new>
#include <string>

#include "absl/synchronization/mutex.h"
#include "router/daemon.h"

namespace {

// The first word of the file.
std::string ReadToken(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  file >> token;
  return token;
}

// As many descriptors as allowed: each connection takes one, and the store needs some.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// What is on disk decides: the next start goes on from there. `says` is written as it is: nothing can be formatted any more.
template <size_t kSize>
[[noreturn]] void EndWithout(const char (&says)[kSize]) {
  (void)!write(STDERR_FILENO, says, kSize - 1);
  _exit(70);
}

void EndWithoutMemory() { EndWithout("no memory is left: the process ends, nothing that was answered is lost\n"); }

}  // namespace

// Every library of the process calls this one. gRPC starts threads when it has much to do, and when one cannot be started it
// goes on as if it could: whatever call was meant for it waits for ever, in a daemon that looks well.
extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                                                     void* (*run)(void*), void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto next = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  const int error = next(thread, attributes, run, argument);
  if (error == EAGAIN || error == ENOMEM) {
    EndWithout(
        "no thread can be started, for want of memory or by a limit of the system: the process ends, nothing that was answered "
        "is "
        "lost\n");
  }
  return error;
}

int main(int argc, char** argv) {
  guichet::router::DaemonOptions options;
  std::string operator_key_file;
  std::string log_level = "info";
  size_t store_memory_mib = options.store_memory_bytes >> 20;
  size_t transport_memory_mib = options.transport_memory_bytes >> 20;
  size_t min_free_disk_mib = 512;

  CLI::App app("guichetd: a headless session router for remote support");
  app.set_version_flag("--version", "guichetd " + options.version);
  app.add_option("--data", options.data, "Folder of the store and its checkpoints; made when missing")
      ->required()
      ->envname("GUICHET_DATA");
  app.add_option("--listen", options.listen, "gRPC address, HOST:PORT; port 0 takes a free one")->capture_default_str();
  app.add_option("--customer-listen", options.customer_listen,
                 "Another gRPC address, HOST:PORT, for what customers and enrolled computers call and nothing else, where "
                 "clients need no certificate; empty: none");
  app.add_option("--metrics-listen", options.metrics_listen, "Prometheus address, A.B.C.D:PORT; empty: no metrics over HTTP");
  app.add_option("--operator-key-file", operator_key_file,
                 "File whose first word is the token of the operator, who creates organizations")
      ->check(CLI::ExistingFile);
  app.add_option("--link-base-url", options.link_base_url, "In front of the code of a link")->capture_default_str();
  app.add_option("--invitation-base-url", options.invitation_base_url, "In front of the code of an external technician's link")
      ->capture_default_str();
  app.add_option("--tls-certificate", options.tls_certificate, "PEM certificate chain; without it plaintext, on loopback only")
      ->check(CLI::ExistingFile);
  app.add_option("--tls-key", options.tls_key, "PEM private key of the certificate")->check(CLI::ExistingFile);
  app.add_option("--tls-client-ca", options.tls_client_ca, "PEM bundle of authorities; clients must have a certificate of one")
      ->check(CLI::ExistingFile);
  app.add_option("--tls-reload-seconds", options.tls_reload_seconds, "How often the TLS files are read again")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_flag("--allow-plaintext", options.allow_plaintext, "Allow plaintext on other than loopback addresses");
  app.add_option("--shards", options.shards, "Writer threads; organizations are spread over them")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--store-memory-mib", store_memory_mib, "Block cache and write buffers of the store, in MiB")
      ->check(CLI::Range(16, 65536))
      ->capture_default_str();
  app.add_option("--transport-memory-mib", transport_memory_mib,
                 "Of gRPC, for connections (about 12 KiB each) and requests on their way; beyond it calls are ended with "
                 "RESOURCE_EXHAUSTED, in MiB")
      ->check(CLI::Range(64, 65536))
      ->capture_default_str();
  app.add_option("--min-free-disk-mib", min_free_disk_mib,
                 "With less free on the disk of --data no session begins (DISK_NEARLY_FULL), while those that run go on, in "
                 "MiB; 0: off")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  app.add_option("--log-level", log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.get_option("--tls-key")->needs("--tls-certificate");
  app.get_option("--tls-certificate")->needs("--tls-key");
  app.get_option("--tls-client-ca")->needs("--tls-certificate");
  CLI11_PARSE(app, argc, argv);
  umask(077);  // what the daemon writes is its own
  RaiseDescriptorLimit();
  std::set_new_handler(EndWithoutMemory);
  // Debian's Abseil notes at each lock, of gRPC's mutexes too, which others are held, to find orders that could deadlock. The
  // tests run with it; here it took a fifth of the processor and several KiB a device.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  spdlog::set_level(spdlog::level::from_str(log_level));
  options.store_memory_bytes = store_memory_mib << 20;
  options.transport_memory_bytes = transport_memory_mib << 20;
  options.min_free_disk_bytes = uint64_t{min_free_disk_mib} << 20;
  if (!operator_key_file.empty()) {
    options.operator_token = ReadToken(operator_key_file);
    if (options.operator_token.size() < 16) {
      spdlog::error("--operator-key-file: {} must hold a token of at least 16 characters", operator_key_file);
      return 1;
    }
  }

  // Signals are taken by sigwait below, never by a handler: every thread inherits the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const std::string data = options.data;
  auto daemon = guichet::router::Daemon::Start(std::move(options));
  if (!daemon.ok()) {
    spdlog::error("{}", std::string(daemon.status().message()));
    if (absl::IsDataLoss(daemon.status())) {
      spdlog::error(
          "the store is damaged, and was left as it is: move it away, and restore a checkpoint (guichetctl restore "
          "--checkpoint "
          "FOLDER --data {}); guichetctl verify tells whether a folder is whole",
          data);
    }
    return 1;
  }
  spdlog::info("serving gRPC on port {}", (*daemon)->port());
  if ((*daemon)->customer_port() != 0) spdlog::info("serving customers on port {}", (*daemon)->customer_port());
  if ((*daemon)->metrics_port() != 0) spdlog::info("serving metrics on port {}", (*daemon)->metrics_port());

  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("stopping on signal {}; a second one ends the process at once", signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  (*daemon)->Stop();
  spdlog::info("stopped");
  return 0;
}
