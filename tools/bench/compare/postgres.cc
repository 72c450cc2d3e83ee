// A transition in PostgreSQL: one prepared statement, so one transaction with one way there and back. Values are the same bytes
// that Guichet writes.
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tools/bench/compare/contestants.h"

namespace guichet::bench {
namespace {

// More would only add processes: 64 share the syncs of a machine of few cores, and a pool of this size is usual.
constexpr size_t kConnections = 64;
constexpr char kUser[] = "postgres";

// Rows that are updated leave room on their page, so that no index has to follow (HOT).
constexpr char kSchema[] = R"(
CREATE TABLE session (id bigint PRIMARY KEY, owner_epoch bigint NOT NULL, version bigint NOT NULL, record bytea NOT NULL)
  WITH (fillfactor = 50);
CREATE TABLE queue_entry (technician integer, session bigint, state text NOT NULL, PRIMARY KEY (technician, session))
  WITH (fillfactor = 50);
CREATE TABLE technician_load (technician integer PRIMARY KEY, active integer NOT NULL, held integer NOT NULL) WITH (fillfactor = 50);
CREATE TABLE event (seq bigserial PRIMARY KEY, record bytea NOT NULL);
CREATE TABLE timeline (session bigint, version bigint, record bytea NOT NULL, PRIMARY KEY (session, version));
CREATE TABLE request (id text PRIMARY KEY, answer bytea NOT NULL);
)";

constexpr char kTransition[] = R"(
WITH moved AS (UPDATE session SET version = version + 1, record = $4::bytea
               WHERE id = $1::bigint AND owner_epoch = $2::bigint AND version = $3::bigint RETURNING id, version),
     queued AS (UPDATE queue_entry q SET state = $5::text FROM moved WHERE q.technician = $6::integer AND q.session = moved.id),
     counted AS (UPDATE technician_load l SET active = active - $7::integer, held = held + $7::integer FROM moved
                 WHERE l.technician = $6::integer),
     told AS (INSERT INTO timeline SELECT id, version, $9::bytea FROM moved),
     kept AS (INSERT INTO request SELECT $10::text, $11::bytea FROM moved)
INSERT INTO event (record) SELECT $8::bytea FROM moved RETURNING seq)";

class Connection {
 public:
  explicit Connection(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) Die(std::string("PostgreSQL: ") + PQerrorMessage(connection_));
  }
  ~Connection() { PQfinish(connection_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Run(const std::string& statements) {
    PGresult* result = PQexec(connection_, statements.c_str());
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) Die(std::string("PostgreSQL: ") + PQerrorMessage(connection_));
  }
  void Prepare() {
    PGresult* result = PQprepare(connection_, "transition", kTransition, 0, nullptr);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) Die(std::string("PostgreSQL: ") + PQerrorMessage(connection_));
    PQclear(result);
    if (PQsetnonblocking(connection_, 1) != 0) Die("PostgreSQL: a connection stays blocking");
  }
  PGconn* get() { return connection_; }

  size_t subject = 0;  // of its transition
  Contestant::Done done;

 private:
  PGconn* const connection_;
};

