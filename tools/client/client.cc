#include "tools/client/client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tools/client/status.h"

namespace guichet::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageLite;

// A daemon that comes back is found within this, not within gRPC's default of up to two minutes.
constexpr int kKeepaliveMs = 60000;  // the daemon allows one in 10 s
constexpr int kKeepaliveTimeoutMs = 20000;
constexpr int kReconnectBackoffMsMin = 100;
constexpr int kReconnectBackoffMsMax = 2000;

std::string MethodPath(const Descriptor* request) {
  const auto* file = request->file();
  for (int i = 0; i < file->service_count(); ++i) {
    for (int j = 0; j < file->service(i)->method_count(); ++j) {
      const auto* method = file->service(i)->method(j);
      if (method->input_type() == request) return absl::StrCat("/", file->service(i)->full_name(), "/", method->name());
    }
  }
  GOOGLE_LOG(FATAL) << request->full_name() << " is not the request of a method";
  return "";
}

const FieldDescriptor* RequestIdField(const Message& request) { return request.GetDescriptor()->FindFieldByName("request_id"); }

absl::Status CheckPlaintext(const ClientOptions& options) {
  if (options.token.empty() || !options.tls_ca.empty() || options.insecure || IsLoopback(options.address))
    return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("refusing to send a token in plaintext to ", options.address,
                                                 ", which is not loopback: give --tls-ca, or --insecure to allow it"));
}

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream pem;
  pem << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return pem.str();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const ClientOptions& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return absl::InvalidArgumentError("--tls-certificate and --tls-key go together: give both, or none");
  }
  if (options.tls_ca.empty()) {
    if (options.tls_certificate.empty()) return grpc::InsecureChannelCredentials();
    return absl::InvalidArgumentError("--tls-certificate without --tls-ca: give the root certificates of the daemon, too");
  }
  grpc::SslCredentialsOptions ssl;
  for (auto [path, pem] : {std::pair{&options.tls_ca, &ssl.pem_root_certs},
                           {&options.tls_certificate, &ssl.pem_cert_chain},
                           {&options.tls_key, &ssl.pem_private_key}}) {
    if (path->empty()) continue;
    auto text = ReadPem(*path);
    if (!text.ok()) return text.status();
    *pem = *std::move(text);
  }
  return grpc::SslCredentials(ssl);
}

}  // namespace

bool IsLoopback(const std::string& address) {
  if (absl::StartsWith(address, "unix:") || absl::StartsWith(address, "unix-abstract:")) return true;
  if (absl::StartsWith(address, "[::1]")) return address.size() == 5 || address[5] == ':';
  const std::string host = address.substr(0, address.find(':'));
  if (host == "localhost") return true;
  // Four numbers; a name such as 127.example.com is not loopback.
  const bool numeric = std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return numeric && absl::StartsWith(host, "127.") && std::count(host.begin(), host.end(), '.') == 3;
}

std::string RandomRequestId() {
  absl::BitGen random;
  return absl::StrCat(absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16),
                      absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
}

bool SetRequestId(Message* request, const std::string& request_id) {
  const FieldDescriptor* field = RequestIdField(*request);
  if (field == nullptr) return false;
  if (request->GetReflection()->GetString(*request, field).empty()) {
    request->GetReflection()->SetString(request, field, request_id);
  }
  return true;
}

Client::Client(ClientOptions options, std::shared_ptr<grpc::Channel> channel)
    : options_(std::move(options)), channel_(std::move(channel)) {}

absl::StatusOr<std::unique_ptr<Client>> Client::Make(ClientOptions options) {
  if (absl::Status status = CheckPlaintext(options); !status.ok()) return status;
  if (!options.wait) options.wait = [](absl::Duration delay) { absl::SleepFor(delay); };
  const auto credentials = Credentials(options);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectBackoffMsMin);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectBackoffMsMax);
  // A daemon whose host vanished without a word is noticed also by a stream that only reads.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // gRPC's own retries would hide an UNAVAILABLE, and know nothing of request ids.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  auto channel = grpc::CreateCustomChannel(options.address, *credentials, arguments);
  return std::unique_ptr<Client>(new Client(std::move(options), std::move(channel)));
}

absl::StatusOr<std::unique_ptr<Client>> Client::WithToken(std::string token) const {
  ClientOptions options = options_;
  options.token = std::move(token);
  if (absl::Status status = CheckPlaintext(options); !status.ok()) return status;
  return std::unique_ptr<Client>(new Client(std::move(options), channel_));
}

absl::Status Client::CallOnce(const Message& request, Message* response) const {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.timeout));
  if (!options_.token.empty()) context.AddMetadata("authorization", "Bearer " + options_.token);
  grpc::TemplatedGenericStub<MessageLite, MessageLite> stub(channel_);
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, MethodPath(request.GetDescriptor()), {}, &request, response, [&](grpc::Status result) {
    status = std::move(result);
    done.Notify();
  });
  done.WaitForNotification();
  return FromGrpc(status);
}

absl::Status Client::Call(const Message& request, Message* response) const {
  absl::Status status = CallOnce(request, response);
  const FieldDescriptor* field = RequestIdField(request);
  if (!absl::IsUnavailable(status) || field == nullptr) return status;
  if (request.GetReflection()->GetString(request, field).empty()) return status;
  options_.wait(options_.retry_delay);
  response->Clear();
  return CallOnce(request, response);
}

absl::Status Client::Mutate(Message* request, Message* response) const {
  SetRequestId(request, RandomRequestId());
  return Call(*request, response);
}

std::unique_ptr<Stream> Client::Open(const Message& request) const {
  return std::make_unique<Stream>(channel_, MethodPath(request.GetDescriptor()), options_.token);
}

}  // namespace guichet::client
