// What becomes of a session that waits in a channel's queue: the rules of the queue first, then a technician for it. Rules:
// domain.md §6.
#include <algorithm>

#include "statemachine/decide_internal.h"
#include "statemachine/limits.h"
#include "statemachine/route.h"

namespace guichet {

const Redirect* RuleFor(const Org& org, const Session& session, const Channel& channel, Time now) {
  for (const Redirect& rule : channel.redirects) {
    if (!CanRedirect(org, session, rule)) continue;
    bool applies = false;
    switch (rule.when) {
      case RedirectWhen::kAtOnce:
        applies = true;
        break;
      case RedirectWhen::kAfterWait:
        applies = now >= session.queue_since + rule.wait;
        break;
      case RedirectWhen::kQueueLongerThan:
        applies = IsBehind(org, session, rule.length);
        break;
      case RedirectWhen::kNobodyOnline:
        applies = !AnybodyOnline(org, session.queue());
        break;
      case RedirectWhen::kOutOfHours:
        applies = !channel.open;
        break;
    }
    if (applies) return &rule;
  }
  return nullptr;
}

bool CanRedirect(const Org& org, const Session& session, const Redirect& rule) {
  if (session.queue_group || session.redirects >= limits::kRedirects) return false;
  if (rule.group) return org.groups.contains(rule.group);
  return rule.channel != session.channel && org.channels.contains(rule.channel);
}

bool IsBehind(const Org& org, const Session& session, size_t length) {
  auto queue = org.waiting.find(session.queue());
  if (queue == org.waiting.end()) return false;
  const std::set<std::pair<Time, SessionId>>& places = queue->second;
  const std::pair place(session.waiting_since, session.id);
  if (!(place < *places.rbegin())) return places.size() - places.contains(place) >= length;  // mostly asked of the last
  size_t ahead = 0;
  for (auto it = places.begin(); it != places.end() && *it < place; ++it) {
    if (++ahead >= length) return true;
  }
  return length == 0;
}

bool AnybodyOnline(const Org& org, const Queue& queue) {
  auto online = [](const std::vector<RosterItem>& items) {
    return std::any_of(items.begin(), items.end(),
                       [](const RosterItem& i) { return (i.filters & Bit(Filter::kOffline)) == 0; });
  };
  auto group_online = [&](const GroupId& group) {
    auto it = org.roster.find(group);
    return it != org.roster.end() && online(it->second);
  };
  if (queue.group) return group_online(queue.group);
  const Channel* channel = FindChannel(org, queue.channel);
  if (channel == nullptr) return false;
  if (std::any_of(channel->groups.begin(), channel->groups.end(), group_online)) return true;
  return std::any_of(channel->technicians.begin(), channel->technicians.end(), [&](const TechnicianId& id) {
    const Technician* technician = FindTechnician(org, id);
    return technician != nullptr && technician->console && !technician->disabled;
  });
}

const Fallback* FallbackNow(const Org& org, const Queue& queue) {
  const Channel* channel = FindChannel(org, queue.channel);
  if (channel == nullptr) return nullptr;
  if (!channel->open && channel->out_of_hours.action != Unserved::kKeepWaiting) return &channel->out_of_hours;
  const bool asks = channel->nobody_online.action != Unserved::kKeepWaiting;
  return asks && !AnybodyOnline(org, queue) ? &channel->nobody_online : nullptr;
}

bool RoutesByItself(const Org& org, const Queue& queue) {
  const Channel* channel = FindChannel(org, queue.channel);
  if (channel == nullptr) return false;
  if (channel->routing.mode != RoutingMode::kManual) return true;
  auto starts = [&](const GroupId& id) {
    auto group = org.groups.find(id);
    return group != org.groups.end() && group->second.settings.auto_start_channel;
  };
  const RoutingPolicy& policy = channel->routing;
  if (policy.overflow_after != kNever && std::any_of(policy.overflow_groups.begin(), policy.overflow_groups.end(), starts)) {
    return true;
  }
  if (queue.group) return starts(queue.group);
  if (std::any_of(channel->groups.begin(), channel->groups.end(), starts)) return true;
  return std::any_of(channel->technicians.begin(), channel->technicians.end(),
                     [&](const TechnicianId& id) { return SettingsOf(org, id).auto_start_channel; });
}

namespace internal {

Decision Unserved(const Org& org, const Session& session, Time now) {
  Decision decision{Trigger::kUnattended, {}, session.id};
  const Channel* channel = FindChannel(org, session.channel);
  if (channel == nullptr) return decision;
  if (const Redirect* rule = RuleFor(org, session, *channel, now)) {
    const Queue to = rule->group ? Queue{session.channel, rule->group} : Queue{rule->channel, {}};
    decision.trigger = Trigger::kRedirect;
    decision.events.push_back(event::Redirected{session.id, session.queue(), to, rule->when});
    return decision;
  }
  const Fallback* fallback = FallbackNow(org, session.queue());
  if (fallback == nullptr) {
    if (session.notified) decision.events.push_back(event::Attended{session.id});
    return decision;
  }
  if (fallback->action == guichet::Unserved::kEnd) {
    decision.events.push_back(event::Unattended{session.id, fallback->notice, fallback->page_url});
    decision.events.push_back(Ended(session, Outcome::kTimedOut, EndedBy::kLimit));
  } else if (!session.notified) {
    decision.events.push_back(event::Unattended{session.id, fallback->notice, ""});
  }
  return decision;
}

namespace {
// What becomes of a routable session before a technician is looked for.
Decision ByRules(const Org& org, const Session& session, Time now) {
  if (session.preferred_only) {
    const Technician* preferred = FindTechnician(org, session.preferred);
    const bool there = preferred != nullptr && preferred->console && Serves(org, preferred->id, session.queue());
    if (!there) return Decision{Trigger::kPreference, {event::PreferenceLapsed{session.id}}, session.id};
  }
  return Unserved(org, session, now);
}
}  // namespace

void WithdrawOffer(const Org& org, const TechnicianId& technician, Events& events) {
  auto offered = org.offers.find(technician);
  if (offered == org.offers.end()) return;
  events.push_back(event::OfferEnded{offered->second, technician, OfferEnd::kWithdrawn, "", kNoTime});
}

Result On(const Org& org, const command::Route& c, Time now) {
  const Session* session = FindSession(org, c.session);
  Decision nothing{Trigger::kOffer, {}, c.session};
  if (session == nullptr || !IsRoutable(*session)) return nothing;
  if (Decision by_rule = ByRules(org, *session, now); !by_rule.events.empty()) return by_rule;
  if (!RoutesByItself(org, session->queue())) return nothing;
  RoutingRecord record = Consider(org, *session, now, limits::kRecordedCandidates);
  const TechnicianId winner = Winner(record);
  if (!winner) return nothing;
  if (record.mode == RoutingMode::kOffer) {
    const Time expires = now + org.channels.at(session->channel).routing.offer_timeout;
    return Decision{Trigger::kOffer, {event::Offered{c.session, winner, expires, std::move(record)}}, c.session};
  }
  return Decision{Trigger::kAutoStart,
                  {event::Offered{c.session, winner, kNoTime, std::move(record)}, event::LeadTaken{c.session, winner}},
                  c.session};
}

Result On(const Org& org, const command::RejectOffer& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  if (!session.offer || session.offer->technician != scene->self) return NoOffer(session.id, scene->self);
  return Do(*scene, Trigger::kOfferRejected,
            event::OfferEnded{session.id, scene->self, OfferEnd::kRejected, c.reason, kNoTime});
}

Result On(const Org& org, const command::SetChannelOpen& c, Time) {
  const Channel* channel = FindChannel(org, c.channel);
  Decision decision{Trigger::kChannelHours, {}, {}};
  if (channel == nullptr || channel->open == c.open) return decision;
  decision.events.push_back(event::ChannelHours{c.channel, c.open});
  return decision;
}

}  // namespace internal

bool RulesApply(const Org& org, const Session& session, Time now) {
  return !internal::ByRules(org, session, now).events.empty();
}

}  // namespace guichet