class Postgres final : public Contestant {
 public:
  Postgres(const std::string& conninfo, const Sizes& sizes)
      : conninfo_(conninfo),
        session_(sizes.session, 's'),
        event_(sizes.event, 'e'),
        timeline_(sizes.timeline, 't'),
        answer_(sizes.request, 'r'),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    Connection connection(conninfo_);
    connection.Run(kSchema);
    std::string rows;
    for (size_t i = 0; i < kSessions; ++i) {
      const Subject& subject = turns_[i];
      absl::StrAppend(&rows, "INSERT INTO session VALUES (", subject.id, ",", subject.epoch, ",", subject.version, ",'",
                      session_, "'); INSERT INTO queue_entry VALUES (", subject.technician, ",", subject.id, ",'ACTIVE');");
    }
    for (size_t i = 0; i < kTechnicians; ++i) {
      absl::StrAppend(&rows, "INSERT INTO technician_load VALUES (", i, ",", kSessions / kTechnicians, ",0);");
    }
    connection.Run(rows);
    connection.Run("VACUUM ANALYZE");
  }
  ~Postgres() override { close(epoll_); }

  void Prepare(size_t in_flight) override {
    const size_t wanted = std::min(in_flight, kConnections);
    idle_.clear();
    connections_.resize(std::min(connections_.size(), wanted));
    while (connections_.size() < wanted) {
      auto connection = std::make_unique<Connection>(conninfo_);
      connection->Prepare();
      epoll_event event{};
      event.data.ptr = connection.get();
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, PQsocket(connection->get()), &event) != 0) Die("epoll_ctl failed");
      connections_.push_back(std::move(connection));
    }
    for (const auto& connection : connections_) idle_.push_back(connection.get());
  }

  void Start(Done done) override {
    if (idle_.empty()) {
      waiting_.push_back(std::move(done));
      return;
    }
    Connection& connection = *idle_.back();
    idle_.pop_back();
    Send(connection, std::move(done));
  }

  void Wait() override {
    epoll_event events[kConnections];
    const int count = epoll_wait(epoll_, events, kConnections, -1);
    for (int i = 0; i < count; ++i) Read(*static_cast<Connection*>(events[i].data.ptr), events[i].events);
  }

 private:
  void Send(Connection& connection, Done done) {
    connection.subject = turns_.Take();
    connection.done = std::move(done);
    Subject& subject = turns_[connection.subject];
    subject.held = !subject.held;
    const std::string id = absl::StrCat(subject.id), epoch = absl::StrCat(subject.epoch),
                      version = absl::StrCat(subject.version), technician = absl::StrCat(subject.technician),
                      request = ids_.Next();
    const char* values[] = {id.c_str(),
                            epoch.c_str(),
                            version.c_str(),
                            session_.data(),
                            subject.held ? "HOLD" : "ACTIVE",
                            technician.c_str(),
                            subject.held ? "1" : "-1",
                            event_.data(),
                            timeline_.data(),
                            request.c_str(),
                            answer_.data()};
    const int lengths[] = {0, 0, 0, Size(session_), 0, 0, 0, Size(event_), Size(timeline_), 0, Size(answer_)};
    const int binary[] = {0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1};
    if (PQsendQueryPrepared(connection.get(), "transition", std::size(values), values, lengths, binary, 1) != 1) {
      Die(std::string("PostgreSQL: ") + PQerrorMessage(connection.get()));
    }
    Flush(connection);
  }

  // Asks to be told when the rest can be written, if the socket does not take all at once.
  void Flush(Connection& connection) {
    const int left = PQflush(connection.get());
    if (left < 0) Die(std::string("PostgreSQL: ") + PQerrorMessage(connection.get()));
    epoll_event event{};
    event.events = left == 1 ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, PQsocket(connection.get()), &event) != 0) Die("epoll_ctl failed");
  }

  void Read(Connection& connection, uint32_t events) {
    if ((events & EPOLLOUT) != 0) Flush(connection);
    if (PQconsumeInput(connection.get()) != 1) Die(std::string("PostgreSQL: ") + PQerrorMessage(connection.get()));
    if (!connection.done || PQisBusy(connection.get()) != 0) return;
    PGresult* result = PQgetResult(connection.get());
    if (result == nullptr) return;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) Die(std::string("PostgreSQL: ") + PQresultErrorMessage(result));
    if (PQntuples(result) != 1) Die("PostgreSQL refused a transition");
    PQclear(result);
    if (PQgetResult(connection.get()) != nullptr) Die("PostgreSQL answered twice");
    ++turns_[connection.subject].version;
    turns_.GiveBack(connection.subject);
    const Done done = std::move(connection.done);
    connection.done = nullptr;
    if (waiting_.empty()) {
      idle_.push_back(&connection);
    } else {
      Done next = std::move(waiting_.front());
      waiting_.pop_front();
      Send(connection, std::move(next));
    }
    done();
  }

  static int Size(const std::string& bytes) { return static_cast<int>(bytes.size()); }

  const std::string conninfo_;
  const std::string session_;
  const std::string event_;
  const std::string timeline_;
  const std::string answer_;
  const int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
  std::deque<Done> waiting_;  // for a connection
  Turns turns_;
  RequestIds ids_{1};
};

}  // namespace

Database MakePostgres(const DatabaseOptions& options) {
  const std::string data = options.folder + "/data";
  std::vector<std::string> as_user;
  if (geteuid() == 0) {  // PostgreSQL refuses to run as root
    const passwd* user = getpwnam(kUser);
    if (user == nullptr) Die("PostgreSQL does not run as root, and there is no user postgres; install postgresql-15");
    if (chown(options.folder.c_str(), user->pw_uid, user->pw_gid) != 0) Die("cannot give " + options.folder + " to postgres");
    as_user = {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig", "KILL"};
  }
  const auto with = [&](std::vector<std::string> words) {
    words.insert(words.begin(), as_user.begin(), as_user.end());
    return words;
  };
  const std::string log = options.folder + ".log";
  RunToEnd(
      with({options.programs + "/initdb", "-D", data, "-A", "trust", "-U", kUser, "-E", "UTF8", "--locale=C", "--no-sync"}),
      log);
  Database database;
  database.process = std::make_unique<Process>(Process::Options{
      .command = with({options.programs + "/postgres", "-D", data, "-k", options.folder, "-c", "listen_addresses=", "-c",
                       "fsync=on", "-c", "synchronous_commit=on", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB", "-c",
                       absl::StrCat("max_connections=", kConnections + 8)}),
      .log = log,
      .stop_signal = SIGINT});
  database.process->WaitFor("database system is ready to accept connections");
  database.contestant =
      std::make_unique<Postgres>(absl::StrCat("host=", options.folder, " dbname=postgres user=", kUser), options.sizes);
  return database;
}

}  // namespace guichet::bench
