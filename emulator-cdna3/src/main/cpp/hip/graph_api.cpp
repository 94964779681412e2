// Capturing streams into graphs, and replaying them.
#include "hip/state.h"

using namespace emu;

namespace {

void endCapture(Capture& capture) {
  capture.active = false;
  if (capture.mode == hipStreamCaptureModeGlobal) State::get().captures--;
  for (hipStream_t stream : capture.streams) {
    if (!State::get().streams.count(stream)) continue;
    stream->captureTail.clear();
    stream->capture = nullptr;
  }
}

/// Nodes that everything at the end of `tail` follows from.
std::vector<bool> ancestors(const std::vector<GraphNode>& nodes, const std::vector<int>& tail) {
  std::vector<bool> reached(nodes.size(), false);
  std::vector<int> open = tail;
  while (!open.empty()) {
    const int node = open.back();
    open.pop_back();
    if (reached[size_t(node)]) continue;
    reached[size_t(node)] = true;
    for (int before : nodes[size_t(node)].after) open.push_back(before);
  }
  return reached;
}

template <class T, class Set> bool known(const Set& set, T* pointer) { return pointer && set.count(pointer); }

}  // namespace

HIPEMU_EXPORT hipError_t hipStreamBeginCapture(hipStream_t handle, hipStreamCaptureMode mode) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
  HIPEMU_REQUIRE(!stream->legacy, hipErrorStreamCaptureUnsupported);
  HIPEMU_REQUIRE(!stream->capture, hipErrorIllegalState);
  static unsigned long long nextId = 0;
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = stream;
  stream->capture->mode = mode;
  stream->capture->id = ++nextId;
  stream->capture->streams.insert(stream);
  stream->captureTail.clear();
  if (mode == hipStreamCaptureModeGlobal) State::get().captures++;
  return hipSuccess;
}

HIPEMU_EXPORT hipError_t hipStreamEndCapture(hipStream_t handle, hipGraph_t* out) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && out, hipErrorInvalidValue);
  *out = nullptr;
  HIPEMU_REQUIRE(stream->capture, hipErrorIllegalState);
  const std::shared_ptr<Capture> capture = stream->capture;
  HIPEMU_REQUIRE(capture->origin == stream, hipErrorStreamCaptureUnmatched);
  const std::vector<bool> joined = ancestors(capture->graph->nodes, stream->captureTail);
  bool unjoined = false;
  for (hipStream_t other : capture->streams)
    for (int node : other->captureTail) unjoined |= !joined[size_t(node)];
  const bool broken = !capture->active;
  endCapture(*capture);
  HIPEMU_REQUIRE(!broken, hipErrorStreamCaptureInvalidated);
  HIPEMU_REQUIRE(!unjoined, hipErrorStreamCaptureUnjoined);
  *out = capture->graph.release();
  State::get().graphs.insert(*out);
  return hipSuccess;
}

HIPEMU_EXPORT hipError_t hipStreamIsCapturing(hipStream_t handle, hipStreamCaptureStatus* status) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && status, hipErrorInvalidValue);
  *status = !stream->capture ? hipStreamCaptureStatusNone
            : stream->capture->active ? hipStreamCaptureStatusActive : hipStreamCaptureStatusInvalidated;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipStreamGetCaptureInfo(hipStream_t stream, hipStreamCaptureStatus* status, unsigned long long* id) {
  const hipError_t error = hipStreamIsCapturing(stream, status);
  if (error != hipSuccess) return error;
  std::lock_guard<std::mutex> hold(State::get().lock);
  if (id) *id = resolve(stream)->capture ? resolve(stream)->capture->id : 0;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipThreadExchangeStreamCaptureMode(hipStreamCaptureMode* mode) {
  HIPEMU_REQUIRE(mode, hipErrorInvalidValue);
  thread_local hipStreamCaptureMode current = hipStreamCaptureModeGlobal;
  std::swap(current, *mode);
  return hipSuccess;
}

HIPEMU_EXPORT hipError_t hipGraphCreate(hipGraph_t* out, unsigned) {
  HIPEMU_REQUIRE(out, hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  *out = new ihipGraph_t();
  State::get().graphs.insert(*out);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipGraphDestroy(hipGraph_t graph) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(known(State::get().graphs, graph), hipErrorInvalidValue);
  State::get().graphs.erase(graph);
  delete graph;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipGraphGetNodes(hipGraph_t graph, hipGraphNode_t* nodes, size_t* count) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(known(State::get().graphs, graph) && count, hipErrorInvalidValue);
  HIPEMU_REQUIRE(!nodes, hipErrorNotSupported);  // nodes have no handles here
  *count = graph->nodes.size();
  return hipSuccess;
}

HIPEMU_EXPORT hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t* out, hipGraph_t graph, unsigned long long) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(out && known(State::get().graphs, graph), hipErrorInvalidValue);
  *out = new ihipGraphExec_t{graph->nodes, nullptr};
  State::get().executables.insert(*out);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipGraphInstantiate(hipGraphExec_t* out, hipGraph_t graph, hipGraphNode_t* node, char*, size_t) {
  if (node) *node = nullptr;
  return hipGraphInstantiateWithFlags(out, graph, 0);
}
HIPEMU_EXPORT hipError_t hipGraphExecDestroy(hipGraphExec_t executable) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(known(State::get().executables, executable), hipErrorInvalidValue);
  State::get().executables.erase(executable);
  delete executable;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipGraphUpload(hipGraphExec_t executable, hipStream_t) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(known(State::get().executables, executable), hipErrorInvalidValue);
  return hipSuccess;
}

HIPEMU_EXPORT hipError_t hipGraphLaunch(hipGraphExec_t executable, hipStream_t handle) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && known(State::get().executables, executable), hipErrorInvalidValue);
  if (stream->capture) {  // a graph within a graph: its nodes become nodes of the outer one
    auto& nodes = stream->capture->graph->nodes;
    const std::vector<int> before = stream->captureTail;
    const int base = int(nodes.size());
    std::vector<int> all;
    for (const GraphNode& node : executable->nodes) {
      GraphNode copy = node;
      copy.after.clear();
      for (int after : node.after) copy.after.push_back(base + after);
      if (copy.after.empty()) copy.after = before;
      nodes.push_back(copy);
      all.push_back(int(nodes.size()) - 1);
    }
    if (!all.empty()) stream->captureTail = all;
    return hipSuccess;
  }
  OperationPointer begin, end = marker(stream->device)();
  if (executable->last) addDependency(stream, executable->last);
  enqueue(stream, marker(stream->device), &begin);
  std::vector<OperationPointer> made;
  for (const GraphNode& node : executable->nodes) {
    std::vector<OperationPointer> after;
    for (int before : node.after) after.push_back(made[size_t(before)]);
    if (after.empty()) after.push_back(begin);
    const auto& events = State::get().events;  // one that was destroyed meanwhile counts for nothing
    if (events.count(node.awaits)) after.push_back(node.awaits->point);
    made.push_back(node.make());
    if (events.count(node.records)) node.records->point = made.back();
    submit(made.back(), after);
  }
  made.push_back(begin);
  submit(end, made);
  stream->tail = executable->last = end;
  return hipSuccess;
}
