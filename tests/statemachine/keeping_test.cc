// What is kept of a session: files, notes, answers to the survey; and technicians' libraries (domain.md §7).
#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

template <class E>
const E* Find(const Step& step) {
  for (const Event& event : step.entry.events) {
    if (const E* found = std::get_if<E>(&event)) return found;
  }
  return nullptr;
}

// --- files

const FileInfo kReport{"report.pdf", 1024, std::string(32, 'x')};

TEST(Files, AFileThatIsSentIsRecordedWithItsOutcome) {
  World world;
  const SessionId id = world.Active();
  world.Do(command::RequestActivity{T(id, kAnn), ActivityKind::kSendFile, "", kReport});
  EXPECT_EQ(world.Get(id).activities[0].file, kReport);
  world.Do(Answer(id, 1, true));
  const Step closed = world.Do(command::CloseActivity{T(id, kAnn), 1, FileOutcome::kCompleted, {}});
  ASSERT_NE(Find<event::ActivityClosed>(closed), nullptr);
  EXPECT_EQ(Find<event::ActivityClosed>(closed)->outcome, FileOutcome::kCompleted);
  EXPECT_EQ(Find<event::ActivityClosed>(closed)->file, kReport);
}

TEST(Files, TheCustomerTellsWhatHeGivesAndHowItCameOut) {
  World world;
  const SessionId id = world.Active();
  world.Do(Request(id, kAnn, ActivityKind::kReceiveFile));
  world.Do(command::AnswerActivity{id, 1, true, false, kReport});
  EXPECT_EQ(world.Get(id).activities[0].file, kReport);
  const Step closed = world.Do(command::RevokeActivity{id, 1, FileOutcome::kFailed, {}});
  EXPECT_EQ(Find<event::ActivityClosed>(closed)->outcome, FileOutcome::kFailed);
  EXPECT_EQ(Find<event::ActivityClosed>(closed)->file, kReport);
}

TEST(Files, TheCustomerDoesNotSayWhatATechnicianSends) {
  World world;
  const SessionId id = world.Active();
  world.Do(command::RequestActivity{T(id, kAnn), ActivityKind::kSendFile, "", kReport});
  world.Do(command::AnswerActivity{id, 1, true, false, {"invoice.pdf", 1, ""}});
  EXPECT_EQ(world.Get(id).activities[0].file, kReport);
}

TEST(Files, WithoutAnOutcomeItWasCanceled) {
  World world;
  const SessionId id = world.Active();
  const auto ask = [&] { world.Do(command::RequestActivity{T(id, kAnn), ActivityKind::kSendFile, "", kReport}); };
  const std::vector<Command> ways = {Answer(id, 1, false), command::CloseActivity{T(id, kAnn), 2},
                                     command::RevokeActivity{id, 3}, command::RevokeActivity{id, 0}};
  for (const Command& way : ways) {
    ask();
    EXPECT_EQ(Find<event::ActivityClosed>(world.Do(way))->outcome, FileOutcome::kCanceled);
  }
}

TEST(Files, OtherActivitiesHaveNeitherFileNorOutcome) {
  World world;
  const SessionId id = world.Active();
  world.Do(Request(id, kAnn, ActivityKind::kRemoteControl));
  world.Do(command::AnswerActivity{id, 1, true, false, kReport});
  EXPECT_EQ(world.Get(id).activities[0].file, FileInfo{});
  const Step closed = world.Do(command::CloseActivity{T(id, kAnn), 1, FileOutcome::kCompleted, kReport});
  EXPECT_EQ(Find<event::ActivityClosed>(closed)->outcome, FileOutcome::kNone);
  EXPECT_EQ(Find<event::ActivityClosed>(closed)->file, FileInfo{});
}

// --- notes

Command Note(SessionId id, const TechnicianId& t) { return command::AddNote{T(id, t), "Printer replaced."}; }

