#include "tools/demo/stage.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/ctl/words.h"

namespace guichet::demo {

void Stage::Think(std::mt19937_64& random) {
  const double seconds = std::uniform_real_distribution<double>(0.3, 0.9)(random);
  absl::SleepFor(absl::Seconds(seconds * options_.pace));
}

absl::StatusOr<std::string> Stage::MakeCode(const Console& console, v1::Method method, const std::string& name) {
  v1::CreateSessionRequest request;
  request.set_technician_id(console.technician_id());
  request.set_method(method);
  request.set_name(name);
  request.set_tracking_id("guichet-demo");
  v1::CreateSessionResponse response;
  DEMO_TRY(options_.integrator->Mutate(&request, &response));
  return response.code();
}

absl::Status Stage::ExpectOutcome(uint64_t session_id, v1::Outcome outcome) {
  {
    absl::MutexLock lock(&mutex_);
    played_.push_back(session_id);
  }
  v1::GetSessionRequest request;
  request.set_session_id(session_id);
  v1::GetSessionResponse response;
  DEMO_TRY(options_.integrator->Call(request, &response));
  if (response.session().outcome() == outcome) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("session ", session_id, " should have ended with ", ctl::Word(outcome), " but has ",
                                          ctl::Word(response.session().outcome())));
}

absl::StatusOr<std::vector<v1::TimelineEvent>> Stage::Timeline(uint64_t session_id) {
  std::vector<v1::TimelineEvent> events;
  v1::GetTimelineRequest request;
  request.set_session_id(session_id);
  do {
    v1::GetTimelineResponse response;
    DEMO_TRY(options_.integrator->Call(request, &response));
    events.insert(events.end(), response.events().begin(), response.events().end());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return events;
}

absl::StatusOr<std::vector<v1::TimelineEvent>> Stage::MostInteresting(uint64_t* session_id) {
  std::vector<uint64_t> played;
  {
    absl::MutexLock lock(&mutex_);
    played = played_;
  }
  std::vector<v1::TimelineEvent> best;
  for (uint64_t id : played) {
    auto events = Timeline(id);
    if (!events.ok()) return events.status();
    if (events->size() <= best.size()) continue;
    best = *std::move(events);
    *session_id = id;
  }
  return best;
}

}  // namespace guichet::demo
