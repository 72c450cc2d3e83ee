// A transition in etcd: three comparisons and six puts in one Txn, which etcd answers when its log is synced.
#include "absl/strings/str_cat.h"
#include "tools/bench/compare/contestants.h"
#include "tools/bench/compare/etcd.pb.h"
#include "tools/bench/compare/grpc_client.h"

namespace guichet::bench {
namespace {

namespace pb = etcdserverpb;
constexpr size_t kOpsOfTxn = 100;  // below --max-txn-ops, 128 by default

void AddPut(pb::TxnRequest& txn, std::string key, std::string value) {
  pb::PutRequest& put = *txn.add_success()->mutable_request_put();
  put.set_key(std::move(key));
  put.set_value(std::move(value));
}

class Etcd final : public Contestant {
 public:
  Etcd(const std::string& address, const Sizes& sizes)
      : client_(address, ""),
        session_(sizes.session, 's'),
        event_(sizes.event, 'e'),
        timeline_(sizes.timeline, 't'),
        answer_(sizes.request, 'r'),
        loads_(kTechnicians) {
    Fill();
  }

  void Start(Done done) override {
    const size_t index = turns_.Take();
    Subject& subject = turns_[index];
    Load& load = loads_[subject.technician];
    subject.held = !subject.held;
    load.held += subject.held ? 1 : -1;
    load.active -= subject.held ? 1 : -1;
    const std::string request = absl::StrCat("request/", ids_.Next());
    const std::string version = absl::StrCat(subject.id, "/", subject.version);
    pb::TxnRequest txn;
    pb::Compare& owner = *txn.add_compare();
    owner.set_target(pb::Compare::VALUE);
    owner.set_key(absl::StrCat("owner/", subject.id));
    owner.set_value(absl::StrCat(subject.epoch));
    pb::Compare& current = *txn.add_compare();
    current.set_target(pb::Compare::VERSION);
    current.set_key(absl::StrCat("session/", subject.id));
    current.set_version(static_cast<int64_t>(subject.version));
    pb::Compare& first = *txn.add_compare();
    first.set_target(pb::Compare::VERSION);
    first.set_key(request);
    first.set_version(0);
    AddPut(txn, current.key(), session_);
    AddPut(txn, absl::StrCat("event/", version), event_);
    AddPut(txn, absl::StrCat("timeline/", version), timeline_);
    AddPut(txn, absl::StrCat("queue/", subject.technician, "/", subject.id), subject.held ? "HOLD" : "ACTIVE");
    AddPut(txn, absl::StrCat("load/", subject.technician), absl::StrCat(load.active, " ", load.held));
    AddPut(txn, request, answer_);
    client_.Unary<pb::TxnResponse>(method_, txn, [this, index, done = std::move(done)](const pb::TxnResponse& response) {
      if (!response.succeeded()) Die("etcd refused a transition");
      ++turns_[index].version;
      turns_.GiveBack(index);
      done();
    });
  }

  void Wait() override { client_.Wait(); }

 private:
  struct Load {
    int active = kSessions / kTechnicians;
    int held = 0;
  };

  void Fill() {
    pb::TxnRequest txn;
    const auto send = [&] {
      bool done = false;
      client_.Unary<pb::TxnResponse>(method_, txn, [&](const pb::TxnResponse&) { done = true; });
      while (!done) client_.Wait();
      txn.Clear();
    };
    for (size_t i = 0; i < kSessions; ++i) {
      const Subject& subject = turns_[i];
      AddPut(txn, absl::StrCat("owner/", subject.id), absl::StrCat(subject.epoch));
      AddPut(txn, absl::StrCat("session/", subject.id), session_);
      AddPut(txn, absl::StrCat("queue/", subject.technician, "/", subject.id), "ACTIVE");
      if (txn.success_size() + 3 > static_cast<int>(kOpsOfTxn)) send();
    }
    if (txn.success_size() > 0) send();
  }

  const std::string method_ = "/etcdserverpb.KV/Txn";
  GrpcClient client_;
  const std::string session_;
  const std::string event_;
  const std::string timeline_;
  const std::string answer_;
  std::vector<Load> loads_;
  Turns turns_;
  RequestIds ids_{1};
};

}  // namespace

Database MakeEtcd(const DatabaseOptions& options) {
  const std::string client = absl::StrCat("http://127.0.0.1:", FreePort());
  const std::string peer = absl::StrCat("http://127.0.0.1:", FreePort());
  Database database;
  database.process = std::make_unique<Process>(Process::Options{
      .command = {options.programs, "--data-dir", options.folder + "/data", "--listen-client-urls", client,
                  "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                  "--initial-cluster", "default=" + peer, "--quota-backend-bytes", "8589934592"},
      .log = options.folder + "/log"});
  database.process->WaitFor("ready to serve client requests");
  database.contestant = std::make_unique<Etcd>(client.substr(client.rfind('/') + 1), options.sizes);
  return database;
}

}  // namespace guichet::bench
