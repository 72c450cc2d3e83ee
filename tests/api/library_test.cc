// Libraries of technicians over the API; what documents may say is tested in tests/library.
#include "guichet/v1/library_service.grpc.pb.h"
#include "statemachine/limits.h"
#include "tests/api/world.h"

namespace guichet::api_test {
namespace {

class Libraries : public ::testing::Test {
 protected:
  pb::Library Of(const std::string& token, const std::string& technician = "") {
    pb::GetLibraryRequest request;
    request.set_technician_id(technician);
    return world.Must<pb::GetLibraryResponse>(request, token).library();
  }
  static pb::UpdateLibraryRequest With(const std::string& text, uint64_t revision = 0) {
    pb::UpdateLibraryRequest request;
    pb::LibraryReply* reply = request.mutable_library()->add_replies();
    reply->set_name("Hello");
    reply->set_category("Greetings");
    reply->set_text(text);
    pb::LibraryLink* link = request.mutable_library()->add_links();
    link->set_name("Manual");
    link->set_url("https://example.com/manual");
    request.mutable_library()->set_revision(revision);
    return request;
  }

  World world;
};

TEST_F(Libraries, AreKeptAlsoAfterARestart) {
  EXPECT_EQ(Of(world.ann).revision(), 0u);
  const uint64_t revision = world.Must<pb::UpdateLibraryResponse>(With("Good morning."), world.ann).revision();
  world.daemon.Restart();
  const pb::Library library = Of(world.ann);
  EXPECT_EQ(library.revision(), revision);
  ASSERT_EQ(library.replies_size(), 1);
  EXPECT_EQ(library.replies(0).text(), "Good morning.");
  EXPECT_EQ(library.replies(0).category(), "Greetings");
  EXPECT_EQ(library.links(0).url(), "https://example.com/manual");
  EXPECT_EQ(Of(world.bob).replies_size(), 0) << "each has his own";
}

TEST_F(Libraries, AChangeOfWhatSomebodyElseHasChangedIsRefused) {
  const uint64_t first = world.Must<pb::UpdateLibraryResponse>(With("one"), world.ann).revision();
  pb::UpdateLibraryRequest by_admin = With("two");
  by_admin.set_technician_id("ann");
  world.Must<pb::UpdateLibraryResponse>(by_admin, world.admin);
  EXPECT_EQ(world.Call<pb::UpdateLibraryResponse>(With("three", first), world.ann).outcome.reason, "LIBRARY_CHANGED");
  world.Must<pb::UpdateLibraryResponse>(With("three", Of(world.ann).revision()), world.ann);
  EXPECT_EQ(Of(world.admin, "ann").replies(0).text(), "three");
}

TEST_F(Libraries, WhatIsExportedIsImportedInBothFormats) {
  world.Must<pb::UpdateLibraryResponse>(With("a <b> & \"c\"\n\tü €"), world.ann);
  for (pb::LibraryFormat format : {pb::LIBRARY_FORMAT_JSON, pb::LIBRARY_FORMAT_XML}) {
    pb::ExportLibraryRequest out;
    out.set_format(format);
    pb::ImportLibraryRequest in;
    in.set_format(format);
    in.set_document(world.Must<pb::ExportLibraryResponse>(out, world.ann).document());
    world.Must<pb::ImportLibraryResponse>(in, world.bob);
    pb::Library expected = Of(world.ann);
    expected.set_revision(Of(world.bob).revision());
    EXPECT_EQ(Of(world.bob).ShortDebugString(), expected.ShortDebugString());
    in.set_append(true);
    world.Must<pb::ImportLibraryResponse>(in, world.bob);
    EXPECT_EQ(Of(world.bob).replies_size(), 2);
    in.set_append(false);
    world.Must<pb::ImportLibraryResponse>(in, world.bob);
    EXPECT_EQ(Of(world.bob).replies_size(), 1);
  }
}

TEST_F(Libraries, ABadDocumentChangesNothing) {
  world.Must<pb::UpdateLibraryResponse>(With("stays"), world.ann);
  pb::ImportLibraryRequest in;
  in.set_document(
      "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><library version=\"1\"><reply name=\"x\">&e;</reply></library>");
  EXPECT_EQ(world.Call<pb::ImportLibraryResponse>(in, world.ann).outcome.metadata["field"], "format");
  in.set_format(pb::LIBRARY_FORMAT_XML);
  EXPECT_EQ(world.Call<pb::ImportLibraryResponse>(in, world.ann).outcome.metadata["field"], "document");
  EXPECT_EQ(Of(world.ann).replies(0).text(), "stays");
  pb::ExportLibraryRequest out;
  EXPECT_EQ(world.Call<pb::ExportLibraryResponse>(out, world.ann).outcome.metadata["field"], "format");
}

TEST_F(Libraries, OnlyTheTechnicianHimselfAndAdministratorsAndIntegratorsReachOne) {
  pb::GetLibraryRequest get;
  get.set_technician_id("ann");
  EXPECT_EQ(world.Call<pb::GetLibraryResponse>(get, world.bob).outcome.code, grpc::PERMISSION_DENIED);
  EXPECT_TRUE(world.Call<pb::GetLibraryResponse>(get, world.integrator).ok());
  get.set_technician_id("nobody");
  EXPECT_EQ(world.Call<pb::GetLibraryResponse>(get, world.integrator).outcome.reason, "TECHNICIAN_NOT_FOUND");
  get.clear_technician_id();
  EXPECT_EQ(world.Call<pb::GetLibraryResponse>(get, world.integrator).outcome.metadata["field"], "technician_id");
  pb::UpdateLibraryRequest put = With("x");
  put.set_technician_id("ann");
  EXPECT_EQ(world.Call<pb::UpdateLibraryResponse>(put, world.bob).outcome.code, grpc::PERMISSION_DENIED);
}

TEST_F(Libraries, HaveALimit) {
  pb::UpdateLibraryRequest put;
  for (size_t i = 0; i <= limits::kLibraryItems; ++i) {
    put.mutable_library()->add_replies()->set_name("n");
    put.mutable_library()->mutable_replies(static_cast<int>(i))->set_text("t");
  }
  EXPECT_EQ(world.Call<pb::UpdateLibraryResponse>(put, world.ann).outcome.code, grpc::INVALID_ARGUMENT);
  put.mutable_library()->mutable_replies()->RemoveLast();
  world.Must<pb::UpdateLibraryResponse>(put, world.ann);
  pb::ImportLibraryRequest in;
  in.set_format(pb::LIBRARY_FORMAT_JSON);
  in.set_document("{\"version\":1,\"replies\":[{\"name\":\"n\",\"category\":\"\",\"text\":\"t\"}],\"links\":[]}");
  in.set_append(true);
  EXPECT_EQ(world.Call<pb::ImportLibraryResponse>(in, world.ann).outcome.reason, "TOO_MANY");
}

}  // namespace
}  // namespace guichet::api_test
