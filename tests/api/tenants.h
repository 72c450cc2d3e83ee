// Organizations side by side in one daemon, with the same ids and with a mark of their own in every text.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/api/rpc_table.h"

namespace guichet::api_test {

// Of a call that must succeed.
template <class Response>
Response Must(const Client& client, const Message& request, const std::string& token) {
  Answer<Response> answer = client.Call<Response>(request, token);
  EXPECT_TRUE(answer.ok()) << request.GetTypeName() << " {" << request.ShortDebugString() << "}: " << answer.outcome;
  return answer.response;
}

// A session made for one request. Its device stays attached as long as this lives.
struct Place {
  Names names;        // with session, code and device set
  std::string token;  // of the device
  std::unique_ptr<Device> device;
  std::string computer_token;  // of an enrolled computer
  std::unique_ptr<Agent> agent;
  uint64_t monitoring = 0;  // the session that monitors its lead
};

class Tenant {
 public:
  // An organization with things for all of Names, sessions that ended, are led and are being transferred, and an invitation
  // that nobody has sent.
  Tenant(TestDaemon& daemon, const std::string& id, const std::string& mark);

  // Makes a second set of those things, with ids that begin with `prefix`; `fresh` is among them.
  Names AddOnly(const std::string& prefix);
  // Sessions, so that the next one has a higher id.
  void AddSessions(int count);
  // A technician with a key of his own and a console; `administers`: a group, or none.
  std::string AddTechnician(const std::string& id, const std::string& group, bool administrator = false,
                            const std::string& administers = "");
  // `scope`: the only one of an integrator's key; otherwise it has all.
  std::string AddKey(const std::string& id, pb::Role role, const std::string& technician = "", Time expires = kNoTime,
                     pb::Scope scope = pb::SCOPE_UNSPECIFIED);

  const Names& names() const { return names_; }
  const std::string& mark() const { return mark_; }
  const std::string& admin() const { return admin_; }
  // The credential of a column, as the metadata's value. `place`: whose device it is, for devices.
  std::string Authorization(char column, const Place* place = nullptr) const;
  std::string Token(char column) const;
  // Technicians of the columns, each of whom has a stream of his own.
  std::vector<std::string> technicians() const;
  // Of the session of names().
  const std::string& device_token() const { return device_token_; }
  // Secret parts of all tokens and codes that it was given.
  const std::vector<std::string>& secrets() const { return secrets_; }

  Place Prepare(State state) { return Prepare(state, names_); }
  Place Prepare(State state, const Names& names);
  // Ends its session for everybody.
  void Tidy(const Place& place);
  uint64_t Revision() const;

  template <class Response>
  Response Do(const Message& request) const {
    return Must<Response>(client_, request, admin_);
  }

 private:
  // Session ids are those of the names: the one that is led.
  Names Fill(Names names);
  void AddChannels(const Names& names);
  // A private session, whose code is new.
  Place Invite(const Names& names, pb::Method method);
  // A session of a channel, whose device has not attached.
  Place Past(const Names& names);
  // Of the device of the names, led by self.
  Place OnDevice(const Names& names);
  Place Enrolled(const Names& names);
  Place Monitored(const Names& names);
  Place Enter(const Names& names, const std::string& channel);
  // Attaches the device and accepts the terms: the session is in the queue.
  Place Arrive(Place place, const std::string& platform = "Debian 12") const;
  // What the channel does with its sessions while nobody serves it.
  void SetNobodyOnline(const std::string& channel, pb::Fallback::Action action) const;
  // Brings a session from the queue of Names.channel into the state.
  void Go(const Place& place, State state) const;
  std::string Mark(const std::string& what) const { return mark_ + " " + what; }
  std::string Keep(const std::string& token);
  template <class Request, class Response>
  void Act(uint64_t session, const std::string& technician, const std::function<void(Request&)>& fill = nullptr) const;

  const Client& client_;
  const std::string id_;
  const std::string mark_;
  std::string admin_;
  std::string integrator_;
  std::map<char, std::string> scopes_;       // keys with one scope, by column
  std::map<std::string, std::string> keys_;  // by technician
  std::vector<std::string> secrets_;
  std::vector<std::unique_ptr<Console>> consoles_;
  std::vector<Place> places_;
  Names names_;
  std::string device_token_;
  std::string computer_token_;
};

}  // namespace guichet::api_test
