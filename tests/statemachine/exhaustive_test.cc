// Every reachable state of one session with three technicians, under every command, timer and link change, and whatever routing
// may decide, breadth first. Proves that entries change only along rows of the table, and that every row is reached.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "statemachine/route.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

constexpr SessionId kSession{1};
const std::vector<TechnicianId> kAll = {kAnn, kBob, kCat};

// One family of states.
struct Config {
  std::string name;
  Method method = Method::kPin;
  std::vector<TechnicianId> serving;       // of the channel; empty: a private session of ann
  std::vector<TechnicianId> consoles;      // whose consoles come and go; the others' stay attached
  std::vector<std::vector<int>> symmetry;  // permutations of ann, bob, cat under which the family does not change
  GroupSettings settings;
  std::function<void(World&, guichet::Channel&)> routing = nullptr;  // how the channel hands sessions out, or on
  bool hands_over = false;                                           // technicians are deleted for a successor too
};

const GroupId kNight{"night"};
const ChannelId kPhone{"phone"};

const std::vector<std::vector<int>> kIdentity = {{0, 1, 2}};
const std::vector<std::vector<int>> kBobCat = {{0, 1, 2}, {0, 2, 1}};
const std::vector<std::vector<int>> kAnnBob = {{0, 1, 2}, {1, 0, 2}};
const std::vector<std::vector<int>> kEverybody = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

GroupSettings Settings(ConsoleLostPolicy policy, bool auto_start = false, std::string terms = "") {
  GroupSettings settings;
  settings.waiting_timeout = std::chrono::minutes(30);
  settings.idle_timeout = std::chrono::minutes(30);
  settings.console_lost_policy = policy;
  settings.auto_start_private = auto_start;
  settings.terms = std::move(terms);
  return settings;
}

// A command, or the firing of a deadline of one kind. Those that lead out of the family are checked, and not followed.
struct Action {
  Command command;
  std::string text;
  bool follow = true;
};

std::vector<Action> ActionsOf(const Config& config) {
  std::vector<Action> actions;
  auto add = [&](Command command, bool follow = true) { actions.push_back({command, Text(command), follow}); };
  add(command::RedeemCode{kSession, "123456", "token", "device", "", ""});
  add(Attach(kSession));
  add(command::AnswerTerms{kSession, true});
  add(command::AnswerTerms{kSession, false});
  add(CustomerEnds(kSession));
  add(Restart(kSession));
  add(Lose(kSession));
  add(command::FireTimer{kSession});
  // For nobody in particular: what may be meant for the lead. All else needs a name, whatever the state.
  for (const Command& command : {Start(kSession, {}), End(kSession, {}), Cancel(kSession, {})}) add(command);
  for (const TechnicianId& other : kAll) add(Remove(kSession, {}, other));
  for (const TechnicianId& t : kAll) {
    for (const Command& command :
         {Start(kSession, t), Hold(kSession, t), End(kSession, t), Leave(kSession, t), Reboot(kSession, t), Cancel(kSession, t),
          CancelOffer(kSession, t), Accept(kSession, t), Transfer(kSession, t, kDesk), Transfer(kSession, t, kWeb)}) {
      add(command);
    }
    for (const TechnicianId& other : kAll) {
      add(Transfer(kSession, t, other));
      add(Invite(kSession, t, other), !config.routing);  // what becomes of collaborators does not depend on routing
      add(Remove(kSession, t, other));
      add(Offer(kSession, t, other));
    }
  }
  if (config.routing) {
    add(Route(kSession));
    for (const TechnicianId& t : kAll) {
      add(Reject(kSession, t));
      add(Away(t, true), false);
    }
  }
  add(command::UpdateSession{T(kSession, {}), "Grace", {}, {}, {}}, false);
  for (const TechnicianId& t : kAll) {
    const bool moves = std::find(config.consoles.begin(), config.consoles.end(), t) != config.consoles.end();
    add(SignIn(t), moves);
    add(SignOut(t, Time{}), moves);
    add(Look(t, kSession), false);
    add(command::PutTechnician{t, testing::Config(t, kDesk, false, true)}, false);
    add(command::DeleteTechnician{t}, false);
    for (const TechnicianId& successor : kAll) {
      if (config.hands_over && successor != t) add(command::DeleteTechnician{t, successor}, false);
    }
  }
  return actions;
}

