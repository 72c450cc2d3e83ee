#include "tests/api/raw_call.h"

#include <functional>
#include <set>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace guichet::api_test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

void Blank(Message* message) {
  static const std::set<std::string> kSecrets = {"resume_token", "token", "administrator_token",
                                                 "device_token", "code",  "link"};
  const Reflection& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->name() == "revision") reflection.ClearField(message, field);
    if (field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated() && kSecrets.contains(field->name())) {
      reflection.SetString(message, field, "(secret)");
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) Blank(reflection.MutableMessage(message, field));
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(*message, field); ++i) {
      Blank(reflection.MutableRepeatedMessage(message, field, i));
    }
  }
}

}  // namespace

std::string Bearer(const std::string& token) { return token.empty() ? "" : "Bearer " + token; }

RawCall::RawCall(const Client& client, const std::string& path, const std::string& authorization)
    : stub_(client.channel()), context_(ContextOf("")) {
  if (!authorization.empty()) context_->AddMetadata("authorization", authorization);
  call_ = stub_.PrepareCall(context_.get(), path, &queue_);
  call_->StartCall(nullptr);
  (void)Wait();
}

RawCall::~RawCall() {
  if (open_) (void)Leave();
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RawCall::Wait() {
  void* tag;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool RawCall::Write(const std::string& bytes) {
  grpc::Slice slice(bytes);
  call_->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  return Wait();
}

void RawCall::HalfClose() {
  call_->WritesDone(nullptr);
  (void)Wait();
}

std::optional<std::string> RawCall::Read() {
  grpc::ByteBuffer bytes;
  call_->Read(&bytes, nullptr);
  grpc::Slice slice;
  if (!Wait() || !bytes.DumpToSingleSlice(&slice).ok()) return std::nullopt;
  messages_.emplace_back(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return messages_.back();
}

Heard RawCall::Finish() {
  open_ = false;
  Heard heard;
  call_->Finish(&heard.status, nullptr);
  (void)Wait();
  heard.messages = std::move(messages_);
  for (const auto* metadata : {&context_->GetServerInitialMetadata(), &context_->GetServerTrailingMetadata()}) {
    for (const auto& [key, value] : *metadata) {
      heard.metadata.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    }
  }
  return heard;
}

Heard RawCall::End() {
  while (Read()) {
  }
  return Finish();
}

Heard RawCall::Leave() {
  context_->TryCancel();
  Heard heard = End();
  if (heard.status.error_code() == grpc::StatusCode::CANCELLED) heard.status = grpc::Status::OK;
  return heard;
}

Heard Ask(const Client& client, const MethodDescriptor& method, const std::vector<std::unique_ptr<Message>>& messages,
          const std::string& authorization) {
  RawCall call(client, method, authorization);
  for (const auto& message : messages) {
    if (!call.Write(*message)) break;
  }
  call.HalfClose();
  const bool watch = method.server_streaming() && !method.client_streaming();
  return watch && call.Read() ? call.Leave() : call.End();
}

std::string Text(const MethodDescriptor& method, const Heard& heard, bool blank) {
  std::string text;
  for (const std::string& bytes : heard.messages) {
    auto message = NewMessage(method.output_type());
    EXPECT_TRUE(message->ParseFromString(bytes)) << method.full_name();
    if (blank) Blank(message.get());
    text += "message {" + message->ShortDebugString() + "}\n";
  }
  text += "code " + std::to_string(heard.status.error_code()) + " " + heard.status.error_message() + "\n";
  google::rpc::Status details;
  if (!details.ParseFromString(heard.status.error_details())) text += "details " + heard.status.error_details() + "\n";
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    for (Message* known : std::initializer_list<Message*>{&info, &bad, &retry}) {
      if (any.type_url().ends_with("/" + known->GetTypeName()) && known->ParseFromString(any.value())) {
        text += "detail {" + known->ShortDebugString() + "}\n";
      }
    }
    if (!any.Is<google::rpc::ErrorInfo>() && !any.Is<google::rpc::BadRequest>() && !any.Is<google::rpc::RetryInfo>()) {
      text += "detail {" + any.ShortDebugString() + "}\n";
    }
  }
  for (const auto& [key, value] : heard.metadata) {
    if (key != "grpc-status-details-bin") text += "metadata " + key + ": " + value + "\n";
  }
  return text;
}

void VisitStrings(const Message& message, const std::function<void(const FieldDescriptor&, const std::string&)>& visit) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (!text && field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (text) {
        visit(*field, reflection.GetString(message, field));
      } else {
        VisitStrings(reflection.GetMessage(message, field), visit);
      }
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (text) {
        visit(*field, reflection.GetRepeatedString(message, field, i));
      } else {
        VisitStrings(reflection.GetRepeatedMessage(message, field, i), visit);
      }
    }
  }
}

}  // namespace guichet::api_test
