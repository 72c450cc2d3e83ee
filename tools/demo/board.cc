#include "tools/demo/board.h"

#include <algorithm>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/ctl/output.h"
#include "tools/ctl/words.h"

namespace guichet::demo {
namespace {

using ctl::Word;

// Often enough for the eye, and for the seconds of the SINCE column.
constexpr absl::Duration kRedrawEvery = absl::Milliseconds(250);

}  // namespace

Board::Board(bool redraw) : redraw_(redraw) {
  if (!redraw_) return;
  painter_ = std::thread([this] {
    absl::MutexLock lock(&mutex_);
    while (!mutex_.AwaitWithTimeout(absl::Condition(&closed_), kRedrawEvery)) Redraw();
    Redraw();
  });
}

Board::~Board() { Close(); }

void Board::Close() {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  if (painter_.joinable()) painter_.join();
}

void Board::Show(const std::string& technician_id, const v1::WatchQueueResponse& response) {
  absl::MutexLock lock(&mutex_);
  for (const v1::QueueEntry& entry : response.snapshot().entries()) {
    entries_[{technician_id, entry.session().session_id()}] = entry;
  }
  if (!response.has_change()) return;
  const v1::QueueChange& change = response.change();
  const uint64_t session_id = change.entry().session().session_id();
  if (change.entry().state() == v1::ENTRY_STATE_REMOVED) {
    entries_.erase({technician_id, session_id});
  } else {
    entries_[{technician_id, session_id}] = change.entry();
  }
  if (redraw_ || change.from() == change.entry().state()) return;
  std::cout << technician_id << "  " << session_id << "  "
            << (change.from() == v1::ENTRY_STATE_UNSPECIFIED ? "+" : absl::StrCat(Word(change.from()), "→"))
            << Word(change.entry().state()) << "  " << change.entry().session().name() << "  " << change.trigger() << "\n"
            << std::flush;
}

void Board::Say(const std::string& line) {
  absl::MutexLock lock(&mutex_);
  said_ = line;
  if (!redraw_) std::cout << "-- " << line << "\n" << std::flush;
}

void Board::Redraw() {
  ctl::Table table({"TECHNICIAN", "SESSION", "STATE", "SINCE", "NAME"});
  for (const auto& [key, entry] : entries_) {
    table.Add({key.first, absl::StrCat(key.second), Word(entry.state()), ctl::Since(entry.since_time(), absl::Now()),
               entry.session().name()});
  }
  const std::string text = absl::StrCat(table.Text(), "\n", said_, "\n");
  if (lines_drawn_ > 0) std::cout << "\x1b[" << lines_drawn_ << "A";
  std::cout << "\x1b[J" << text << std::flush;
  lines_drawn_ = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace guichet::demo
