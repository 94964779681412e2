#include "hip/state.h"

namespace emu {

State& State::get() {
  static State* const state = [] {
    auto* s = new State();
    for (int d = 0; d < options().devices; d++) {
      auto* stream = new ihipStream_t();
      stream->device = d;
      stream->legacy = true;
      s->defaults.push_back(stream);
      s->streams.insert(stream);
    }
    return s;
  }();
  return *state;
}

ThreadState& thread() {
  thread_local ThreadState state;
  return state;
}

hipError_t report(hipError_t error) {
  if (error != hipSuccess && error != hipErrorNotReady) thread().last = error;
  return error;
}

hipError_t deviceError(int device) { return hipError_t(Device::get(device).error()); }

hipStream_t resolve(hipStream_t stream) {
  State& state = State::get();
  if (stream == nullptr || stream == hipStream_t(1) || stream == hipStream_t(2)) {
    const size_t device = size_t(thread().device);
    return device < state.defaults.size() ? state.defaults[device] : nullptr;
  }
  return state.streams.count(stream) ? stream : nullptr;
}

Factory marker(int device) {
  return hostWork(device, [] {});
}

Factory hostWork(int device, std::function<void()> body) {
  return [device, body = std::move(body)]() -> OperationPointer {
    auto operation = std::make_shared<HostOperation>(body);
    operation->device = device;
    return operation;
  };
}

/// A blocking stream and the default stream of a device wait for each other.
static void implicitDependencies(hipStream_t stream, std::vector<OperationPointer>& after) {
  State& state = State::get();
  if (stream->legacy) {
    for (hipStream_t other : state.streams)
      if (other != stream && other->device == stream->device && !(other->flags & hipStreamNonBlocking)) after.push_back(other->tail);
  } else if (!(stream->flags & hipStreamNonBlocking)) {
    after.push_back(state.defaults[size_t(stream->device)]->tail);
  }
}

hipError_t enqueue(hipStream_t stream, const Factory& make, OperationPointer* made) {
  if (stream->capture) {
    auto& nodes = stream->capture->graph->nodes;
    nodes.push_back({make, stream->captureTail});
    stream->captureTail = {int(nodes.size()) - 1};
    return hipSuccess;
  }
  std::vector<OperationPointer> after{stream->tail};
  implicitDependencies(stream, after);
  OperationPointer operation = make();
  stream->tail = operation;
  if (made) *made = operation;
  submit(operation, after);
  return hipSuccess;
}

void addDependency(hipStream_t stream, const OperationPointer& operation) {
  if (!operation || operation->done()) return;
  OperationPointer join = marker(stream->device)();
  std::vector<OperationPointer> after{stream->tail, operation};
  implicitDependencies(stream, after);
  stream->tail = join;
  submit(join, after);
}

std::vector<OperationPointer> tailsOf(int device) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  std::vector<OperationPointer> tails;
  for (hipStream_t stream : State::get().streams)
    if (stream->device == device && stream->tail) tails.push_back(stream->tail);
  return tails;
}

hipError_t synchronizeDevice(int device) {
  for (const OperationPointer& tail : tailsOf(device)) awaitUntil(tail, 0);
  return deviceError(device);
}

}  // namespace emu