TEST(Notes, WhoeverSeesTheSessionWritesThemAlsoOnceItHasEnded) {
  World world;
  const SessionId id = world.Active();
  EXPECT_EQ(world.ReasonOf(Note(id, kAnn)), "");
  EXPECT_EQ(world.ReasonOf(Note(id, {})), "") << "an integrator";
  EXPECT_EQ(world.ReasonOf(Note(id, kCat)), "NOT_IN_QUEUE");
  world.Do(Invite(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Note(id, kBob)), "");
  world.Do(CustomerEnds(id));
  const Step step = world.Do(Note(id, kAnn));
  EXPECT_EQ(Find<event::NoteAdded>(step)->name, "ann");
  EXPECT_EQ(Find<event::NoteAdded>(step)->text, "Printer replaced.");
  EXPECT_EQ(world.Get(id).notes, 4u);
  world.Do(End(id, kAnn));
  EXPECT_EQ(world.ReasonOf(Note(id, kAnn)), "SESSION_NOT_FOUND") << "nobody shows it any more";
}

TEST(Notes, DoNotDependOnTheLead) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  world.Do(Start(id, kBob));
  world.Do(CustomerEnds(id));
  TechnicianConfig disabled = Config(kAnn);
  disabled.disabled = true;
  world.Do(command::PutTechnician{kAnn, disabled});
  EXPECT_EQ(world.ReasonOf(Note(id, kBob)), "");
  EXPECT_EQ(world.ReasonOf(Note(id, {})), "");
  EXPECT_EQ(world.ReasonOf(Note(id, kCat)), "SESSION_ENDED");
}

TEST(Notes, ExternalTechniciansWriteNone) {
  World world;
  world.Permit(Permissions::All());
  const SessionId id = world.Active();
  world.Do(command::InviteExternal{T(id, kAnn), "Olga", "", "123456"});
  EXPECT_EQ(world.ReasonOf(Note(id, ExternalId(id, 1))), "EXTERNAL_TECHNICIAN");
}

TEST(Notes, HaveALimit) {
  World world;
  const SessionId id = world.Active();
  world.org.sessions.at(id).notes = limits::kNotes - 1;
  EXPECT_EQ(world.ReasonOf(Note(id, kAnn)), "");
  EXPECT_EQ(world.ReasonOf(Note(id, kAnn)), "TOO_MANY");
}

// --- survey

struct SurveyWorld : World {
  SurveyWorld() {
    GroupSettings settings;
    settings.survey = "How was it?";
    settings.survey_at_end = true;
    Settings(settings);
  }
};
Command Answers(SessionId id) { return command::AnswerSurvey{id, {{"How was it?", "Fine."}}}; }

TEST(Survey, IsAnsweredAfterTheEndAndOnce) {
  SurveyWorld world;
  const SessionId id = world.Active();
  EXPECT_EQ(world.ReasonOf(Answers(id)), "SURVEY_CLOSED") << "none was sent";
  world.Do(End(id, kAnn));
  ASSERT_FALSE(world.Gone(id)) << "it waits for the answers";
  EXPECT_EQ(world.Views(id), "REMOVED REMOVED REMOVED") << "but nobody sees it";
  const Step step = world.Do(Answers(id));
  EXPECT_EQ(Find<event::SurveyAnswered>(step)->answers.at(0).answer, "Fine.");
  EXPECT_TRUE(world.Gone(id));
  EXPECT_EQ(world.ReasonOf(Answers(id)), "SURVEY_CLOSED");
}

TEST(Survey, WaitsForAnHour) {
  SurveyWorld world;
  const SessionId id = world.Active();
  world.Do(End(id, kAnn));
  world.Wait(limits::kSurveyOpen - Duration{1});
  EXPECT_EQ(world.FireDue(), 0);
  world.Wait(Duration{1});
  EXPECT_EQ(world.FireAllDue(id), std::vector{Trigger::kSurveyClosed});
  EXPECT_TRUE(world.Gone(id));
}

