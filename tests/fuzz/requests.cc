// Requests to commands, and what an administrator sets to edits of records. Input: a byte that chooses the request, a byte that
// chooses its caller, then the request.
#include <array>
#include <memory>

#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "router/codes.h"
#include "router/parse.h"
#include "router/parse_org.h"
#include "store/codec.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate_after.h"

using namespace guichet;  // NOLINT: a program of one file

namespace {

using router::Principal;
using Made = std::unique_ptr<google::protobuf::Message>;

Principal Caller(uint8_t which) {
  Principal caller;
  caller.org = OrgId{"acme"};
  caller.key = KeyId{"key"};
  switch (which % 5) {
    case 0:
      caller.role = KeyRole::kTechnician;
      caller.technician = TechnicianId{"ann"};
      break;
    case 1:
      caller.role = KeyRole::kGroupAdministrator;
      caller.technician = TechnicianId{"ann"};
      caller.administers = {GroupId{"desk"}};
      break;
    case 2:
      caller.role = KeyRole::kIntegrator;
      break;
    case 3:
      caller.role = KeyRole::kAdministrator;
      caller.technician = TechnicianId{"boss"};
      break;
    default:
      caller.role = KeyRole::kTechnician;
      caller.technician = TechnicianId{"~1"};
      caller.external_of = SessionId{1};
  }
  return caller;
}

void Refused(const absl::Status& status) {
  fuzz::RequireRefusal(status, {absl::StatusCode::kInvalidArgument, absl::StatusCode::kPermissionDenied});
}

template <class Result>
void CheckStatus(const Result& result) {
  if (!result.ok()) Refused(result.status());
}

// What was accepted fits its record.
template <class Record, class Encode, class Decode>
void CheckEdit(const absl::StatusOr<router::Edit<Record>>& edit, Encode encode, Decode decode) {
  if (!edit.ok()) return Refused(edit.status());
  Record record;
  (*edit)(record);
  const auto back = decode(encode(record));
  fuzz::Require(back.ok() && *back == record, "what an administrator may set is kept as it is");
}

template <class Request, class Run>
void With(std::string_view bytes, Run run) {
  Request request;
  if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) run(request);
}

struct Kind {
  Made (*make)();
  void (*check)(const Principal& caller, std::string_view bytes);
};

template <class Request>
Made Make() {
  return std::make_unique<Request>();
}

template <class Request>
Kind CommandOf() {
  return {&Make<Request>, [](const Principal& caller, std::string_view bytes) {
            With<Request>(bytes, [&](const Request& request) { CheckStatus(router::ToCommand(caller, request)); });
          }};
}

// Codes are drawn for it: a PIN leads nowhere else, and goes back.
template <class Request, class Run>
void Draw(std::string_view bytes, Run run) {
  With<Request>(bytes, [&](const Request& request) {
    router::Codes codes;
    const auto made = run(codes, request);
    if (!made.ok()) {
      fuzz::Require(codes.live_pins() == 0, "a refused request takes no PIN");
      return Refused(made.status());
    }
    fuzz::Require(made->command.code_key == router::Codes::KeyOf(made->code), "the session stores the key of its code");
    codes.Cancel(made->command.code_key);
    fuzz::Require(codes.live_pins() == 0, "a PIN goes back");
  });
}

