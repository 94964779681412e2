// Streams, events, and waiting for values in memory.
#include "hip/state.h"

using namespace emu;

namespace {

hipError_t create(hipStream_t* out, unsigned flags, int priority) {
  HIPEMU_REQUIRE(out, hipErrorInvalidValue);
  HIPEMU_REQUIRE(flags <= hipStreamNonBlocking, hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  auto* stream = new ihipStream_t();
  stream->device = thread().device;
  stream->flags = flags;
  stream->priority = priority;
  State::get().streams.insert(stream);
  *out = stream;
  return hipSuccess;
}

template <class T> hipError_t waitValue(hipStream_t handle, void* pointer, T value, unsigned flags, T mask) {
  HIPEMU_REQUIRE(pointer && u64(pointer) % sizeof(T) == 0 && flags <= hipStreamWaitValueNor, hipErrorInvalidValue);
  HIPEMU_REQUIRE(AddressSpace::get().find(u64(pointer)), hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
  const int device = stream->device;
  const auto ready = [=]() -> bool {
    if (Device::get(device).error() != 0) return true;
    const T now = __atomic_load_n(static_cast<const T*>(pointer), __ATOMIC_ACQUIRE) & mask;
    switch (flags) {
      case hipStreamWaitValueGte: return now >= value;
      case hipStreamWaitValueEq: return now == value;
      case hipStreamWaitValueAnd: return (now & value) != 0;
      default: return T(~(now | (value & mask))) != 0;
    }
  };
  return enqueue(stream, [device, ready]() -> OperationPointer {
    auto operation = std::make_shared<PollOperation>(ready);
    operation->device = device;
    return operation;
  });
}

template <class T> hipError_t writeValue(hipStream_t handle, void* pointer, T value) {
  HIPEMU_REQUIRE(pointer && u64(pointer) % sizeof(T) == 0, hipErrorInvalidValue);
  HIPEMU_REQUIRE(AddressSpace::get().find(u64(pointer)), hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
  const int device = stream->device;
  return enqueue(stream, hostWork(device, [=] {
    if (Device::get(device).error() == 0) __atomic_store_n(static_cast<T*>(pointer), value, __ATOMIC_SEQ_CST);
  }));
}

}  // namespace

HIPEMU_EXPORT hipError_t hipStreamCreate(hipStream_t* stream) { return create(stream, hipStreamDefault, 0); }
HIPEMU_EXPORT hipError_t hipStreamCreateWithFlags(hipStream_t* stream, unsigned flags) { return create(stream, flags, 0); }
HIPEMU_EXPORT hipError_t hipStreamCreateWithPriority(hipStream_t* stream, unsigned flags, int priority) {
  return create(stream, flags, priority < -1 ? -1 : priority > 1 ? 1 : priority);
}
HIPEMU_EXPORT hipError_t hipExtStreamCreateWithCUMask(hipStream_t* stream, uint32_t, const uint32_t*) {
  return create(stream, hipStreamDefault, 0);
}
HIPEMU_EXPORT hipError_t hipStreamDestroy(hipStream_t stream) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(stream && State::get().streams.count(stream) && !stream->legacy, hipErrorInvalidHandle);
  if (stream->capture) {
    stream->capture->active = false;
    stream->capture->streams.erase(stream);
  }
  // Work that was enqueued goes on; the device's default stream keeps waiting for it.
  if (stream->tail && !stream->tail->done()) addDependency(State::get().defaults[size_t(stream->device)], stream->tail);
  State::get().streams.erase(stream);
  delete stream;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipStreamGetFlags(hipStream_t handle, unsigned* flags) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && flags, hipErrorInvalidValue);
  *flags = stream->flags;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipStreamGetPriority(hipStream_t handle, int* priority) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && priority, hipErrorInvalidValue);
  *priority = stream->priority;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipStreamGetDevice(hipStream_t handle, hipDevice_t* device) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && device, hipErrorInvalidValue);
  *device = stream->device;
  return hipSuccess;
}
HIPEMU_EXPORT int hipGetStreamDeviceId(hipStream_t handle) { return hipEmuStreamDevice(handle); }

HIPEMU_EXPORT hipError_t hipStreamSynchronize(hipStream_t handle) {
  OperationPointer tail;
  int device;
  {
    std::lock_guard<std::mutex> hold(State::get().lock);
    hipStream_t stream = resolve(handle);
    HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
    HIPEMU_REQUIRE(!stream->capture, hipErrorStreamCaptureUnsupported);
    if (stream->legacy) enqueue(stream, marker(stream->device));  // waits for the blocking streams too
    tail = stream->tail;
    device = stream->device;
  }
  awaitUntil(tail, 0);
  return report(deviceError(device));
}
HIPEMU_EXPORT hipError_t hipStreamQuery(hipStream_t handle) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
  HIPEMU_REQUIRE(!stream->capture, hipErrorStreamCaptureUnsupported);
  if (stream->tail && !stream->tail->done()) return hipErrorNotReady;
  return report(deviceError(stream->device));
}

HIPEMU_EXPORT hipError_t hipStreamWaitValue32(hipStream_t s, void* p, uint32_t v, unsigned f, uint32_t m) { return waitValue<u32>(s, p, v, f, m); }
HIPEMU_EXPORT hipError_t hipStreamWaitValue64(hipStream_t s, void* p, uint64_t v, unsigned f, uint64_t m) { return waitValue<u64>(s, p, v, f, m); }
HIPEMU_EXPORT hipError_t hipStreamWriteValue32(hipStream_t s, void* p, uint32_t v, unsigned) { return writeValue<u32>(s, p, v); }
HIPEMU_EXPORT hipError_t hipStreamWriteValue64(hipStream_t s, void* p, uint64_t v, unsigned) { return writeValue<u64>(s, p, v); }

HIPEMU_EXPORT hipError_t hipLaunchHostFunc(hipStream_t handle, hipHostFn_t function, void* data) {
  HIPEMU_REQUIRE(function, hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
  return enqueue(stream, hostWork(stream->device, [=] { function(data); }));
}
HIPEMU_EXPORT hipError_t hipStreamAddCallback(hipStream_t handle, hipStreamCallback_t callback, void* data, unsigned) {
  HIPEMU_REQUIRE(callback, hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream && !stream->capture, hipErrorInvalidHandle);
  const int device = stream->device;
  return enqueue(stream, hostWork(device, [=] { callback(handle, deviceError(device), data); }));
}

// For librccl.
HIPEMU_EXPORT hipError_t hipEmuEnqueueExternal(hipStream_t handle, void (*begin)(void*, void*), void* data, void (*destroy)(void*)) {
  const std::shared_ptr<void> owned(data, destroy);
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
  const int device = stream->device;
  return enqueue(stream, [=]() -> OperationPointer {
    auto operation = std::make_shared<ExternalOperation>(
        [begin, owned](const OperationPointer& self) { begin(owned.get(), new OperationPointer(self)); });
    operation->device = device;
    return operation;
  });
}
HIPEMU_EXPORT void hipEmuFinish(void* token) {
  auto* operation = static_cast<OperationPointer*>(token);
  (*operation)->finish();
  delete operation;
}
HIPEMU_EXPORT int hipEmuStreamDevice(hipStream_t handle) {
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(handle);
  return stream ? stream->device : -1;
}