TEST(Survey, ASessionThatIsStillShownStaysWhenItsSurveyCloses) {
  SurveyWorld world;
  const SessionId id = world.Active();
  world.Do(CustomerEnds(id));
  world.Wait(limits::kSurveyOpen);
  world.FireDue();
  EXPECT_EQ(world.See(id, kAnn), EntryState::kClosed);
  EXPECT_EQ(world.ReasonOf(Answers(id)), "SURVEY_CLOSED");
  world.Do(End(id, kAnn));
  EXPECT_TRUE(world.Gone(id));
}

TEST(Survey, SentByHandIsAnsweredDuringTheSessionAndNotAskedAgain) {
  GroupSettings settings;
  settings.survey = "How was it?";
  World world(settings);
  const SessionId id = world.Active();
  world.Do(command::SendSurvey{T(id, kAnn)});
  EXPECT_EQ(world.ReasonOf(Answers(id)), "");
  EXPECT_EQ(world.ReasonOf(Answers(id)), "SURVEY_CLOSED");
  world.Do(End(id, kAnn));
  EXPECT_TRUE(world.Gone(id));
}

// --- libraries

std::vector<LibraryItem> Items(size_t count, size_t bytes = 4) {
  return std::vector<LibraryItem>(count, {false, "n", "", std::string(bytes - 1, 'x')});
}
Command Put(const TechnicianId& t, std::vector<LibraryItem> items, Revision expected = {}, bool append = false) {
  return command::PutLibrary{t, std::move(items), expected, append};
}

TEST(Libraries, AreReplacedOrGrow) {
  World world;
  world.Do(Put(kAnn, Items(2)));
  const Revision first = world.org.revision;
  EXPECT_EQ(world.org.libraries.at(kAnn).revision, first);
  world.Do(Put(kAnn, Items(1), {}, true));
  EXPECT_EQ(world.org.libraries.at(kAnn).items.size(), 3u);
  EXPECT_EQ(world.ReasonOf(Put(kAnn, Items(1), first)), "LIBRARY_CHANGED");
  EXPECT_EQ(world.ReasonOf(Put(kAnn, Items(1), world.org.revision)), "");
  EXPECT_EQ(world.org.library_bytes, 4u);
  EXPECT_TRUE(world.Do(Put(kAnn, Items(1))).entry.events.empty()) << "nothing changed";
  world.Do(Put(kAnn, {}));
  EXPECT_TRUE(world.org.libraries.empty());
  EXPECT_EQ(world.ReasonOf(Put(TechnicianId{"nobody"}, Items(1))), "TECHNICIAN_NOT_FOUND");
}

TEST(Libraries, GoWithTheirTechnician) {
  World world;
  world.Do(Put(kCat, Items(3)));
  world.Do(command::DeleteTechnician{kCat, {}});
  EXPECT_TRUE(world.org.libraries.empty());
  EXPECT_EQ(world.org.library_bytes, 0u);
}

TEST(Libraries, HaveLimits) {
  World world;
  EXPECT_EQ(world.ReasonOf(Put(kAnn, Items(limits::kLibraryItems))), "");
  EXPECT_EQ(world.ReasonOf(Put(kAnn, Items(limits::kLibraryItems + 1))), "TOO_MANY");
  EXPECT_EQ(world.ReasonOf(Put(kAnn, Items(1), {}, true)), "TOO_MANY");
  EXPECT_EQ(world.ReasonOf(Put(kAnn, Items(16, limits::kLibraryBytes / 16))), "");
  EXPECT_EQ(world.ReasonOf(Put(kAnn, Items(1), {}, true)), "TOO_MANY") << "bytes";
  world.org.library_bytes = limits::kLibrariesBytes - 3;  // others have as much
  EXPECT_EQ(world.ReasonOf(Put(kBob, Items(1))), "TOO_MANY");
  world.org.library_bytes = limits::kLibraryBytes;
}

}  // namespace
}  // namespace guichet::testing
