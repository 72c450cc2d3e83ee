// /metrics of a real daemon: names and labels as in the golden, nothing from requests, counters that equal what was done.
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/api/http_get.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

struct Series {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

class Metrics : public ::testing::Test {
 protected:
  static router::DaemonOptions Options() {
    router::DaemonOptions options;
    options.metrics_listen = "127.0.0.1:0";
    return options;
  }
  Metrics() : world(Options()) {}

  std::string Page() {
    const std::string text = HttpGet(world.daemon.daemon().metrics_port(), "/metrics");
    EXPECT_EQ(text.rfind("HTTP/1.1 200", 0), 0u) << text.substr(0, 100);
    return text.substr(text.find("\r\n\r\n") + 4);
  }
  // Series by name; `types` gets the type of each family.
  std::vector<Series> Scrape(std::map<std::string, std::string>* types = nullptr) {
    std::vector<Series> all;
    std::istringstream lines(Page());
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("# TYPE ", 0) == 0 && types != nullptr) {
        const size_t space = line.find(' ', 7);
        (*types)[line.substr(7, space - 7)] = line.substr(space + 1);
      }
      if (line.empty() || line[0] == '#') continue;
      Series series;
      const size_t brace = line.find('{');
      const size_t value = line.rfind(' ');
      series.name = line.substr(0, std::min(brace, value));
      if (brace != std::string::npos) {
        std::string rest = line.substr(brace + 1, line.rfind('}') - brace - 1);
        while (!rest.empty()) {
          const size_t equals = rest.find("=\"");
          if (equals == std::string::npos) break;
          const size_t end = rest.find('"', equals + 2);
          series.labels[rest.substr(0, equals)] = rest.substr(equals + 2, end - equals - 2);
          rest = end + 2 < rest.size() ? rest.substr(end + 2) : "";
        }
      }
      series.value = std::stod(line.substr(value + 1));
      all.push_back(std::move(series));
    }
    return all;
  }
  double Value(const std::string& name, const std::map<std::string, std::string>& labels = {}) {
    double sum = 0;
    bool found = false;
    for (const Series& series : Scrape()) {
      if (series.name != name) continue;
      bool match = true;
      for (const auto& [key, value] : labels) match = match && series.labels.contains(key) && series.labels.at(key) == value;
      if (!match) continue;
      found = true;
      sum += series.value;
    }
    EXPECT_TRUE(found) << name;
    return sum;
  }
  World world;
};

TEST_F(Metrics, NamesTypesAndLabelsAreTheGolden) {
  std::map<std::string, std::string> types;
  std::map<std::string, std::set<std::string>> labels;
  for (const Series& series : Scrape(&types)) {
    std::string family = series.name;
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
      const size_t at = family.rfind(suffix);
      if (at != std::string::npos && at + std::string(suffix).size() == family.size() && types.contains(family.substr(0, at))) {
        family = family.substr(0, at);
      }
    }
    for (const auto& [key, value] : series.labels) {
      if (key != "le") labels[family].insert(key);
    }
  }
  std::string text;
  for (const auto& [family, type] : types) {
    text += family + " " + type;
    for (const std::string& label : labels[family]) text += " " + label;
    text += "\n";
  }
  const std::string path = std::string(GUICHET_API_GOLDENS) + "/metrics_names.golden";
  if (std::getenv("UPDATE_GOLDENS") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(text, golden.str()) << "UPDATE_GOLDENS=1 rewrites it";
}