// All facts without times, revisions and epochs, and without the profile and a transfer's wording. One byte a fact.
class Key {
 public:
  Key(const Org& org, const std::vector<int>& permutation) : permutation_(permutation) {
    for (int i = 0; i < 3; ++i) {
      const Technician* technician = FindTechnician(org, kAll[Inverse(i)]);
      Add(technician == nullptr ? 4 : technician->console + 2 * technician->disabled);
    }
    const Session* session = FindSession(org, kSession);
    if (session == nullptr) return;
    Add(static_cast<int>(session->link));
    Add(session->terms_accepted + 2 * session->ever_started + 4 * session->held + 8 * session->lead_console_lost);
    Add(static_cast<int>(session->outcome) + 16 * session->code_key.empty());
    Add(session->lead_offered_to);
    std::vector<const Participant*> participants;  // in the order of joining, which the console-lost policy looks at
    for (const Participant& p : session->participants) participants.push_back(&p);
    std::stable_sort(participants.begin(), participants.end(),
                     [](auto* a, auto* b) { return std::pair(a->role, a->joined) < std::pair(b->role, b->joined); });
    for (const Participant* p : participants) {
      Add(p->technician);
      Add(static_cast<int>(p->role) + 8 * p->on_hold);
      Add(p->seat_of);
    }
    Add('|');
    if (session->transfer) {
      for (const TechnicianId& t : session->transfer->senders) Add(t);
      Add('>');
      AddSet(session->transfer->recipients);
    }
    Add('|');
    AddSet(session->keepers);
    Add('|');
    AddSet(session->hidden_from);
    if (session->offer) Add(session->offer->technician);
    Add(session->queue_group == kNight);
    Add(session->channel == kPhone);
    Add(static_cast<int>(session->redirects));
    Add(session->notified);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  int Rank(const TechnicianId& t) const { return !t ? 9 : permutation_[t == kAnn ? 0 : t == kBob ? 1 : 2]; }
  int Inverse(int rank) const {
    return static_cast<int>(std::find(permutation_.begin(), permutation_.end(), rank) - permutation_.begin());
  }
  void Add(int fact) { bytes_.push_back(static_cast<char>(fact)); }
  void Add(const TechnicianId& t) { Add('0' + Rank(t)); }
  void AddSet(const std::vector<TechnicianId>& list) {
    std::vector<int> ranks;
    for (const TechnicianId& t : list) ranks.push_back(Rank(t));
    std::sort(ranks.begin(), ranks.end());
    for (int rank : ranks) Add('0' + rank);
  }

  const std::vector<int>& permutation_;
  std::string bytes_;
};

std::string CanonicalKey(const Config& config, const Org& org) {
  std::string least;
  for (const std::vector<int>& permutation : config.symmetry) {
    std::string key = Key(org, permutation).Take();
    if (least.empty() || key < least) least = std::move(key);
  }
  return least;
}

// Whether the technician is, before the step, in the role of which a row speaks.
bool InRole(const Org& org, const Session& session, const TechnicianId& technician, Viewer viewer) {
  const Participant* self = session.Find(technician);
  switch (viewer) {
    case Viewer::kOwner:
      return session.owner == technician || (session.channel && Serves(org, technician, session.channel));
    case Viewer::kLead:
    case Viewer::kFormerLead:
      return self != nullptr && self->role == Role::kLead;
    case Viewer::kSender:
      return session.IsSender(technician);
    case Viewer::kRecipient:
      return session.IsRecipient(technician);
    case Viewer::kInvitee:
      return self != nullptr && self->role == Role::kInvitee;
    case Viewer::kCollaborator:
      return self != nullptr && self->role == Role::kCollaborator;
    case Viewer::kMonitor:
      return session.method == Method::kMonitoring && session.owner == technician;
  }
  return false;
}

// The rows reached, over all families.
class Coverage {
 public:
  void Note(const Org& before, const Org& after, Trigger trigger, const TechnicianId& actor) {
    const Session* session = FindSession(before, kSession);
    if (session == nullptr) return;
    const Session* later = FindSession(after, kSession);
    for (const TechnicianId& technician : kAll) {
      if (!after.technicians.contains(technician)) continue;
      const EntryState from = View(before, *session, technician);
      const EntryState to = later == nullptr ? EntryState::kRemoved : View(after, *later, technician);
      if (from == to && from != EntryState::kTimedOut) continue;
      Trigger seen = trigger;
      if (trigger == Trigger::kStart && actor != technician) {
        if (session->IsSender(actor)) seen = Trigger::kSenderStart;
        if (session->IsRecipient(actor)) seen = Trigger::kRecipientStart;
      }
      for (const Transition& row : Table()) {
        if (row.from != from || row.to != to || rows_.contains(row.row)) continue;
        if ((row.viewer == Viewer::kMonitor) != (session->method == Method::kMonitoring)) continue;
        const bool exact = row.trigger == seen && InRole(before, *session, technician, row.viewer);
        if (exact || row.row.starts_with("X")) rows_.insert(row.row);
      }
    }
  }

