#include "device/scheduler.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "device/operation.h"
#include "device/options.h"

namespace emu {
namespace {

constexpr auto NAP = std::chrono::microseconds(40);  // when all that is left only polls

class Scheduler {
 public:
  static Scheduler& get() {
    static Scheduler* const scheduler = new Scheduler();
    return *scheduler;
  }
  void add(std::function<Progress()> task, bool urgent) {
    {
      std::lock_guard<std::mutex> hold(lock);
      if (urgent) tasks.push_front(std::move(task));
      else tasks.push_back(std::move(task));
      idle = 0;
    }
    wake.notify_one();
  }

 private:
  Scheduler() {
    for (int k = 0; k < options().threads; k++) std::thread([this] { work(); }).detach();
  }
  void work() {
    std::unique_lock<std::mutex> hold(lock);
    for (;;) {
      while (tasks.empty()) wake.wait(hold);
      std::function<Progress()> task = std::move(tasks.front());
      tasks.pop_front();
      hold.unlock();
      const Progress progress = task();
      hold.lock();
      if (progress == Progress::AGAIN || progress == Progress::DONE) idle = 0;
      if (progress == Progress::DONE) continue;
      tasks.push_back(std::move(task));
      if (progress == Progress::IDLE && ++idle > tasks.size()) {
        idle = 0;
        hold.unlock();
        std::this_thread::sleep_for(NAP);
        hold.lock();
      }
    }
  }
  std::mutex lock;
  std::condition_variable wake;
  std::deque<std::function<Progress()>> tasks;
  size_t idle = 0;
};

// Guards the edges between operations.
std::mutex graphLock;
std::condition_variable finished;

}  // namespace

void schedule(std::function<Progress()> task, bool urgent) { Scheduler::get().add(std::move(task), urgent); }

u64 clockNanoseconds() {
  return u64(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

/// What a stream does next is short, or only places work-groups: it does not queue behind the turns of running ones.
static void begin(const OperationPointer& operation) {
  schedule(
      [operation] {
        operation->start();
        return Progress::DONE;
      },
      true);
}

void submit(const OperationPointer& operation, const std::vector<OperationPointer>& after) {
  {
    std::lock_guard<std::mutex> hold(graphLock);
    for (const OperationPointer& before : after) {
      if (!before || before->done()) continue;
      before->dependents.push_back(operation);
      operation->waitingFor++;
    }
    if (operation->waitingFor) return;
  }
  begin(operation);
}

void Operation::finish() {
  std::vector<OperationPointer> ready;
  {
    std::lock_guard<std::mutex> hold(graphLock);
    finishedAt = clockNanoseconds();
    isDone.store(true, std::memory_order_release);
    for (OperationPointer& dependent : dependents)
      if (--dependent->waitingFor == 0) ready.push_back(std::move(dependent));
    dependents.clear();
  }
  finished.notify_all();
  for (const OperationPointer& operation : ready) begin(operation);
}

bool awaitUntil(const OperationPointer& operation, u64 deadline) {
  if (!operation) return true;
  std::unique_lock<std::mutex> hold(graphLock);
  const auto done = [&] { return operation->done(); };
  if (!deadline) {
    finished.wait(hold, done);
    return true;
  }
  return finished.wait_until(hold, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(deadline)), done);
}

void HostOperation::start() {
  body();
  body = nullptr;
  finish();
}

void PollOperation::start() {
  schedule([self = std::static_pointer_cast<PollOperation>(shared_from_this())] {
    if (!self->ready()) return Progress::IDLE;
    self->finish();
    return Progress::DONE;
  });
}

}  // namespace emu
