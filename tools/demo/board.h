// The live queue on the terminal: redrawn in place on a terminal, one line a change elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "guichet/v1/queue_service.pb.h"

namespace guichet::demo {

// Thread-safe. Writes to standard output.
class Board {
 public:
  explicit Board(bool redraw);
  ~Board();

  // One message of the watch of `technician_id`.
  void Show(const std::string& technician_id, const v1::WatchQueueResponse& response);
  // A line about the script.
  void Say(const std::string& line);
  // Stops redrawing; what is on the screen stays.
  void Close();

 private:
  void Redraw() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const bool redraw_;
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int lines_drawn_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string said_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, uint64_t>, v1::QueueEntry> entries_ ABSL_GUARDED_BY(mutex_);
  std::thread painter_;
};

}  // namespace guichet::demo
