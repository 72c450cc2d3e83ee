// Global flags, and the one way in which every command calls the daemon and prints the answer.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/client/client.h"
#include "tools/ctl/io.h"
#include "tools/ctl/output.h"

namespace guichet::ctl {

struct CommandSpec {
  std::string name;
  std::string help;
  // example without the program's name.
  std::string example;
};

// How a response is shown as a table, and its secret for `-o token`; a command without `secret` refuses `-o token`.
template <typename Response>
struct Show {
  std::function<std::string(const Response&)> table;
  std::function<std::string(const Response&)> secret;
};

// Single-threaded. Declares while the command line is described, runs at most one action after it was parsed.
class Runner {
 public:
  explicit Runner(Io& io) : io_(io) {}

  void DeclareGlobalFlags(CLI::App& app);
  // A command under `parent`. Give it something to do with Act, Bind or BindList.
  CLI::App* Add(CLI::App& parent, const CommandSpec& spec);
  // A command that only holds others.
  CLI::App* AddFamily(CLI::App& parent, const std::string& name, const std::string& help);
  void Act(CLI::App* command, std::function<absl::Status()> action);

  // Makes `command` one unary call. The caller adds flags that fill the returned request; `complete` may add to it what it must
  // ask the daemon for.
  template <typename Request, typename Response>
  std::shared_ptr<Request> Bind(CLI::App* command, Show<Response> show,
                                std::function<absl::Status(Request*)> complete = nullptr) {
    auto request = std::make_shared<Request>();
    if (client::SetRequestId(std::make_unique<Request>().get(), "")) DeclareRequestId(command);
    if (show.secret) secrets_.insert(command);
    Act(command, [this, request, show, complete] {
      Response response;
      if (complete) {
        if (absl::Status status = complete(request.get()); !status.ok()) return status;
      }
      if (absl::Status status = Call(request.get(), &response); !status.ok()) return status;
      Emit(
          response, [&] { return show.table(response); }, [&] { return show.secret(response); });
      return absl::OkStatus();
    });
    return request;
  }

  // As Bind, for a call that answers in pages: follows them up to --limit and prints one answer.
  template <typename Request, typename Response>
  std::shared_ptr<Request> BindList(CLI::App* command, std::function<std::string(const Response&)> table) {
    auto request = std::make_shared<Request>();
    auto limit = DeclareLimit(command);
    Act(command, [this, request, limit, table] {
      Response all;
      int left = *limit;
      do {
        request->set_page_size(left == 0 ? kPageSizeMax : std::min(left, kPageSizeMax));
        request->set_page_token(all.next_page_token());
        Response page;
        if (absl::Status status = Call(request.get(), &page); !status.ok()) return status;
        all.clear_next_page_token();
        const int before = RowCount(all);
        all.MergeFrom(page);
        if (*limit != 0) left -= RowCount(all) - before;
      } while (!all.next_page_token().empty() && (*limit == 0 || left > 0));
      Emit(
          all, [&] { return table(all); }, nullptr);
      if (!all.next_page_token().empty()) io_.err << "guichetctl: there is more; see --limit\n";
      return absl::OkStatus();
    });
    return request;
  }

  // The connection that the flags describe; made on first use.
  absl::StatusOr<client::Client*> Connect();
  // One call, with the request id of --request-id or a random one.
  absl::Status Call(google::protobuf::Message* request, google::protobuf::Message* response);
  // Writes a response as `-o` says.
  void Emit(const google::protobuf::Message& message, absl::FunctionRef<std::string()> table,
            std::function<std::string()> secret);
  bool json() const { return output_ == "json"; }
  Io& io() { return io_; }

  // Runs the action of the command that was parsed and reports its error. Returns the exit code.
  int Run();

 private:
  static constexpr int kPageSizeMax = 500;
  // How many elements the repeated fields of a list's response hold.
  static int RowCount(const google::protobuf::Message& response);
  void DeclareRequestId(CLI::App* command);
  std::shared_ptr<int> DeclareLimit(CLI::App* command);

  Io& io_;
  client::ClientOptions options_;
  std::string token_file_;
  std::string output_ = "table";
  double timeout_s_ = 10;
  std::string request_id_;
  std::unique_ptr<client::Client> client_;
  CLI::App* chosen_ = nullptr;
  std::function<absl::Status()> action_;
  std::set<const CLI::App*> secrets_;
  // usage_error_ tells a mistake of the caller found by Connect from a refusal by the daemon.
  bool usage_error_ = false;
};

}  // namespace guichet::ctl
