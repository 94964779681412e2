// The worker threads, and the round-robin queue of what can run on them.
#pragma once
#include <functional>

namespace emu {

enum class Progress { DONE, AGAIN, IDLE };  // IDLE: again, but nothing was achieved this time

/// Queues a task; it runs in turns until it answers DONE. An urgent one goes before all others, the first time.
void schedule(std::function<Progress()> task, bool urgent = false);

}  // namespace emu
