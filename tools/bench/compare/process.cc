#include "tools/bench/compare/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tools/bench/compare/contestant.h"

namespace guichet::bench {
namespace {

constexpr auto kStartWithin = std::chrono::minutes(1);
constexpr auto kStopWithin = std::chrono::seconds(30);
constexpr auto kLookEvery = std::chrono::milliseconds(20);

std::string LogTail(const std::string& path) {
  const std::string text = ReadFile(path);
  return text.size() <= 2000 ? text : text.substr(text.size() - 2000);
}

// Its parent's id and its own processor time, from /proc/PID/stat; false when it is gone.
bool ReadStat(const std::string& pid, pid_t* parent, double* seconds) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  if (!std::getline(file, line)) return false;
  std::istringstream rest(line.substr(line.rfind(')') + 1));  // the name before may hold anything
  std::string state, skipped;
  uint64_t user = 0, system = 0;
  rest >> state >> *parent;
  for (int field = 5; field < 14; ++field) rest >> skipped;
  rest >> user >> system;
  *seconds = static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return true;
}

}  // namespace

Process::Process(Options options) : options_(std::move(options)) {
  std::vector<std::string> words = options_.command;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int log = open(options_.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (log < 0) Die("cannot write " + options_.log);
  pid_ = fork();
  if (pid_ == 0) {  // only calls that are safe after fork in a program with threads
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(log);
  if (pid_ < 0) Die("cannot start " + options_.command[0]);
}

Process::~Process() {
  if (pid_ == 0) return;
  kill(pid_, options_.stop_signal);
  int status = 0;
  if (!Ended(&status, true)) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

bool Process::Ended(int* status, bool wait_for_it) {
  const auto deadline = Clock::now() + kStopWithin;
  while (waitpid(pid_, status, WNOHANG) == 0) {
    if (!wait_for_it || Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
  pid_ = 0;
  return true;
}

std::string Process::WaitFor(const std::string& text) {
  const auto deadline = Clock::now() + kStartWithin;
  while (true) {
    const std::string said = ReadFile(options_.log);
    const size_t at = said.find(text);
    const size_t end = at == std::string::npos ? at : said.find('\n', at);
    if (end != std::string::npos) return said.substr(at + text.size(), end - at - text.size());
    int status = 0;
    if (Ended(&status, false)) Die(options_.command[0] + " ended before it served:\n" + LogTail(options_.log));
    if (Clock::now() > deadline) Die(options_.command[0] + " does not serve after a minute:\n" + LogTail(options_.log));
    std::this_thread::sleep_for(kLookEvery);
  }
}

void Process::Stop() {
  kill(pid_, options_.stop_signal);
  int status = 0;
  if (!Ended(&status, true)) Die(options_.command[0] + " does not end:\n" + LogTail(options_.log));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) Die(options_.command[0] + " failed:\n" + LogTail(options_.log));
}

double Process::CpuSeconds() const {
  double sum = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    pid_t parent = 0;
    double seconds = 0;
    if (ReadStat(name, &parent, &seconds) && (parent == pid_ || name == std::to_string(pid_))) sum += seconds;
  }
  return sum;
}

void RunToEnd(const std::vector<std::string>& command, const std::string& log) {
  Process process({.command = command, .log = log, .stop_signal = 0});  // signal 0: only waits
  process.Stop();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  if (!file) Die("cannot write " + path);
}

int FreePort() {
  const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(handle, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("no free port on loopback");
  }
  close(handle);
  return ntohs(address.sin_port);
}

}  // namespace guichet::bench
