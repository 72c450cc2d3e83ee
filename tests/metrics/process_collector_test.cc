#include "metrics/process_collector.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>

namespace guichet::metrics {
namespace {

TEST(ProcessStatTest, ReadsTheFieldsOfProc5) {
  const auto stat =
      ParseProcessStat("7 (guichetd) S 1 7 7 0 -1 4194560 10 0 0 0 250 50 0 0 20 0 9 0 12345 1000000 300 18446744073709551615");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->cpu_ticks, 300u);
  EXPECT_EQ(stat->threads, 9u);
  EXPECT_EQ(stat->start_ticks, 12345u);
  EXPECT_EQ(stat->virtual_bytes, 1000000u);
  EXPECT_EQ(stat->resident_pages, 300u);
}

TEST(ProcessStatTest, CommandNameMayHoldBlanksAndParentheses) {
  const auto stat = ParseProcessStat("7 (a) S (b c) R 1 7 7 0 -1 4194560 10 0 0 0 250 50 0 0 20 0 9 0 12345 1000000 300 0");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->threads, 9u);
}

TEST(ProcessStatTest, DamagedLinesAreRefused) {
  for (const char* line :
       {"", "7", "7 (guichetd)", "7 (guichetd) S 1 7", "7 (guichetd) S 1 7 7 0 -1 4 10 0 0 0 x y 0 0 20 0 9 0 1 2 3"}) {
    EXPECT_FALSE(ParseProcessStat(line).has_value()) << line;
  }
}

TEST(ProcessCollectorTest, ValuesAreOfThisProcess) {
  std::map<std::string, double> values;
  for (const auto& family : ProcessCollector().Collect()) {
    ASSERT_EQ(family.metric.size(), 1u);
    values[family.name] =
        family.type == prometheus::MetricType::Counter ? family.metric[0].counter.value : family.metric[0].gauge.value;
  }
  EXPECT_EQ(values.size(), 7u);
  EXPECT_TRUE(values.count("process_cpu_seconds_total"));
  EXPECT_GE(values["process_threads"], 1);
  EXPECT_GE(values["process_open_fds"], 3);
  EXPECT_GE(values["process_max_fds"], values["process_open_fds"]);
  EXPECT_GT(values["process_resident_memory_bytes"], 100 * 1024);
  EXPECT_GT(values["process_virtual_memory_bytes"], values["process_resident_memory_bytes"]);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(values["process_start_time_seconds"], now, 3600);
}

TEST(ProcessCollectorTest, OpenFdsFollowTheProcess) {
  const auto open_fds = [] {
    for (const auto& family : ProcessCollector().Collect()) {
      if (family.name == "process_open_fds") return family.metric[0].gauge.value;
    }
    return -1.0;
  };
  const double before = open_fds();
  const int fd = dup(0);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(open_fds(), before + 1);
  close(fd);
  EXPECT_EQ(open_fds(), before);
}

}  // namespace
}  // namespace guichet::metrics
