// Requests that are larger than they look, and requests that never end.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/rig.h"

namespace guichet::faults {
namespace {

constexpr size_t kChunk = 1 << 20;

// A message of so many MiB, all of them the same one.
grpc::ByteBuffer Zeros(size_t mib) {
  static const grpc::Slice* const chunk = new grpc::Slice(std::string(kChunk, '\0'));
  const std::vector<grpc::Slice> slices(mib, *chunk);
  return grpc::ByteBuffer(slices.data(), slices.size());
}

// One call without a credential that sends one message.
class Call {
 public:
  Call(grpc::GenericStub& stub, const grpc::ByteBuffer& message, bool compressed) {
    if (compressed) context_.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    call_ = stub.PrepareCall(&context_, "/guichet.v1.AppletService/RedeemCode", &queue_);
    call_->StartCall(this);
    Wait();
    grpc::WriteOptions options;
    call_->WriteLast(message, options, this);
  }
  ~Call() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  grpc::Status End() {
    Wait();
    grpc::Status status;
    call_->Finish(&status, this);
    Wait();
    return status;
  }

 private:
  void Wait() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
  }
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

// The most that the process has had in memory.
size_t MostResident(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  size_t kib = 0;
  for (std::string line; std::getline(status, line);) {
    if (absl::StartsWith(line, "VmHWM:")) (void)absl::SimpleAtoi(line.substr(6, line.find(" kB") - 6), &kib);
  }
  return kib << 10;
}

std::unique_ptr<grpc::GenericStub> Connect(const Rig& rig) {
  grpc::ChannelArguments own;
  own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(rig.address(), grpc::InsecureChannelCredentials(), own));
}

TEST(FloodTest, ACompressedRequestIsRefusedBeforeItIsUnpacked) {
  Rig rig;
  const auto stub = Connect(rig);
  const size_t before = Resident(rig.daemon().pid());
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(std::make_unique<Call>(*stub, Zeros(256), true));
  for (auto& call : calls) {
    const grpc::Status status = call->End();
    EXPECT_EQ(status.error_code(), grpc::UNIMPLEMENTED) << status.error_message();  // check-words: allow (a code of gRPC)
  }
  EXPECT_LT(MostResident(rig.daemon().pid()), before + (64 << 20));
  EXPECT_TRUE(rig.TryCreate().ok());
}

// Each would be refused for its size, once it is there.
TEST(FloodTest, RequestsWithoutEndStayWithinTheMemoryOfTheTransport) {
  Rig rig({.flags = {"--transport-memory-mib", "64"}});
  const size_t before = Resident(rig.daemon().pid());
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < 4; ++i) {
    stubs.push_back(Connect(rig));
    for (int k = 0; k < 4; ++k) calls.push_back(std::make_unique<Call>(*stubs.back(), Zeros(256), false));
  }
  for (auto& call : calls) EXPECT_EQ(call->End().error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_LT(MostResident(rig.daemon().pid()), before + (512 << 20)) << "of 4 GiB";
  calls.clear();
  stubs.clear();
  Await("service as before", [&] { return rig.TryCreate().ok(); });
}

}  // namespace
}  // namespace guichet::faults