const std::array kKinds = {
    CommandOf<v1::StartSessionRequest>(),
    CommandOf<v1::HoldSessionRequest>(),
    CommandOf<v1::TransferSessionRequest>(),
    CommandOf<v1::CancelTransferRequest>(),
    CommandOf<v1::EndSessionRequest>(),
    CommandOf<v1::RebootDeviceRequest>(),
    CommandOf<v1::InviteTechnicianRequest>(),
    CommandOf<v1::RemoveTechnicianRequest>(),
    CommandOf<v1::LeaveSessionRequest>(),
    CommandOf<v1::OfferLeadRequest>(),
    CommandOf<v1::CancelLeadOfferRequest>(),
    CommandOf<v1::AcceptLeadRequest>(),
    CommandOf<v1::UpdateSessionRequest>(),
    CommandOf<v1::SetGrantsRequest>(),
    CommandOf<v1::RequestActivityRequest>(),
    CommandOf<v1::CloseActivityRequest>(),
    CommandOf<v1::SetChatRequest>(),
    CommandOf<v1::SendSurveyRequest>(),
    CommandOf<v1::SendChatRequest>(),
    CommandOf<v1::RejectOfferRequest>(),
    CommandOf<v1::AddNoteRequest>(),
    CommandOf<v1::JoinSessionRequest>(),
    Kind{&Make<v1::CreateSessionRequest>,
         [](const Principal& caller, std::string_view bytes) {
           Draw<v1::CreateSessionRequest>(
               bytes, [&](router::Codes& codes, const auto& request) { return router::ToNewSession(caller, codes, request); });
         }},
    Kind{&Make<v1::InviteExternalRequest>,
         [](const Principal& caller, std::string_view bytes) {
           Draw<v1::InviteExternalRequest>(bytes, [&](router::Codes& codes, const auto& request) {
             return router::ToNewInvitation(caller, codes, request);
           });
         }},
    Kind{&Make<v1::UpdateGroupRequest>,
         [](const Principal&, std::string_view bytes) {
           With<v1::UpdateGroupRequest>(bytes, [](const auto& request) {
             CheckEdit<Group>(router::ToEdit(request.group(), request.update_mask()), store::EncodeGroup, store::DecodeGroup);
           });
         }},
    Kind{&Make<v1::UpdateChannelRequest>,
         [](const Principal&, std::string_view bytes) {
           With<v1::UpdateChannelRequest>(bytes, [](const auto& request) {
             CheckEdit<Channel>(router::ToEdit(request.channel(), request.update_mask()), store::EncodeChannel,
                                store::DecodeChannel);
           });
         }},
    Kind{&Make<v1::UpdateTechnicianRequest>,
         [](const Principal&, std::string_view bytes) {
           With<v1::UpdateTechnicianRequest>(bytes, [](const auto& request) {
             const auto edit = router::ToEdit(request.technician(), request.update_mask(), "technician");
             if (!edit.ok()) return Refused(edit.status());
             Technician technician;
             (*edit)(technician);
             const auto back = store::DecodeTechnician(store::EncodeTechnician(technician));
             fuzz::Require(back.ok() && *back == technician, "what an administrator may set is kept as it is");
           });
         }},
    Kind{&Make<v1::UpdateOrganizationRequest>,
         [](const Principal&, std::string_view bytes) {
           With<v1::UpdateOrganizationRequest>(bytes, [](const auto& request) {
             const auto edit = router::ToEdit(request.organization(), request.update_mask());
             if (!edit.ok()) return Refused(edit.status());
             router::OrgConfig config;
             (*edit)(config);
             const store::OrgInfo info{OrgId{"acme"}, config.display_name, {}, {}, config.settings};
             const auto back = store::DecodeOrg(store::EncodeOrg(info));
             fuzz::Require(back.ok() && *back == info, "what an administrator may set is kept as it is");
           });
         }},
    Kind{&Make<v1::CreateApiKeyRequest>,
         [](const Principal&, std::string_view bytes) {
           With<v1::CreateApiKeyRequest>(bytes, [](const auto& request) {
             const auto key = router::ToKey(request.api_key());
             if (!key.ok()) return Refused(key.status());
             const auto back = store::DecodeApiKey(store::EncodeApiKey(*key));
             fuzz::Require(back.ok() && *back == *key, "a key is kept as it is");
           });
         }},
    Kind{&Make<v1::AnswerSurveyRequest>,
         [](const Principal&, std::string_view bytes) {
           With<v1::AnswerSurveyRequest>(bytes, [](const auto& request) { CheckStatus(router::ToAnswers(request.answers())); });
         }},
    Kind{&Make<v1::AttachRequest>,
         [](const Principal&, std::string_view bytes) {
           With<v1::AttachRequest>(bytes, [](const auto& request) {
             if (request.has_activity()) CheckStatus(router::ToFileInfo(request.activity().file()));
             if (request.has_revoke()) CheckStatus(router::ToRevoke(SessionId{1}, request.revoke()));
           });
         }},
    Kind{&Make<v1::SubmitFormRequest>,
         [](const Principal&, std::string_view bytes) {
           With<v1::SubmitFormRequest>(bytes, [](const auto& request) {
             CheckStatus(router::ToFormType(request.type()));
             CheckStatus(router::ToProfile(request.name(), request.custom_fields(), "", request.language()));
           });
         }},
};

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::MutateAfter(
      2, [](const uint8_t* head) { return kKinds[head[0] % kKinds.size()].make(); }, data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  kKinds[data[0] % kKinds.size()].check(Caller(data[1]), {reinterpret_cast<const char*>(data) + 2, size - 2});
  return 0;
}
