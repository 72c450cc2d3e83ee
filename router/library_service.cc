#include "router/library_service.h"

#include "router/authorize.h"
#include "router/library_file.h"
#include "router/parse.h"
#include "router/unary_call.h"
#include "router/validate.h"

namespace guichet::router {
namespace {

constexpr char kWhat[] = "handle libraries";

std::vector<LibraryItem> ToItems(const pb::Library& library) {
  std::vector<LibraryItem> items;
  for (const pb::LibraryReply& reply : library.replies())
    items.push_back({false, reply.name(), reply.category(), reply.text()});
  for (const pb::LibraryLink& link : library.links()) items.push_back({true, link.name(), link.category(), link.url()});
  return items;
}

void ToProto(const Library& library, pb::Library* out) {
  for (const LibraryItem& item : library.items) {
    if (item.link) {
      pb::LibraryLink* link = out->add_links();
      link->set_name(item.name);
      link->set_category(item.category);
      link->set_url(item.text);
    } else {
      pb::LibraryReply* reply = out->add_replies();
      reply->set_name(item.name);
      reply->set_category(item.category);
      reply->set_text(item.text);
    }
  }
  out->set_revision(library.revision.value);
}

absl::Status Find(const Org& org, const TechnicianId& technician, pb::Library* out) {
  if (FindMember(org, technician) == nullptr) return TechnicianNotFound(technician);
  auto library = org.libraries.find(technician);
  if (library != org.libraries.end()) ToProto(library->second, out);
  return absl::OkStatus();
}

// Whose library it is about.
template <class Request>
absl::StatusOr<TechnicianId> OwnerOf(const Principal& principal, const Request& request) {
  absl::StatusOr<TechnicianId> technician = Acting(principal, "technician_id", request.technician_id());
  if (technician.ok() && !*technician) return InvalidField("technician_id", "required: name the technician");
  return technician;
}

// Reads the library into `library` and lets `finish` complete the answer.
template <class Request>
grpc::ServerUnaryReactor* LookAt(Gateway& gateway, grpc::CallbackServerContext* context, const Request* request,
                                 std::shared_ptr<pb::Library> library, std::function<void(const pb::Library&, uint64_t)> finish,
                                 const absl::Status& form) {
  auto* call = new UnaryCall(gateway, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsRead, kWhat);
  absl::StatusOr<TechnicianId> owner =
      principal.ok() ? OwnerOf(*principal, *request) : absl::StatusOr<TechnicianId>(principal.status());
  if (!owner.ok() || !form.ok()) {
    call->Done(owner.ok() ? form : owner.status());
    return call;
  }
  auto revision = std::make_shared<uint64_t>(0);
  Read(
      gateway, principal->org,
      [principal = *principal, owner = *owner, library, revision](Turn&, OrgRuntime& rt) {
        *revision = rt.org.revision.value;
        if (absl::Status may = MayActFor(principal, rt.org, owner); !may.ok()) return may;
        return Find(rt.org, owner, library.get());
      },
      [call, library, revision, finish = std::move(finish)](const absl::Status& status) {
        if (status.ok()) finish(*library, *revision);
        call->Done(status);
      });
  return call;
}

// Stores what `parse` makes of the request.
template <class Request, class Response>
grpc::ServerUnaryReactor* Put(Gateway& gateway, grpc::CallbackServerContext* context, const Request* request,
                              Response* response, const std::function<absl::StatusOr<command::PutLibrary>()>& parse) {
  auto* call = new UnaryCall(gateway, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsWrite, kWhat);
  absl::StatusOr<TechnicianId> owner =
      principal.ok() ? OwnerOf(*principal, *request) : absl::StatusOr<TechnicianId>(principal.status());
  absl::Status refused = owner.status();
  if (refused.ok()) refused = CheckRequestId(request->request_id());
  absl::StatusOr<command::PutLibrary> put = refused.ok() ? parse() : absl::StatusOr<command::PutLibrary>(refused);
  if (!put.ok()) {
    call->Done(put.status());
    return call;
  }
  put->technician = *owner;
  Mutate(
      gateway, call->Begin(*principal, request->request_id(), *request),
      [put = *std::move(put)](const Org&) -> absl::StatusOr<Command> { return Command{put}; }, response,
      [response, owner = *owner](const OrgRuntime& rt, const Step&) {
        auto stored = rt.org.libraries.find(owner);
        if (stored != rt.org.libraries.end()) response->set_revision(stored->second.revision.value);
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

}  // namespace

grpc::ServerUnaryReactor* LibraryService::GetLibrary(Context context, const pb::GetLibraryRequest* request,
                                                     pb::GetLibraryResponse* response) {
  return LookAt(
      gateway_, context, request, std::make_shared<pb::Library>(),
      [response](const pb::Library& library, uint64_t revision) {
        *response->mutable_library() = library;
        response->set_revision(revision);
      },
      absl::OkStatus());
}

grpc::ServerUnaryReactor* LibraryService::ExportLibrary(Context context, const pb::ExportLibraryRequest* request,
                                                        pb::ExportLibraryResponse* response) {
  return LookAt(
      gateway_, context, request, std::make_shared<pb::Library>(),
      [response, format = request->format()](const pb::Library& library, uint64_t revision) {
        response->set_document(WriteLibrary(format, library));
        response->set_revision(revision);
      },
      CheckLibraryFormat(request->format()));
}

grpc::ServerUnaryReactor* LibraryService::UpdateLibrary(Context context, const pb::UpdateLibraryRequest* request,
                                                        pb::UpdateLibraryResponse* response) {
  return Put(gateway_, context, request, response, [request]() -> absl::StatusOr<command::PutLibrary> {
    if (absl::Status form = CheckLibrary(request->library()); !form.ok()) return form;
    return command::PutLibrary{{}, ToItems(request->library()), Revision{request->library().revision()}, false};
  });
}

grpc::ServerUnaryReactor* LibraryService::ImportLibrary(Context context, const pb::ImportLibraryRequest* request,
                                                        pb::ImportLibraryResponse* response) {
  return Put(gateway_, context, request, response, [request]() -> absl::StatusOr<command::PutLibrary> {
    absl::StatusOr<pb::Library> library = ParseLibrary(request->format(), request->document());
    if (!library.ok()) return library.status();
    return command::PutLibrary{{}, ToItems(*library), Revision{}, request->append()};
  });
}

}  // namespace guichet::router
