// applet: a stand-in for the program on the customer's device, to try things out and to script.
#include <deque>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/computer_service.pb.h"
#include "tools/client/attachment.h"
#include "tools/client/status.h"
#include "tools/client/watch.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/files.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

// Between two attempts to attach: after a reboot, and while the daemon is away.
constexpr absl::Duration kAttachAgainAfter = absl::Milliseconds(500);

// What the customer answers when a technician asks for something.
enum class Consent { kOnce, kStanding, kDeny, kSilent };

struct AttachFlags {
  absl::Duration end_after = absl::InfiniteDuration();
  bool decline_terms = false;
  bool chat_only = false;
  Consent consent = Consent::kOnce;
  std::string computer_token_file;  // empty: the token is printed
};

// The device of one session, attached until the session ends. One thread calls Run; messages come on another.
class Applet {
 public:
  Applet(Runner& runner, const client::Client& client, AttachFlags flags) : runner_(runner), client_(client), flags_(flags) {}

  // OK once the session has ended. After a reboot, and after UNAVAILABLE once it was attached, it attaches again.
  absl::Status Run() {
    const absl::Time end_at = runner_.io().now() + flags_.end_after;
    bool ever_attached = false;
    while (true) {
      absl::Status status = Attach();
      if (status.ok()) {
        ever_attached = true;
        if (!attachment_.EndsWithin(end_at - runner_.io().now())) {
          v1::AttachRequest end;
          end.mutable_end();
          attachment_.Send(end);
        }
        attachment_.EndsWithin(absl::InfiniteDuration());
        status = attachment_.Close(absl::ZeroDuration());
      }
      if (ended()) return absl::OkStatus();
      if (!status.ok() && !(ever_attached && absl::IsUnavailable(status))) return status;
      runner_.io().err << "guichetctl: stream ended (" << client::CodeName(status) << "), attaching again\n";
      runner_.io().wait(kAttachAgainAfter);
    }
  }

 private:
  absl::Status Attach() {
    v1::AttachRequest hello;
    hello.mutable_hello()->set_platform("guichetctl");
    hello.mutable_hello()->set_chat_only(flags_.chat_only);
    absl::Status status = attachment_.Attach(client_, hello, [this](const v1::AttachResponse& message) { OnMessage(message); });
    if (!status.ok() || !terms_pending()) return status;
    v1::AttachRequest answer;
    answer.mutable_terms()->set_accepted(!flags_.decline_terms);
    attachment_.Send(answer);
    return absl::OkStatus();
  }

  void OnMessage(const v1::AttachResponse& message) {
    if (message.has_enrolled()) Keep(message.enrolled().computer_token());
    Print(message);
    for (const v1::Activity& activity : ViewIn(message).activities()) {
      if (!activity.open()) Answer(activity.activity_id());
    }
  }

  void Keep(const std::string& token) {
    if (flags_.computer_token_file.empty()) return;
    if (!WriteSecret(flags_.computer_token_file, token)) {
      runner_.io().err << "guichetctl: cannot write " << flags_.computer_token_file << "; the token is " << token << "\n";
    }
  }

  static const v1::CustomerView& ViewIn(const v1::AttachResponse& message) {
    return message.has_welcome() ? message.welcome().state() : message.state();
  }

  // A view that was made before the daemon read the answer still shows the question.
  void Answer(uint32_t activity_id) {
    if (flags_.consent == Consent::kSilent || activity_id <= answered_) return;
    answered_ = activity_id;
    v1::AttachRequest answer;
    answer.mutable_activity()->set_activity_id(activity_id);
    answer.mutable_activity()->set_granted(flags_.consent != Consent::kDeny);
    answer.mutable_activity()->set_standing(flags_.consent == Consent::kStanding);
    attachment_.Send(answer);
  }

  void Print(const v1::AttachResponse& message) {
    absl::MutexLock lock(&mutex_);
    if (message.has_welcome()) {
      session_id_ = message.welcome().session_id();
      terms_pending_ = !message.welcome().terms().empty();
    }
    if (message.has_ended()) ended_ = true;
    if (message.has_heartbeat_ack()) return;
    std::ostream& out = runner_.io().out;
    if (runner_.json()) {
      v1::AttachResponse shown = message;
      if (!flags_.computer_token_file.empty() && shown.has_enrolled()) shown.mutable_enrolled()->clear_computer_token();
      out << Json(shown, /*pretty=*/false) << "\n";
    } else {
      out << absl::FormatTime("%H:%M:%S", runner_.io().now(), absl::UTCTimeZone()) << "  "
          << (session_id_ == 0 ? "" : absl::StrCat(session_id_, "  ")) << Line(message) << "\n";
    }
    out.flush();
  }

