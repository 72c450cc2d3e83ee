#include "tools/client/stream.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/client_callback.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "tools/client/status.h"

namespace guichet::client {

using google::protobuf::MessageLite;

// Every operation takes a hold of its own while the reactor is not finishing, so that OnDone comes after the last of them.
// Nothing is started under the mutex: a reaction may run on the calling thread.
class Stream::Reactor : public grpc::ClientBidiReactor<MessageLite, MessageLite> {
 public:
  Reactor(std::shared_ptr<grpc::Channel> channel, const std::string& method, const std::string& token)
      : stub_(std::move(channel)) {
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
    stub_.PrepareBidiStreamingCall(&context_, method, {}, this);
    AddHold();
    StartCall();
  }

  bool Write(const MessageLite& message) {
    absl::MutexLock one_at_a_time(&write_mutex_);
    if (!TakeHold()) return false;
    absl::Notification done;
    write_done_ = &done;
    StartWrite(&message);
    done.WaitForNotification();
    const bool ok = write_ok_;
    RemoveHold();
    return ok;
  }

  void HalfClose() {
    absl::MutexLock one_at_a_time(&write_mutex_);
    if (!TakeHold()) return;
    StartWritesDone();
    RemoveHold();
  }

  bool Read(MessageLite* message) {
    if (!TakeHold()) return false;
    absl::Notification done;
    read_done_ = &done;
    StartRead(message);
    done.WaitForNotification();
    const bool ok = read_ok_;
    RemoveHold();
    return ok;
  }

  void Cancel() { context_.TryCancel(); }

  absl::Status Finish() {
    bool first = false;
    {
      absl::MutexLock lock(&mutex_);
      first = !finishing_;
      finishing_ = true;
    }
    if (first) RemoveHold();
    done_.WaitForNotification();
    return FromGrpc(status_);
  }

  void OnReadDone(bool ok) override {
    read_ok_ = ok;
    read_done_->Notify();
  }
  void OnWriteDone(bool ok) override {
    write_ok_ = ok;
    write_done_->Notify();
  }
  void OnDone(const grpc::Status& status) override {
    status_ = status;
    done_.Notify();
  }

 private:
  bool TakeHold() {
    absl::MutexLock lock(&mutex_);
    if (finishing_) return false;
    AddHold();
    return true;
  }

  grpc::ClientContext context_;
  grpc::TemplatedGenericStub<MessageLite, MessageLite> stub_;
  absl::Mutex mutex_;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Mutex write_mutex_;
  // Each is set by the operation in progress and read by its reaction.
  absl::Notification* read_done_ = nullptr;
  absl::Notification* write_done_ = nullptr;
  bool read_ok_ = false;
  bool write_ok_ = false;
  grpc::Status status_;
  absl::Notification done_;
};

Stream::Stream(std::shared_ptr<grpc::Channel> channel, const std::string& method, const std::string& token)
    : reactor_(std::make_unique<Reactor>(std::move(channel), method, token)) {}

Stream::~Stream() {
  Cancel();
  Finish().IgnoreError();
}

bool Stream::Write(const google::protobuf::Message& message) { return reactor_->Write(message); }
void Stream::WritesDone() { reactor_->HalfClose(); }
bool Stream::Read(google::protobuf::Message* message) { return reactor_->Read(message); }
void Stream::Cancel() { reactor_->Cancel(); }
absl::Status Stream::Finish() { return reactor_->Finish(); }

}  // namespace guichet::client
