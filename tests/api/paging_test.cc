// Lists in pages: all of them walk to the end, once, and their tokens are bound to the filters.
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class Paging : public ::testing::Test {
 protected:
  // The keys of all items over all pages of `size`.
  template <class Response, class Request, class Keys>
  std::vector<std::string> Walk(Request request, const std::string& token, int size, const Keys& keys) {
    std::vector<std::string> all;
    request.set_page_size(size);
    for (int pages = 0; pages < 1000; ++pages) {
      const Response response = world.Must<Response>(request, token);
      const std::vector<std::string> page = keys(response);
      EXPECT_LE(page.size(), static_cast<size_t>(size));
      all.insert(all.end(), page.begin(), page.end());
      if (response.next_page_token().empty()) return all;
      EXPECT_EQ(page.size(), static_cast<size_t>(size));
      request.set_page_token(response.next_page_token());
    }
    ADD_FAILURE() << "pages without end";
    return all;
  }
  // Pages of every size give the same items in the same order.
  template <class Response, class Request, class Keys>
  void SameInPages(const Request& request, const std::string& token, size_t count, const Keys& keys) {
    const auto whole = Walk<Response>(request, token, 500, keys);
    EXPECT_EQ(whole.size(), count) << request.GetTypeName();
    for (const int size : {1, 2, 3, static_cast<int>(count)}) {
      EXPECT_EQ(Walk<Response>(request, token, size, keys), whole) << request.GetTypeName() << " in pages of " << size;
    }
  }
  World world;
};

std::vector<std::string> SessionIds(const pb::ListSessionsResponse& response) {
  std::vector<std::string> ids;
  for (const auto& session : response.sessions()) ids.push_back(std::to_string(session.session_id()));
  return ids;
}

TEST_F(Paging, Administration) {
  for (const char* id : {"aa", "bb", "cc"}) {
    pb::CreateGroupRequest group;
    group.mutable_group()->set_group_id(id);
    world.Must<pb::CreateGroupResponse>(group, world.admin);
    pb::CreateChannelRequest channel;
    channel.mutable_channel()->set_channel_id(id);
    world.Must<pb::CreateChannelResponse>(channel, world.admin);
    MakeOrganization(world.client(), id);
  }
  SameInPages<pb::ListGroupsResponse>(pb::ListGroupsRequest(), world.ann, 4, [](const auto& r) {
    std::vector<std::string> ids;
    for (const auto& g : r.groups()) ids.push_back(g.group_id());
    return ids;
  });
  SameInPages<pb::ListChannelsResponse>(pb::ListChannelsRequest(), world.ann, 4, [](const auto& r) {
    std::vector<std::string> ids;
    for (const auto& c : r.channels()) ids.push_back(c.channel_id());
    return ids;
  });
  SameInPages<pb::ListApiKeysResponse>(pb::ListApiKeysRequest(), world.admin, 5, [](const auto& r) {
    std::vector<std::string> ids;
    for (const auto& k : r.api_keys()) ids.push_back(k.key_id());
    return ids;
  });
  SameInPages<pb::ListOrganizationsResponse>(pb::ListOrganizationsRequest(), kOperatorToken, 4, [](const auto& r) {
    std::vector<std::string> ids;
    for (const auto& o : r.organizations()) ids.push_back(o.organization_id());
    return ids;
  });
  pb::ListTechniciansRequest technicians;
  technicians.set_group_id("desk");
  SameInPages<pb::ListTechniciansResponse>(technicians, world.ann, 3, [](const auto& r) {
    std::vector<std::string> ids;
    for (const auto& t : r.technicians()) ids.push_back(t.technician_id());
    return ids;
  });
}