TEST_F(Metrics, NoLabelComesFromARequestAndNoSeriesAppears) {
  const size_t before = Scrape().size();
  pb::CreateSessionRequest create;
  create.set_name("zzname\"}\n");
  create.set_tracking_id("zztracking");
  create.add_custom_fields("zzfield");
  world.Must<pb::CreateSessionResponse>(create, world.ann);
  pb::CreateTechnicianRequest technician;
  technician.mutable_technician()->set_technician_id("zztech");
  technician.mutable_technician()->set_group_id("desk");
  world.Must<pb::CreateTechnicianResponse>(technician, world.admin);
  pb::GetTechnicianRequest get;
  get.set_technician_id("zzunknown");
  (void)world.Call<pb::GetTechnicianResponse>(get, world.ann);
  MakeOrganization(world.client(), "zzorg");
  world.Enter();
  const std::string page = Page();
  EXPECT_EQ(page.find("zz"), std::string::npos) << page.substr(page.find("zz") - 100, 200);
  for (const char* word : {"acme", "desk", "\"ann\"", "help\"", "device\"} 1"})
    EXPECT_EQ(page.find(word), std::string::npos) << word;
  EXPECT_EQ(Scrape().size(), before);
}

TEST_F(Metrics, CountersEqualWhatWasDone) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  const uint64_t id = sessions.Active(world.ann);
  sessions.Waiting();
  world.CreatePin(world.ann);
  world.Must<pb::HoldSessionResponse>(World::On<pb::HoldSessionRequest>(id), world.ann);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id), world.ann);
  EXPECT_EQ(Value("guichet_sessions_created_total"), 3);
  EXPECT_EQ(Value("guichet_sessions_ended_total"), 1);
  EXPECT_EQ(Value("guichet_sessions_live"), 2);
  std::map<std::string, double> rows;
  for (const Series& series : Scrape()) {
    if (series.name == "guichet_transitions_total" && series.value > 0) rows[series.labels.begin()->second] = series.value;
  }
  // What the timelines say.
  std::map<std::string, double> expected;
  for (uint64_t session = 1; session <= 3; ++session) {
    pb::GetTimelineRequest timeline;
    timeline.set_session_id(session);
    const auto answer = world.Must<pb::GetTimelineResponse>(timeline, world.admin);
    for (const auto& event : answer.events()) {
      for (const auto& change : event.changes()) {
        if (!change.row().empty()) ++expected[change.row()];
      }
    }
  }
  EXPECT_EQ(rows, expected);
  EXPECT_EQ(Value("guichet_invariant_violations_total"), 0);
}

TEST_F(Metrics, InvitationsThatNobodySendsShow) {
  Sessions sessions(world);
  const auto report = [&](pb::DeliveryState state) {
    pb::ReportDeliveryRequest request;
    request.set_session_id(sessions.Mailed(world.ann));
    request.set_state(state);
    world.Must<pb::ReportDeliveryResponse>(request, world.integrator);
  };
  sessions.Mailed(world.ann);
  sessions.Mailed(world.ann);
  report(pb::DELIVERY_STATE_RETRY);
  report(pb::DELIVERY_STATE_SENT);
  report(pb::DELIVERY_STATE_FAILED);
  EXPECT_EQ(Value("guichet_deliveries", {{"state", "waiting"}}), 2);
  EXPECT_EQ(Value("guichet_deliveries", {{"state", "retrying"}}), 1);
  for (const char* state : {"sent", "failed", "retry"}) {
    EXPECT_EQ(Value("guichet_delivery_reports_total", {{"state", state}}), 1) << state;
  }
}

TEST_F(Metrics, ComputersAndTheirAgentsAreCounted) {
  world.PermitAll();
  Sessions sessions(world);
  sessions.Attach(world.ann);
  sessions.Enroll(world.ann, "drill");
  Agent agent(world.client(), sessions.Enroll(world.ann, "lathe").token);
  agent.Hello();
  EXPECT_EQ(Value("guichet_computers"), 2);
  EXPECT_EQ(Value("guichet_attached_agents"), 1);
}

TEST_F(Metrics, EndedSessionsLeaveNoDeadlineBehind) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  const double before = Value("guichet_armed_deadlines");
  for (int i = 0; i < 5; ++i) {
    const uint64_t id = sessions.Active(world.ann);
    world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id), world.ann);
  }
  EXPECT_EQ(Value("guichet_armed_deadlines"), before);
}

}  // namespace
}  // namespace guichet::api_test