  void NoteEvents(const Step& step) {
    triggers_.insert(step.entry.trigger);
    for (const Event& event : step.entry.events) {
      if (const auto* ended = std::get_if<event::OfferEnded>(&event)) offer_ends_.insert(ended->cause);
    }
  }

  // What is to happen to offers and in queues, beside the rows.
  std::string MissingOfRouting() const {
    std::string missing;
    for (Trigger trigger : {Trigger::kOffer, Trigger::kOfferRejected, Trigger::kOfferTimeout, Trigger::kAutoStart,
                            Trigger::kRedirect, Trigger::kUnattended, Trigger::kHandOver}) {
      if (!triggers_.contains(trigger)) absl::StrAppend(&missing, std::string(Name(trigger)), " ");
    }
    for (OfferEnd end : {OfferEnd::kRejected, OfferEnd::kTimedOut, OfferEnd::kWithdrawn}) {
      if (!offer_ends_.contains(end)) absl::StrAppend(&missing, std::string(Name(end)), " ");
    }
    return missing;
  }

  std::string Missing() const {
    std::string missing;
    for (const Transition& row : Table()) {
      if (!rows_.contains(row.row)) absl::StrAppend(&missing, std::string(row.row), " ");
    }
    return missing;
  }

 private:
  std::set<std::string_view> rows_;
  std::set<Trigger> triggers_;
  std::set<OfferEnd> offer_ends_;
};

struct Node {
  Org org;
  int parent = -1;
  std::string action;
};

class Search {
 public:
  Search(Config config, Coverage& coverage) : config_(std::move(config)), actions_(ActionsOf(config_)), coverage_(coverage) {}

  // Visits everything; returns the number of states. Stops at the tenth failure.
  size_t Run() {
    Begin();
    for (size_t i = 0; i < nodes_.size() && failures_ < 10; ++i) {
      now_ = start_ + std::chrono::milliseconds(i + 1);  // later than whatever led here; only the order matters
      const Org org = std::move(nodes_[i].org);
      nodes_[i].org = Org{};
      Visit(static_cast<int>(i), org);
    }
    return nodes_.size();
  }
  size_t steps() const { return steps_; }

 private:
  void Begin() {
    World world(config_.settings);
    if (config_.method == Method::kMonitoring) world.Technician(kAnn, kDesk, true);
    world.Channel(config_.serving.empty() ? std::vector<TechnicianId>{kAnn, kBob} : config_.serving);
    if (config_.routing) {
      guichet::Channel channel = world.org.channels.at(kWeb);
      config_.routing(world, channel);
      world.Do(command::PutChannel{channel, false});
    }
    start_ = world.now;
    command::CreateSession create{.method = config_.method};
    if (config_.serving.empty()) {
      create.owner = kAnn;
    } else {
      create.channel = kWeb;
    }
    if (config_.method == Method::kMonitoring) create.monitored = kBob;
    if (config_.method == Method::kPin) create.code_key = "123456";
    ASSERT_EQ(world.Do(create).session, kSession);
    Enqueue(-1, "create", world.org);
  }

  void Visit(int node, const Org& org) {
    Org scratch = org;  // what is refused, or nothing to do, must leave it as it is
    for (const Action& action : actions_) {
      const absl::StatusOr<Step> step = Apply(scratch, action.command, "test", now_);
      if (!step.ok()) continue;
      if (step->entry.events.empty()) {
        if (std::holds_alternative<command::FireTimer>(action.command)) coverage_.Note(org, scratch, Trigger::kTick, {});
        continue;
      }
      const auto* start = std::get_if<command::Start>(&action.command);
      Check(node, org, scratch, *step, action.text, start == nullptr ? TechnicianId{} : start->target.technician,
            action.follow);
      scratch = org;
    }
    if (!Same(scratch, org)) Fail(node, "a refused command", "changed something");
    const Session* session = FindSession(org, kSession);
    if (session == nullptr) return;
    for (const Deadline& deadline : Deadlines(org, *session)) {
      Decision decision = Fire(org, *session, deadline, std::max(now_, deadline.due));
      const std::string name(Name(deadline.kind));
      FoldAndCheck(node, org, decision.trigger, std::move(decision.events),
                   absl::StrCat("timer ", name, " ", deadline.technician.value));
    }
    if (config_.routing && IsRoutable(*session)) Offer(node, org, *session);
  }

