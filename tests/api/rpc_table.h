// The API as data: who may call each rpc, and requests that name things. Tests walk these rows instead of naming rpcs.
//
//  * A new rpc needs a row in rpc_table.cc.
//  * A new kind of caller needs a column: a line in Columns(), its credential in Tenant::Token, and its letter in the rows of
//    what it may call. A row that lacks the letter says that the caller is refused. What a caller may ask about and not see is
//    no refusal: it is NOT_FOUND.
//  * A request that names a thing of a new kind needs a member of Names, a line in Dimensions(), and such a thing in
//  Tenant::Fill.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/api/harness.h"

namespace guichet::api_test {

// What a request can name.
struct Names {
  std::string home;          // the caller's organization; never another one
  std::string organization;  // some organization
  std::string group;
  std::string technician;  // somebody else
  std::string self;        // for whom the caller acts; technicians' keys are his
  std::string boss;        // a technician who is a master administrator
  std::string channel;
  std::string session;
  std::string code;      // of a PIN or link
  std::string computer;  // enrolled for unattended access
  std::string fresh;     // a group, technician, channel or key to create
  std::string doomed;    // a group, technician, channel or key to delete
  std::string tracking;  // a session's tracking id
  std::string device;    // a session's device id
  std::string text;      // for every text of the request
};

// The members that name things which may be another organization's.
struct Dimension {
  const char* name;
  std::string Names::*member;
};
const std::vector<Dimension>& Dimensions();

// The session that a row needs in order to succeed; `self` and `technician` as in Names.
enum class State {
  kAny,
  kCode,         // has a PIN that is not used
  kTerms,        // its customer is asked for the terms
  kWaiting,      // in the channel's queue
  kActive,       // led by self
  kTransferred,  // by self to technician
  kTogether,     // led by self, technician collaborates
  kBusy,         // the same; an activity is asked for, its id is 1, and the survey was sent
  kOver,         // the same, ended by self
  kInvited,      // led by technician, self is invited
  kOffered,      // led by technician, who offers the lead to self
  kRouted,       // in the queue of a channel that offers it to self
  kUnserved,     // in the queue of a channel that nobody serves; its customer was told
  kSentAway,     // ended, as nobody serves its channel; its customer was sent to a page
  kTalking,      // led by self, who has written to the customer
  kMonitored,    // led by technician, whom self monitors
  kEnrolled,     // ended; self enrolled its computer, whose agent is attached
  kPast,         // ended, on the device of the names; with a note and answers to the survey
  kExternal,     // led by self; somebody from outside is invited and has not used his code
  kMailed,       // an invitation of self by e-mail that nobody has sent
};

struct Column {
  char letter;
  const char* caller;
};
const std::vector<Column>& Columns();

using Messages = std::vector<std::unique_ptr<Message>>;

struct Row {
  const MethodDescriptor* rpc = nullptr;
  std::string about;  // what it is about, of rpcs that have several rows
  std::string may;    // letters of the columns; "*": all
  State state = State::kAny;
  std::function<Messages(const Names&)> ask;  // several for the rpcs that take a stream

  bool May(char column) const { return may == "*" || may.find(column) != std::string::npos; }
  std::string Name() const { return rpc->service()->name() + "." + rpc->name() + (about.empty() ? "" : " " + about); }
};

// Rows of all rpcs, those of the commands of ExecuteCommands among them.
const std::vector<Row>& Rows();

// Whether a row of the rpc lets the column call it.
bool May(const MethodDescriptor& rpc, char column);

}  // namespace guichet::api_test
