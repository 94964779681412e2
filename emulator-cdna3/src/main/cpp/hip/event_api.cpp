#include <algorithm>

#include "hip/state.h"

using namespace emu;

namespace {
constexpr unsigned kExternal = 1;  // hipEventRecordExternal and hipEventWaitExternal

bool known(hipEvent_t event) { return event && State::get().events.count(event); }

/// A node of its own in the graph that a stream captures.
GraphNode& captured(hipStream_t stream) {
  enqueue(stream, marker(stream->device));
  return stream->capture->graph->nodes.back();
}
}  // namespace

HIPEMU_EXPORT hipError_t hipEventCreateWithFlags(hipEvent_t* out, unsigned flags) {
  HIPEMU_REQUIRE(out, hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  *out = new ihipEvent_t();
  (*out)->flags = flags;
  State::get().events.insert(*out);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipEventCreate(hipEvent_t* out) { return hipEventCreateWithFlags(out, hipEventDefault); }
HIPEMU_EXPORT hipError_t hipEventDestroy(hipEvent_t event) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(known(event), hipErrorInvalidHandle);
  State::get().events.erase(event);
  delete event;
  return hipSuccess;
}

HIPEMU_EXPORT hipError_t hipEventRecord(hipEvent_t event, hipStream_t handle) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && known(event), hipErrorInvalidHandle);
  if (stream->capture) {
    event->capture = stream->capture;
    event->nodes = stream->captureTail;
    return hipSuccess;
  }
  event->capture = nullptr;
  return enqueue(stream, marker(stream->device), &event->point);
}
HIPEMU_EXPORT hipError_t hipEventRecordWithFlags(hipEvent_t event, hipStream_t handle, unsigned flags) {
  {
    std::lock_guard<std::mutex> hold(State::get().lock);
    hipStream_t stream = resolve(handle);
    HIPEMU_REQUIRE(stream && known(event), hipErrorInvalidHandle);
    if (stream->capture && (flags & kExternal)) {
      captured(stream).records = event;
      return hipSuccess;
    }
  }
  return hipEventRecord(event, handle);
}

HIPEMU_EXPORT hipError_t hipStreamWaitEvent(hipStream_t handle, hipEvent_t event, unsigned flags) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && known(event), hipErrorInvalidHandle);
  if (stream->capture && (flags & kExternal)) {
    captured(stream).awaits = event;
    return hipSuccess;
  }
  if (event->capture && event->capture->active) {
    if (!stream->capture) {  // the wait makes this stream part of the capture
      HIPEMU_REQUIRE(!stream->legacy, hipErrorStreamCaptureImplicit);
      stream->capture = event->capture;
      stream->capture->streams.insert(stream);
      stream->captureTail = event->nodes;
      return hipSuccess;
    }
    HIPEMU_REQUIRE(stream->capture == event->capture, hipErrorStreamCaptureMerge);
    for (int node : event->nodes)
      if (std::find(stream->captureTail.begin(), stream->captureTail.end(), node) == stream->captureTail.end())
        stream->captureTail.push_back(node);
    return hipSuccess;
  }
  if (!event->point) return hipSuccess;
  HIPEMU_REQUIRE(!stream->capture || event->point->done(), hipErrorStreamCaptureIsolation);
  if (!stream->capture) addDependency(stream, event->point);
  return hipSuccess;
}

HIPEMU_EXPORT hipError_t hipEventQuery(hipEvent_t event) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(known(event), hipErrorInvalidHandle);
  HIPEMU_REQUIRE(!(event->capture && event->capture->active), hipErrorCapturedEvent);
  if (!event->point) return hipSuccess;
  if (!event->point->done()) return hipErrorNotReady;
  return report(deviceError(event->point->device));
}
HIPEMU_EXPORT hipError_t hipEventSynchronize(hipEvent_t event) {
  OperationPointer point;
  {
    std::lock_guard<std::mutex> hold(State::get().lock);
    HIPEMU_REQUIRE(known(event), hipErrorInvalidHandle);
    HIPEMU_REQUIRE(!(event->capture && event->capture->active), hipErrorCapturedEvent);
    point = event->point;
  }
  if (!point) return hipSuccess;
  awaitUntil(point, 0);
  return report(deviceError(point->device));
}
HIPEMU_EXPORT hipError_t hipEventElapsedTime(float* milliseconds, hipEvent_t start, hipEvent_t stop) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(milliseconds, hipErrorInvalidValue);
  HIPEMU_REQUIRE(known(start) && known(stop) && start->point && stop->point, hipErrorInvalidHandle);
  HIPEMU_REQUIRE(!((start->flags | stop->flags) & hipEventDisableTiming), hipErrorInvalidHandle);
  if (!start->point->done() || !stop->point->done()) return hipErrorNotReady;
  *milliseconds = float((double(stop->point->finishedAt) - double(start->point->finishedAt)) / 1e6);
  return hipSuccess;
}
