// The command line by itself: help, completion, usage errors, and no daemon to talk to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/ctl/run.h"
#include "tools/client/client.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

using ::testing::HasSubstr;

// Nobody listens on port 1 of loopback.
constexpr char kNobody[] = "127.0.0.1:1";

// Compares with a golden; UPDATE_GOLDENS=1 rewrites it.
void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(GUICHET_CTL_GOLDENS) + "/" + name;
  if (std::getenv("UPDATE_GOLDENS") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << " is missing: run with UPDATE_GOLDENS=1";
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), text) << path << ": run with UPDATE_GOLDENS=1 when the change is meant";
}

void AppendHelp(const CLI::App& app, const std::vector<std::string>& path, std::string* text) {
  std::vector<std::string> arguments = path;
  arguments.push_back("--help");
  const Ran ran = RunCtl(arguments);
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  *text += "$ guichetctl";
  for (const std::string& word : arguments) *text += " " + word;
  *text += "\n" + ran.out + "\n";
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name().empty()) continue;
    std::vector<std::string> deeper = path;
    deeper.push_back(command->get_name());
    AppendHelp(*command, deeper, text);
  }
}

class UsageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("GUICHET_ADDRESS");
    unsetenv("GUICHET_TOKEN");
    unsetenv("GUICHET_TLS_CA");
    unsetenv("GUICHET_TLS_CERTIFICATE");
    unsetenv("GUICHET_TLS_KEY");
  }
};

TEST_F(UsageTest, HelpOfEveryCommandMatchesGolden) {
  std::ostringstream sink;
  Io io{.out = sink, .err = sink};
  CLI::App app;
  Runner runner(io);
  Describe(app, runner);
  ExpectGolden("help.txt", RunCtl({"--help"}).out);
  for (const CLI::App* command : app.get_subcommands({})) {
    std::string text;
    AppendHelp(*command, {command->get_name()}, &text);
    ExpectGolden("help-" + command->get_name() + ".txt", text);
  }
}

TEST_F(UsageTest, EveryCommandHasAnExample) {
  std::ostringstream sink;
  Io io{.out = sink, .err = sink};
  CLI::App app;
  Runner runner(io);
  Describe(app, runner);
  for (const CLI::App* family : app.get_subcommands({})) {
    for (const CLI::App* command : family->get_subcommands({})) {
      if (command->get_name().empty()) continue;
      EXPECT_THAT(command->get_footer(), HasSubstr("Example:\n  guichetctl " + family->get_name() + " " + command->get_name()));
    }
  }
}

TEST_F(UsageTest, CompletionMatchesGolden) {
  for (const std::string shell : {"bash", "zsh"}) {
    const Ran ran = RunCtl({"completion", shell});
    EXPECT_EQ(ran.code, kExitOk);
    ExpectGolden("completion." + shell, ran.out);
  }
}

TEST_F(UsageTest, VersionIsPrinted) {
  const Ran ran = RunCtl({"--version"});
  EXPECT_EQ(ran.code, kExitOk);
  EXPECT_THAT(ran.out, HasSubstr("guichetctl "));
}

TEST_F(UsageTest, MistakesAreUsageErrors) {
  const std::vector<std::vector<std::string>> mistakes = {
      {},
      {"nonsense"},
      {"session"},
      {"session", "start"},
      {"session", "start", "twelve"},
      {"session", "start", "1", "2"},
      {"start", "1", "--no-such-flag"},
      {"transfer", "1"},
      {"transfer", "1", "--to", "bob", "--to-group", "desk"},
      {"queue", "list", "--tab", "everything"},
      {"queue", "wait", "1"},
      {"queue", "wait", "1", "asleep"},
      {"applet", "redeem"},
      {"applet", "attach", "--end-after", "soon"},
      {"whoami", "-o", "yaml"},
      {"whoami", "--timeout", "0"},
      {"whoami", "-o", "token"},
      {"whoami", "--token-file", "/no/such/file"},
      {"whoami", "--tls-ca", "/no/such/file"},
      {"whoami", "--tls-ca", "/no/such/file", "--tls-certificate", "/dev/null"},
      {"whoami", "--tls-certificate", "/dev/null", "--tls-key", "/dev/null"},
      {"whoami", "--tls-key", "/dev/null"},
      {"key", "create", "k"},
      {"list", "--limit", "-1"},
      {"group", "set", "desk", "--permissions", "everything"},
      {"group", "set", "desk", "--permissions", "pin", "--allow", "hold"},
      {"group", "set", "desk", "--from", "/no/such/file"},
      {"technician", "set", "ann", "--skills", "german"},
      {"technician", "import", "/no/such/file.csv"},
      {"channel", "set", "web", "--open", "always"},
      {"channel", "set", "web", "--open", "fri-mon 08:00-18:00"},
      {"channel", "set", "web", "--open", "mon 8-18"},
      {"channel", "set", "web", "--needs", "german=7/soon"},
      {"channel", "set", "web", "--needs", "german=7/5m/3/1"},
      {"key", "create", "k", "--role", "integrator", "--scopes", "all"},
      {"session", "request-activity", "1", "unattended-access", "--window", "8am"},
      {"session", "request-activity", "1", "unattended-access", "--credentials", "some"},
      {"applet", "agent", "--sessions", "-1"},
  };
  for (const auto& arguments : mistakes) {
    const Ran ran = RunCtl(arguments);
    EXPECT_EQ(ran.code, kExitUsage) << ::testing::PrintToString(arguments);
    EXPECT_NE(ran.err, "") << ::testing::PrintToString(arguments);
    EXPECT_EQ(ran.out, "") << ::testing::PrintToString(arguments);
  }
}

