#include "tests/race/contest.h"

#include <functional>
#include <stdexcept>

#include "absl/synchronization/blocking_counter.h"

namespace guichet::race {
namespace {

// One call of the callback API.
class Call {
 public:
  virtual ~Call() = default;
  virtual void Send(const Seat& seat, absl::BlockingCounter& pending) = 0;
  virtual Answer Take() = 0;
};

using Async = pb::SessionService::StubInterface::async_interface;
template <class Request, class Response>
using Method = void (Async::*)(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>);

template <class Request, class Response>
class VerbCall : public Call {
 public:
  VerbCall(const Seat& seat, uint64_t session, Method<Request, Response> method)
      : method_(method), context_(api_test::ContextOf(seat.token())) {
    request_.mutable_target()->set_session_id(session);
  }
  Request& request() { return request_; }

  void Send(const Seat& seat, absl::BlockingCounter& pending) override {
    (seat.sessions().async()->*method_)(context_.get(), &request_, &response_, [this, &pending](grpc::Status status) {
      status_ = std::move(status);
      pending.DecrementCount();
    });
  }

  Answer Take() override {
    Answer answer;
    answer.outcome = api_test::Explain(status_);
    answer.revision = response_.revision();
    answer.epoch = response_.session().epoch();
    answer.lead = response_.session().lead_technician_id();
    answer.ended = response_.session().outcome();
    return answer;
  }

 private:
  const Method<Request, Response> method_;
  const std::unique_ptr<grpc::ClientContext> context_;
  Request request_;
  Response response_;
  grpc::Status status_;
};

template <class Request, class Response>
std::unique_ptr<VerbCall<Request, Response>> Prepare(const Seat& seat, uint64_t session, Method<Request, Response> method) {
  return std::make_unique<VerbCall<Request, Response>>(seat, session, method);
}

std::unique_ptr<Call> MakeCall(Verb verb, const Seat& seat, uint64_t session) {
  switch (verb) {
    case Verb::kStart:
      return Prepare(seat, session, &Async::StartSession);
    case Verb::kTransfer: {
      auto call = Prepare(seat, session, &Async::TransferSession);
      call->request().mutable_to()->set_group_id(kFloor);
      return call;
    }
    case Verb::kCancelTransfer:
      return Prepare(seat, session, &Async::CancelTransfer);
    case Verb::kEnd:
      return Prepare(seat, session, &Async::EndSession);
    case Verb::kCustomerEnd:
      break;
  }
  return nullptr;
}

}  // namespace

const char* Name(Verb verb) {
  switch (verb) {
    case Verb::kStart:
      return "start";
    case Verb::kTransfer:
      return "transfer";
    case Verb::kCancelTransfer:
      return "cancel_transfer";
    case Verb::kEnd:
      return "end";
    case Verb::kCustomerEnd:
      break;
  }
  return "customer_end";
}

template <class Response>
Response Contest::Must(const google::protobuf::Message& request) const {
  auto answer = client_.Call<Response>(request, arena_.integrator());
  if (!answer.ok()) throw std::runtime_error(request.GetTypeName() + ": " + answer.outcome.message);
  return std::move(answer.response);
}

Contest::Contest(const Arena& arena, const Client& client) : arena_(arena), client_(client) {
  // The form as an integrator submits it: the forms of one address have a budget.
  pb::CreateSessionRequest form;
  form.set_method(pb::METHOD_CHANNEL_FORM);
  form.set_channel_id("help");
  const auto created = Must<pb::CreateSessionResponse>(form);
  id_ = created.session().session_id();
  device_ = std::make_unique<api_test::Device>(client_, created.device_token());
  device_->Hello();
}

std::vector<Answer> Contest::Play(const std::vector<Move>& moves) {
  std::vector<std::unique_ptr<Call>> calls;
  int count = 0;
  for (const Move& move : moves) {
    const bool customer = move.verb == Verb::kCustomerEnd;
    calls.push_back(customer ? nullptr : MakeCall(move.verb, arena_.seat(move.seat), id_));
    count += !customer;
  }
  absl::BlockingCounter pending(count);
  for (size_t i = 0; i < moves.size(); ++i) {
    if (calls[i] != nullptr) {
      calls[i]->Send(arena_.seat(moves[i].seat), pending);
      continue;
    }
    pb::AttachRequest end;
    end.mutable_end();
    (void)device_->Send(end);  // false: a technician has ended the session
  }
  pending.Wait();
  std::vector<Answer> answers;
  for (size_t i = 0; i < moves.size(); ++i) {
    Answer answer = calls[i] == nullptr ? Answer() : calls[i]->Take();
    answer.verb = moves[i].verb;
    answer.phase = phase_;
    if (calls[i] != nullptr) {
      answer.who = arena_.seat(moves[i].seat).id();
    } else {
      answer.ended = AwaitEndOfDevice();
    }
    answers.push_back(std::move(answer));
  }
  ++phase_;
  answers_.insert(answers_.end(), answers.begin(), answers.end());
  return answers;
}

pb::Session Contest::Get() const {
  pb::GetSessionRequest request;
  request.set_session_id(id_);
  return Must<pb::GetSessionResponse>(request).session();
}

std::vector<pb::TimelineEvent> Contest::Timeline() const {
  std::vector<pb::TimelineEvent> events;
  pb::GetTimelineRequest request;
  request.set_session_id(id_);
  do {
    const auto page = Must<pb::GetTimelineResponse>(request);
    events.insert(events.end(), page.events().begin(), page.events().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return events;
}

pb::Outcome Contest::AwaitEndOfDevice() {
  std::vector<pb::AttachResponse> told;
  if (const Outcome end = device_->End(&told); !end.ok()) throw std::runtime_error("the device's stream: " + end.message);
  if (told.empty() || !told.back().has_ended()) throw std::runtime_error("the device was not told of the end");
  return told.back().ended().outcome();
}

}  // namespace guichet::race
