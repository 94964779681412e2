// Work that was enqueued: nodes of a graph that run when what they wait for is done.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "decode/instruction.h"

namespace emu {

struct Operation : std::enable_shared_from_this<Operation> {
  int device = 0;
  u64 finishedAt = 0;  // nanoseconds, once done
  virtual ~Operation() = default;
  /// Called by a worker when everything before it is done. Calls finish(), now or later.
  virtual void start() = 0;
  void finish();
  bool done() const { return isDone.load(std::memory_order_acquire); }

 private:
  friend void submit(const std::shared_ptr<Operation>&, const std::vector<std::shared_ptr<Operation>>&);
  friend bool awaitUntil(const std::shared_ptr<Operation>&, u64);
  std::atomic<bool> isDone{false};
  unsigned waitingFor = 0;
  std::vector<std::shared_ptr<Operation>> dependents;
};

using OperationPointer = std::shared_ptr<Operation>;

/// Enqueues an operation behind others; null ones count as done.
void submit(const OperationPointer& operation, const std::vector<OperationPointer>& after);
/// Blocks the calling (host) thread; false when `deadline` (nanoseconds, 0 = none) passed first.
bool awaitUntil(const OperationPointer& operation, u64 deadline);

u64 clockNanoseconds();

/// Runs a function on a worker; the operation is done when it returns.
struct HostOperation : Operation {
  explicit HostOperation(std::function<void()> body) : body(std::move(body)) {}
  void start() override;
  std::function<void()> body;
};

/// Is done when a condition holds; asked again and again.
struct PollOperation : Operation {
  explicit PollOperation(std::function<bool()> ready) : ready(std::move(ready)) {}
  void start() override;
  std::function<bool()> ready;
};

/// Started by the queue, finished by somebody else.
struct ExternalOperation : Operation {
  explicit ExternalOperation(std::function<void(const OperationPointer&)> begin) : begin(std::move(begin)) {}
  void start() override { begin(shared_from_this()); }
  std::function<void(const OperationPointer&)> begin;
};

}  // namespace emu