  std::string Line(const v1::AttachResponse& message) const {
    if (message.has_enrolled()) {
      const bool shown = flags_.computer_token_file.empty();
      return absl::StrCat("enrolled as computer ", message.enrolled().computer_id(),
                          shown ? "; its token, shown only here: " : "; its token is in ",
                          shown ? message.enrolled().computer_token() : flags_.computer_token_file);
    }
    if (message.has_reboot()) return absl::StrCat("ordered to reboot: ", Word(message.reboot().kind()));
    if (message.has_ended()) {
      return absl::StrCat("ended: ", Word(message.ended().outcome()), Part("survey", message.ended().survey()),
                          Part("notice", message.ended().notice()), Part("page", message.ended().page_url()));
    }
    const v1::CustomerView& view = ViewIn(message);
    std::vector<std::string> people(view.collaborator_names().begin(), view.collaborator_names().end());
    if (!view.technician_name().empty()) people.insert(people.begin(), view.technician_name());
    return absl::StrCat(message.has_welcome() ? "attached: " : "", Word(view.phase()), people.empty() ? "" : " with ",
                        absl::StrJoin(people, ", "), Part("asked for", Activities(view, false)),
                        Part("agreed to", Activities(view, true)), view.chat_off() ? "; chat off" : "",
                        Part("survey", view.survey()), Part("notice", view.notice()));
  }

  static std::string Part(const std::string& name, const std::string& text) {
    return text.empty() ? "" : absl::StrCat("; ", name, ": ", Printable(text));
  }

  static std::string Activities(const v1::CustomerView& view, bool open) {
    std::vector<std::string> words;
    for (const v1::Activity& activity : view.activities()) {
      if (activity.open() != open) continue;
      words.push_back(absl::StrCat(Word(activity.kind()), activity.detail().empty() ? "" : " ", activity.detail()));
    }
    return absl::StrJoin(words, ", ");
  }

  bool ended() {
    absl::MutexLock lock(&mutex_);
    return ended_;
  }
  bool terms_pending() {
    absl::MutexLock lock(&mutex_);
    return terms_pending_;
  }

  Runner& runner_;
  const client::Client& client_;
  const AttachFlags flags_;
  absl::Mutex mutex_;
  uint64_t session_id_ ABSL_GUARDED_BY(mutex_) = 0;
  bool terms_pending_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  uint32_t answered_ = 0;  // the latest activity; used by OnMessage alone
  client::Attachment<v1::AttachRequest, v1::AttachResponse> attachment_;
};

// The agent of one computer: there until its access is over, and in each session that it is told of, one at a time.
class Agent {
 public:
  Agent(Runner& runner, const client::Client& client) : runner_(runner), client_(client) {}

  // OK once the access is over, and after `sessions` of them; 0: of any number. After UNAVAILABLE it attaches again.
  absl::Status Run(int sessions) {
    bool ever_attached = false;
    while (true) {
      absl::Status status = Attach();
      ever_attached = ever_attached || status.ok();
      while (status.ok()) {
        const std::optional<v1::AttachComputerResponse> message = Next();
        if (!message) {
          status = attachment_.Close(absl::ZeroDuration());
          break;
        }
        PrintLine(runner_, *message, Line(*message));
        if (message->has_revoked()) return absl::OkStatus();
        if (!message->has_connect()) continue;
        const auto device = client_.WithToken(message->connect().device_token());
        if (!device.ok()) return device.status();
        if (absl::Status session = Applet(runner_, **device, {}).Run(); !session.ok()) PrintResume(runner_, session);
        if (--sessions == 0) return absl::OkStatus();
      }
      if (!status.ok() && !(ever_attached && absl::IsUnavailable(status))) return status;
      PrintResume(runner_, status);
      runner_.io().wait(kAttachAgainAfter);
    }
  }

 private:
  absl::Status Attach() {
    v1::AttachComputerRequest hello;
    hello.mutable_hello();
    return attachment_.Attach(client_, hello, [this](const v1::AttachComputerResponse& message) {
      if (message.has_heartbeat_ack()) return;
      absl::MutexLock lock(&mutex_);
      messages_.push_back(message);
    });
  }

