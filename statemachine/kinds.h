// What the kinds of sessions allow (domain.md §2, §5):
//
// - LENS: a camera. Recording, screenshots and links; no reboot; one technician, who may transfer it.
// - INSTANT_CHAT: until the customer starts the applet, links alone; no reboot; one technician, who may transfer it.
// - MOBILE: settings of the phone, which no other kind has; no scripts, calling card or unattended access; a plain reboot.
// - LAN, UNATTENDED: nobody sits there, so what is asked for opens at once, and there is no survey; nobody could agree to
//   unattended access.
// - UNATTENDED: nobody from outside, and of the organization only who may reach computers, however the session comes to him.
// - MONITORING: nothing but looking on.
#pragma once

#include <optional>

#include "statemachine/org.h"
#include "statemachine/permissions.h"
#include "statemachine/session.h"

namespace guichet {

bool Fits(const Session& session, ActivityKind kind);
bool Fits(const Session& session, RebootKind kind);
// Several technicians at once.
bool AllowsCollaboration(const Session& session);
// What a technician needs to take part in such a session; nullopt: nothing of its own.
std::optional<Permission> NeededFor(SessionType type);
// Somebody who answers, and who is asked at the end how it was.
bool HasCustomer(const Session& session);
// Whether he must accept the terms of the group before the session goes on.
bool TermsPending(const Org& org, const Session& session);

}  // namespace guichet
