// SIGTERM: the daemon finishes what it took in, and its clients go on with the next one.
#include <signal.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/rig.h"

namespace guichet::faults {
namespace {

TEST(DrainTest, ARestartUnderLoadLosesNoChangeAndClientsComeBackByThemselves) {
  Rig rig;
  const auto created = rig.Create();
  const uint64_t session = created.session().session_id();
  auto watch = rig.Ctl({"watch", "--token-file", rig.ann_token_file(), "-o", "json"});
  auto applet = rig.Ctl({"applet", "attach", "--token", rig.Redeem(created.code())});
  auto wait = rig.Ctl({"queue", "wait", absl::StrCat(session), "waiting", "--token-file", rig.ann_token_file()});
  ASSERT_EQ(wait->Wait(), 0) << wait->output();

  constexpr int kRestarts = 5;
  int sent = 0;
  for (int restart = 0; restart < kRestarts; ++restart) {
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(rig.TryUpdate(session, absl::StrCat("number-", sent++, ".")).ok());
    rig.Stop();
    rig.Start();
    rig.ExpectAllAcknowledged();
  }
  // The device is there again, without anybody's doing.
  pb::StartSessionRequest start;
  start.mutable_target()->set_session_id(session);
  Await("the device", [&] {
    pb::StartSessionResponse response;
    return rig.ann().Mutate(&start, &response).ok();
  });
  for (int i = 0; i < sent;) {
    const std::string line = watch->NextLine();
    ASSERT_NE(line, "");
    if (!absl::StrContains(line, "\"number-")) continue;
    if (absl::StrContains(line, absl::StrCat("\"number-", i - 1, ".\""))) continue;  // another change of the same entry
    ASSERT_TRUE(absl::StrContains(line, absl::StrCat("\"number-", i, ".\""))) << line;
    ++i;
  }
  rig.End(session);
  EXPECT_EQ(applet->Wait(), 0) << applet->output();
}

}  // namespace
}  // namespace guichet::faults