  // Whatever a policy may decide, which is more than Route does at this moment: to offer the session to any of those who could
  // have it, and to start it for him.
  void Offer(int node, const Org& org, const Session& session) {
    const std::vector<GroupId>& overflow = FindChannel(org, session.channel)->routing.overflow_groups;
    for (const TechnicianId& t : kAll) {
      const Technician& technician = org.technicians.at(t);
      const bool overflows = std::find(overflow.begin(), overflow.end(), technician.group) != overflow.end();
      if (!technician.console || (!overflows && !Serves(org, t, session.queue()))) continue;
      const Time expires = now_ + std::chrono::seconds(20);
      FoldAndCheck(node, org, Trigger::kOffer, {event::Offered{kSession, t, expires, {}}}, absl::StrCat("offer to ", t.value));
      FoldAndCheck(node, org, Trigger::kAutoStart, {event::Offered{kSession, t, kNoTime, {}}, event::LeadTaken{kSession, t}},
                   absl::StrCat("auto-start for ", t.value));
    }
  }

  void FoldAndCheck(int node, const Org& org, Trigger trigger, Events events, const std::string& action) {
    Step step;
    step.entry = {.time = now_, .trigger = trigger, .actor = "timer", .events = std::move(events)};
    Org after = org;
    step.touched = Fold(after, step.entry);
    Check(node, org, after, step, action, {}, true);
  }

  void Check(int node, const Org& before, const Org& after, const Step& step, const std::string& action,
             const TechnicianId& actor, bool follow) {
    ++steps_;
    coverage_.Note(before, after, step.entry.trigger, actor);
    coverage_.NoteEvents(step);
    // The invariants of a known state were checked at its first visit.
    const bool is_new = follow ? Enqueue(node, action, after) : leaves_.insert(Key(after, kIdentity.front()).Take()).second;
    if (std::string broken = BrokenStep(before, after, step, is_new); !broken.empty()) Fail(node, action, broken);
    if (!is_new) return;
    if (std::string broken = BrokenInvariant(after); !broken.empty()) Fail(node, action, broken);
  }

  // False when the state is known.
  bool Enqueue(int parent, const std::string& action, const Org& org) {
    if (!known_.emplace(CanonicalKey(config_, org), nodes_.size()).second) return false;
    nodes_.push_back({org, parent, action});
    return true;
  }

  void Fail(int node, const std::string& action, const std::string& broken) {
    std::vector<std::string> path = {action};
    for (int i = node; i >= 0; i = nodes_[i].parent) path.push_back(nodes_[i].action);
    std::string text;
    for (auto it = path.rbegin(); it != path.rend(); ++it) absl::StrAppend(&text, "\n  ", *it);
    ADD_FAILURE() << config_.name << ": " << broken << text;
    ++failures_;
  }