TEST_F(UsageTest, BadDurationIsAUsageError) {
  for (const std::string bad : {"30", "soon", "-5m", "0.1ms", "inf"}) {
    const Ran ran = RunCtl({"group", "set", "desk", "--idle-timeout=" + bad});
    EXPECT_EQ(ran.code, kExitUsage) << bad;
    EXPECT_THAT(ran.err, HasSubstr("--idle-timeout")) << bad;
  }
}

TEST_F(UsageTest, NobodyListeningIsUnavailable) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"health"},
                                                  {"whoami"},
                                                  {"start", "1"},
                                                  {"list"},
                                                  {"queue", "watch"},
                                                  {"queue", "wait", "1", "waiting"},
                                                  {"applet", "redeem", "123456"},
                                                  {"applet", "attach"},
                                                  {"technician", "watch"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--address", kNobody});
    const Ran ran = RunCtl(arguments);
    EXPECT_EQ(ran.code, kExitUnavailable) << ::testing::PrintToString(command) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("guichetctl: UNAVAILABLE: "));
  }
}

TEST_F(UsageTest, OnlyMutationsAreRetried) {
  EXPECT_EQ(RunCtl({"list", "--address", kNobody}).waits.size(), 0u);
  EXPECT_EQ(RunCtl({"start", "1", "--address", kNobody}).waits.size(), 1u);
}

TEST_F(UsageTest, TokenIsNotSentInPlaintextToAnotherMachine) {
  const Ran ran = RunCtl({"whoami", "--token", "secret", "--address", "192.0.2.1:50443"});
  EXPECT_EQ(ran.code, kExitUsage);
  EXPECT_THAT(ran.err, HasSubstr("refusing to send a token in plaintext"));
  EXPECT_EQ(ran.err.find("secret"), std::string::npos);
}

TEST_F(UsageTest, ErrorsAreJsonWhenJsonIsAskedFor) {
  const Ran ran = RunCtl({"whoami", "-o", "json", "--address", kNobody});
  EXPECT_EQ(ran.code, kExitUnavailable);
  EXPECT_THAT(ran.err, ::testing::StartsWith("{\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\""));
}

TEST(IsLoopbackTest, KnowsWhatStaysOnTheMachine) {
  for (const std::string address : {"127.0.0.1:1", "127.1.2.3", "localhost:5", "[::1]:5", "unix:/run/guichet.sock"}) {
    EXPECT_TRUE(client::IsLoopback(address)) << address;
  }
  for (const std::string address : {"10.0.0.1:1", "127.example.com:1", "127.0.0.1.example.com:1", "localhost.example.com:1",
                                    "[::2]:5", "[::1]x", "dns:///localhost:5", ""}) {
    EXPECT_FALSE(client::IsLoopback(address)) << address;
  }
}

TEST(TableTest, AlignsByCharacters) {
  Table table({"A", "NAME"});
  table.Add({"→→", "x"});
  table.Add({"", "line\nfeed"});
  EXPECT_EQ(table.Text(), "A   NAME\n→→  x\n-   line?feed\n");
}

TEST(WordsTest, SinceIsWholeSecondsAndNeverNegative) {
  EXPECT_EQ(Since(ToProto(TestNow() - absl::Milliseconds(192'900)), TestNow()), "3m12s");
  EXPECT_EQ(Since(ToProto(TestNow() + absl::Seconds(5)), TestNow()), "0");
  EXPECT_EQ(Since({}, TestNow()), "");
}

}  // namespace
}  // namespace guichet::ctl