  // nullopt: the stream has ended.
  std::optional<v1::AttachComputerResponse> Next() {
    while (true) {
      const bool over = attachment_.EndsWithin(absl::Milliseconds(50));
      absl::MutexLock lock(&mutex_);
      if (!messages_.empty()) {
        v1::AttachComputerResponse first = std::move(messages_.front());
        messages_.pop_front();
        return first;
      }
      if (over) return std::nullopt;
    }
  }

  static std::string Line(const v1::AttachComputerResponse& message) {
    if (message.has_revoked()) return absl::StrCat("access is over: ", Word(message.revoked().outcome()));
    if (message.has_connect()) {
      return absl::StrCat("told to attach to session ", message.connect().session_id(), " of ",
                          Printable(message.connect().technician_name()),
                          "; credentials: ", Word(message.connect().credential_mode()));
    }
    return absl::StrCat("there as computer ", message.welcome().computer_id());
  }

  Runner& runner_;
  const client::Client& client_;
  absl::Mutex mutex_;
  std::deque<v1::AttachComputerResponse> messages_ ABSL_GUARDED_BY(mutex_);  // not read by Next
  client::Attachment<v1::AttachComputerRequest, v1::AttachComputerResponse> attachment_;
};

template <typename Response>
Show<Response> ShowEntered() {
  return {.table =
              [](const Response& response) {
                return absl::StrCat("session ", response.session_id(),
                                    "\n\ndevice token, shown only here: ", response.device_token(), "\n");
              },
          .secret = [](const Response& response) { return response.device_token(); }};
}

template <typename Request>
void DeviceFlags(CLI::App* command, std::shared_ptr<Request> request) {
  request->set_device_id("guichetctl");
  request->set_platform("guichetctl");
  TextFlag(
      command, "--device", [request](const std::string& id) { request->set_device_id(id); },
      "Stable id of the device; default guichetctl");
  TextFlag(
      command, "--language", [request](const std::string& tag) { request->set_language(tag); }, "BCP 47 tag");
}

void AddRedeem(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"redeem", "Exchange a PIN or the code of a link for the token of a device, once",
                                      "applet redeem 493051 -o token > device.token"});
  auto request = runner.Bind<v1::RedeemCodeRequest, v1::RedeemCodeResponse>(command, ShowEntered<v1::RedeemCodeResponse>());
  Argument(
      command, "CODE", [request](const std::string& code) { request->set_code(code); }, "PIN, or code of a link");
  DeviceFlags(command, request);
}

void AddEnter(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"enter", "Submit the form of a channel for the token of a device",
                                      "applet enter acme web --name 'Mrs Lind' -o token > device.token"});
  auto request = runner.Bind<v1::SubmitFormRequest, v1::SubmitFormResponse>(command, ShowEntered<v1::SubmitFormResponse>());
  Argument(
      command, "ORGANIZATION", [request](const std::string& id) { request->set_organization_id(id); },
      "Id of the organization");
  Argument(
      command, "CHANNEL", [request](const std::string& id) { request->set_channel_id(id); }, "Id of the channel");
  TextFlag(
      command, "--name", [request](const std::string& name) { request->set_name(name); }, "Customer's name");
  ListFlag(
      command, "--field", [request] { return request->mutable_custom_fields(); }, "Custom fields 1-5 in order, repeated")
      ->delimiter('\0')
      ->type_name("TEXT");
  EnumFlag<v1::SessionType>(
      command, "--type", [request](v1::SessionType type) { request->set_type(type); },
      "standard, mobile or instant-chat; standard by default");
  DeviceFlags(command, request);
}

void AddAnswerSurvey(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"answer-survey", "Answer the survey of the session, once",
                                      "applet answer-survey 'How was it?' 'Fine.' --token-file device.token"});
  auto request = runner.Bind<v1::AnswerSurveyRequest, v1::AnswerSurveyResponse>(
      command,
      {.table = [](const v1::AnswerSurveyResponse& response) { return absl::StrCat("revision ", response.revision(), "\n"); }});
  auto* answer = request->add_answers();
  Argument(
      command, "QUESTION", [answer](const std::string& text) { answer->set_question(text); }, "As it was asked");
  Argument(
      command, "ANSWER", [answer](const std::string& text) { answer->set_answer(text); }, "What the customer says");
}