  const Config config_;
  const std::vector<Action> actions_;
  Coverage& coverage_;
  std::deque<Node> nodes_;
  std::unordered_map<std::string, size_t> known_;
  std::unordered_set<std::string> leaves_;  // that are not followed
  Time start_{};
  Time now_{};
  size_t steps_ = 0;
  int failures_ = 0;
};

// Cat is of another group, to which waiting sessions overflow; the customer is told when nobody serves.
void OffersWithOverflow(World& world, guichet::Channel& channel) {
  world.Group(kNight, world.org.groups.at(kDesk).settings);
  world.Technician(kCat, kNight);
  channel.routing.mode = RoutingMode::kOffer;
  channel.routing.overflow_after = std::chrono::milliseconds(1);
  channel.routing.overflow_groups = {kNight};
  channel.nobody_online = {Unserved::kNotify, "Nobody is here.", ""};
}

// Cat's group takes what has waited or what nobody serves.
void RedirectToGroup(World& world, guichet::Channel& channel) {
  world.Group(kNight, world.org.groups.at(kDesk).settings);
  world.Technician(kCat, kNight);
  channel.routing.mode = RoutingMode::kOffer;
  channel.redirects = {{RedirectWhen::kNobodyOnline, {}, 0, {}, kNight},
                       {RedirectWhen::kAfterWait, std::chrono::minutes(5), 0, {}, kNight}};
}

// Bob serves the channel to which waiting sessions go; the first ends what nobody serves.
void RedirectToChannel(World& world, guichet::Channel& channel) {
  guichet::Channel phone{kPhone, "Phone", {}, {kBob}, {}, {}};
  phone.routing.mode = RoutingMode::kOffer;
  world.Do(command::PutChannel{phone, true});
  channel.routing.mode = RoutingMode::kOffer;
  channel.nobody_online = {Unserved::kEnd, "", "https://example.com/closed"};
  channel.redirects = {{RedirectWhen::kAfterWait, std::chrono::minutes(5), 0, kPhone, {}}};
}

Config Offers(std::string name, std::vector<TechnicianId> serving, std::vector<TechnicianId> consoles,
              std::vector<std::vector<int>> symmetry, std::function<void(World&, guichet::Channel&)> routing) {
  return {std::move(name),     Method::kChannelForm,
          std::move(serving),  std::move(consoles),
          std::move(symmetry), Settings(ConsoleLostPolicy::kRequeue),
          std::move(routing),  true};
}

std::vector<Config> Families() {
  const auto keep = ConsoleLostPolicy::kKeep;
  const auto requeue = ConsoleLostPolicy::kRequeue;
  const auto give = ConsoleLostPolicy::kGiveToCollaborator;
  return {
      {"private", Method::kPin, {}, {kAnn}, kBobCat, Settings(keep), nullptr, true},
      {"private, auto-start, give", Method::kPin, {}, {kAnn}, kBobCat, Settings(give, true)},
      {"private, terms", Method::kPin, {}, {kAnn}, kBobCat, Settings(keep, false, "Be kind.")},
      {"private, terms, auto-start, requeue", Method::kPin, {}, {kAnn}, kBobCat, Settings(requeue, true, "Be kind.")},
      {"channel of two, keep", Method::kChannelForm, {kAnn, kBob}, {kAnn, kBob}, kAnnBob, Settings(keep), nullptr, true},
      {"channel of two, requeue", Method::kChannelForm, {kAnn, kBob}, {kAnn, kBob}, kAnnBob, Settings(requeue)},
      {"channel of two, give", Method::kChannelForm, {kAnn, kBob}, {kAnn, kBob}, kAnnBob, Settings(give)},
      {"channel of three, keep", Method::kChannelForm, kAll, kAll, kEverybody, Settings(keep)},
      {"channel of three, requeue", Method::kChannelForm, kAll, kAll, kEverybody, Settings(requeue)},
      {"channel of three, give, terms", Method::kChannelForm, kAll, kAll, kEverybody, Settings(give, false, "Be kind.")},
      {"monitoring", Method::kMonitoring, {}, kAll, kIdentity, Settings(keep)},
      Offers("offers, overflow", {kAnn, kBob}, {kAnn, kBob}, kAnnBob, OffersWithOverflow),
      Offers("offers, redirect to a group", {kAnn, kBob}, {kAnn, kBob}, kAnnBob, RedirectToGroup),
      Offers("offers, redirect to a channel", {kAnn}, {kAnn}, kIdentity, RedirectToChannel),
  };
}

// GUICHET_EXHAUSTIVE=small takes few families only, for sanitizers, under which all would take a quarter of an hour; another
// word takes those that have it in their name.
bool Takes(const Config& config) {
  const char* only = std::getenv("GUICHET_EXHAUSTIVE");
  if (only == nullptr) return true;
  if (std::string_view(only) == "small") {
    return config.name == "private, terms" || config.name == "monitoring" || config.name == "offers, redirect to a channel";
  }
  return config.name.find(only) != std::string::npos;
}

TEST(Exhaustive, EntriesChangeOnlyAlongTheTableAndEveryRowIsReached) {
  Coverage coverage;
  size_t states = 0, steps = 0;
  for (const Config& config : Families()) {
    if (!Takes(config)) continue;
    const auto begin = std::chrono::steady_clock::now();
    Search search(config, coverage);
    const size_t found = search.Run();
    states += found;
    steps += search.steps();
    const auto took = std::chrono::steady_clock::now() - begin;
    std::cout << config.name << ": " << found << " states, " << search.steps() << " steps, "
              << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms\n";
  }
  std::cout << "all: " << states << " states, " << steps << " steps\n";
  if (std::getenv("GUICHET_EXHAUSTIVE") == nullptr) {
    EXPECT_EQ(coverage.Missing(), "");
    EXPECT_EQ(coverage.MissingOfRouting(), "");
  }
}

}  // namespace
}  // namespace guichet::testing
