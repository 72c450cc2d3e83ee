#include "store/load.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/codec.h"

namespace guichet::store {

absl::StatusOr<Org> LoadOrg(Reader& store, const OrgKey& key_of_org, Revision last) {
  Org org;
  org.revision = last;
  absl::Status bad;
  auto take = [&](auto decoded, auto&& use) {
    if (!decoded.ok()) {
      bad = decoded.status();
      return false;
    }
    use(*std::move(decoded));
    return true;
  };
  absl::Status scan = store.Scan(key_of_org, {Family::kOrgs, "", ""}, [&](std::string_view key, std::string_view value) {
    switch (key.empty() ? '\0' : key[0]) {
      case 'o':
        return take(DecodeOrg(value), [&](OrgInfo info) {
          org.id = info.id;
          org.display_name = info.display_name;
          org.created = info.created;
          org.last_session = std::max(org.last_session, info.last_session);
          org.settings = info.settings;
        });
      case 'n':
        return take(DecodeCounters(value), [&](const Counters& counters) {
          org.last_session = std::max(org.last_session, counters.last_session);
          org.last_computer = counters.last_computer;
        });
      case 't':
        return take(DecodeTechnician(value), [&](Technician t) { org.technicians.emplace(t.id, t); });
      case 'g':
        return take(DecodeGroup(value), [&](Group g) { org.groups.emplace(g.id, g); });
      case 'c':
        return take(DecodeChannel(value), [&](Channel c) { org.channels.emplace(c.id, c); });
      case 'q':
        return take(DecodeQueueStats(value), [&](QueueItem q) {
          // Earlier builds left those of a group's part of a deleted channel behind.
          if (org.channels.contains(q.queue.channel)) org.stats.emplace(q.queue, q.stats);
        });
      case 'u':
        return take(DecodeComputer(value), [&](Computer c) { org.computers.emplace(c.id, c); });
      case 'l':
        return take(DecodeLibrary(value), [&](LibraryOf l) { org.libraries.emplace(l.technician, l.library); });
      case 'k':
        return take(DecodeApiKey(value), [&](ApiKey k) { org.keys.emplace(k.id, k); });
      default:
        bad = absl::DataLossError(absl::StrCat("organization ", key_of_org.value, " has a record \"",
                                               std::string(key.substr(0, 2)), "\" that this version does not know"));
        return false;
    }
  });
  if (scan.ok() && bad.ok()) {
    scan = store.Scan(key_of_org, {Family::kSessions, "", ""}, [&](std::string_view, std::string_view value) {
      return take(DecodeSession(value), [&](Session s) {
        const SessionId session = s.id;
        org.sessions.emplace(session, std::move(s));
      });
    });
  }
  if (!scan.ok()) return scan;
  if (!bad.ok()) return bad;
  for (auto& [technician_id, technician] : org.technicians) {
    if (technician.console) technician.link_cause = LinkCause::kAttached;  // records of earlier builds lack it
  }
  RebuildIndexes(org);
  return org;
}

}  // namespace guichet::store