TEST_F(Paging, SessionsLiveAndEnded) {
  pb::CreateSessionRequest create;
  create.set_method(pb::METHOD_LINK);
  std::vector<uint64_t> ids;
  for (int i = 0; i < 12; ++i) {
    create.set_tracking_id(i % 2 == 0 ? "even" : "odd");
    ids.push_back(world.Must<pb::CreateSessionResponse>(create, i % 3 == 0 ? world.bob : world.ann).session().session_id());
  }
  pb::ListSessionsRequest list;
  SameInPages<pb::ListSessionsResponse>(list, world.admin, 12, SessionIds);
  SameInPages<pb::ListSessionsResponse>(list, world.ann, 8, SessionIds);
  list.set_tracking_id("odd");
  SameInPages<pb::ListSessionsResponse>(list, world.admin, 6, SessionIds);
  SameInPages<pb::ListSessionsResponse>(list, world.ann, 4, SessionIds);
  for (size_t i = 0; i < ids.size(); i += 2) {
    world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(ids[i], i % 3 == 0 ? "bob" : "ann"), world.integrator);
  }
  list.Clear();
  SameInPages<pb::ListSessionsResponse>(list, world.admin, 6, SessionIds);
  list.set_ended(true);
  SameInPages<pb::ListSessionsResponse>(list, world.admin, 6, SessionIds);
  SameInPages<pb::ListSessionsResponse>(list, world.ann, 4, SessionIds);
  list.set_technician_id("bob");
  SameInPages<pb::ListSessionsResponse>(list, world.admin, 2, SessionIds);
  list.set_technician_id("");
  list.set_tracking_id("odd");
  SameInPages<pb::ListSessionsResponse>(list, world.admin, 0, SessionIds);
}

TEST_F(Paging, QueuesAndTimelines) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  const uint64_t id = sessions.Active(world.ann);
  for (int i = 0; i < 9; ++i) world.Enter();
  world.CreatePin(world.ann);
  SameInPages<pb::ListQueueResponse>(pb::ListQueueRequest(), world.ann, 11, [](const auto& r) {
    std::vector<std::string> ids;
    for (const auto& e : r.entries()) ids.push_back(std::to_string(e.session().session_id()));
    return ids;
  });
  for (int i = 0; i < 5; ++i) {
    world.Must<pb::HoldSessionResponse>(World::On<pb::HoldSessionRequest>(id), world.ann);
    world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), world.ann);
  }
  pb::GetTimelineRequest timeline;
  timeline.set_session_id(id);
  auto revisions = [](const pb::GetTimelineResponse& r) {
    std::vector<std::string> out;
    for (const auto& e : r.events()) out.push_back(std::to_string(e.revision()));
    return out;
  };
  SameInPages<pb::GetTimelineResponse>(timeline, world.ann, 13, revisions);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id), world.ann);
  SameInPages<pb::GetTimelineResponse>(timeline, world.bob, 14, revisions);
}

TEST_F(Paging, TokensAreBoundToTheFilters) {
  for (int i = 0; i < 3; ++i) world.CreatePin(world.ann);
  auto refused = [&](const Message& request, const std::string& token) {
    auto response = NewMessage(MethodOf(request)->output_type());
    EXPECT_EQ(world.client().CallInto(request, response.get(), token).fields, std::vector<std::string>{"page_token"})
        << request.ShortDebugString();
  };
  pb::ListSessionsRequest list;
  list.set_page_size(1);
  list.set_page_token(world.Must<pb::ListSessionsResponse>(list, world.admin).next_page_token());
  EXPECT_NE(list.page_token(), "");
  refused(list, MakeOrganization(world.client(), "rival"));
  pb::ListSessionsRequest other = list;
  other.set_tracking_id("x");
  refused(other, world.admin);
  other = list;
  other.set_ended(true);
  refused(other, world.admin);
  list.set_page_size(2);  // the size is no filter
  EXPECT_EQ(world.Must<pb::ListSessionsResponse>(list, world.admin).sessions_size(), 2);
  pb::ListQueueRequest queue;
  queue.set_page_size(1);
  queue.set_page_token(world.Must<pb::ListQueueResponse>(queue, world.ann).next_page_token());
  refused(queue, world.bob);
  queue.set_tab(pb::QUEUE_TAB_PRIVATE);
  refused(queue, world.ann);
  pb::ListTechniciansRequest technicians;
  technicians.set_page_size(1);
  technicians.set_page_token(world.Must<pb::ListTechniciansResponse>(technicians, world.ann).next_page_token());
  technicians.set_status(pb::TECHNICIAN_STATUS_OFFLINE);
  refused(technicians, world.ann);
  pb::GetTimelineRequest timeline;
  timeline.set_session_id(1);
  timeline.set_page_token(list.page_token());
  refused(timeline, world.admin);
}

}  // namespace
}  // namespace guichet::api_test