void AddAttach(CLI::App& parent, Runner& runner) {
  auto* command =
      runner.Add(parent, {"attach", "Keep the device attached until its session ends; prints what the customer sees",
                          "applet attach --token-file device.token --end-after 5m"});
  auto flags = std::make_shared<AttachFlags>();
  DurationFlag(
      command, "--end-after",
      [flags](absl::Duration duration) {
        flags->end_after = duration == absl::ZeroDuration() ? absl::InfiniteDuration() : duration;
      },
      "The customer ends the session after this time; never by default");
  command->add_flag("--decline-terms", flags->decline_terms, "Decline the terms, which are accepted otherwise");
  command->add_flag("--chat-only", flags->chat_only, "Attach as a page that only chats, to an instant chat");
  const std::map<std::string, Consent> answers = {
      {"grant", Consent::kOnce}, {"standing", Consent::kStanding}, {"deny", Consent::kDeny}, {"silent", Consent::kSilent}};
  std::vector<std::string> words;
  for (const auto& [word, consent] : answers) words.push_back(word);
  command
      ->add_option_function<std::string>(
          "--activities", [flags, answers](const std::string& word) { flags->consent = answers.at(word); },
          "What the customer answers when a technician asks for something; grant by default, standing for the whole session")
      ->check(CLI::IsMember(words))
      ->type_name("NAME");
  TextFlag(
      command, "--computer-token-file", [flags](const std::string& path) { flags->computer_token_file = path; },
      "Where to keep the token of the computer when the customer agrees to unattended access; printed by default")
      ->type_name("FILE");
  runner.Act(command, [&runner, flags]() -> absl::Status {
    const auto client = runner.Connect();
    if (!client.ok()) return client.status();
    return Applet(runner, **client, *flags).Run();
  });
}

void AddAgent(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(
      parent, {"agent", "Be the agent of an enrolled computer: attaches to the sessions that technicians begin on it",
               "applet agent --token-file computer.token"});
  auto sessions = std::make_shared<int>(0);
  command->add_option("--sessions", *sessions, "Stop after so many sessions; never by default")->check(CLI::NonNegativeNumber);
  runner.Act(command, [&runner, sessions]() -> absl::Status {
    const auto client = runner.Connect();
    if (!client.ok()) return client.status();
    return Agent(runner, **client).Run(*sessions);
  });
}

bool IsOver(const v1::QueuePosition& position) {
  return position.state() == v1::QueuePosition::STATE_STARTED || position.state() == v1::QueuePosition::STATE_ENDED;
}

absl::Status WatchPosition(Runner& runner, int changes) {
  const auto client = runner.Connect();
  if (!client.ok()) return client.status();
  ChangeCounter counter(changes);
  return client::Watch<v1::WatchPositionRequest, v1::WatchPositionResponse>(
      **client, v1::WatchPositionRequest(),
      [&](const v1::WatchPositionResponse& response) {
        PrintLine(runner, response, PositionLine(response.position()));
        return counter.GoOn(true) && !IsOver(response.position());
      },
      [&](const absl::Status& why) { PrintResume(runner, why); });
}

void AddPosition(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"position", "Show the customer's place in the queue and how long he will wait",
                                      "applet position --watch --token-file device.token"});
  auto watch = std::make_shared<bool>(false);
  command->add_flag("--watch", *watch, "Print it again whenever it changes, until somebody starts the session or it ends");
  auto changes = DeclareChanges(command);
  runner.Act(command, [&runner, watch, changes]() -> absl::Status {
    if (*watch) return WatchPosition(runner, *changes);
    v1::GetPositionRequest request;
    v1::GetPositionResponse response;
    if (absl::Status status = runner.Call(&request, &response); !status.ok()) return status;
    runner.Emit(
        response, [&] { return PositionLine(response.position()) + "\n"; }, nullptr);
    return absl::OkStatus();
  });
}

void AddLeave(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(
      parent, {"leave", "The customer leaves the queue: his session ends", "applet leave --token-file device.token"});
  runner.Bind<v1::LeaveQueueRequest, v1::LeaveQueueResponse>(command,
                                                             {.table = [](const v1::LeaveQueueResponse&) { return "left\n"; }});
}

}  // namespace

void AddAppletCommands(CLI::App& app, Runner& runner) {
  CLI::App* applet = runner.AddFamily(app, "applet", "A stand-in for the program on the customer's device");
  AddRedeem(*applet, runner);
  AddEnter(*applet, runner);
  AddAttach(*applet, runner);
  AddAgent(*applet, runner);
  AddAnswerSurvey(*applet, runner);
  AddPosition(*applet, runner);
  AddLeave(*applet, runner);
}

}  // namespace guichet::ctl
