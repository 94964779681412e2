// Copies and fills. Copy engines see memory, not the caches of kernels that still run: data that such a kernel has not
// released is an error for them as well.
#include <cstring>

#include "hip/state.h"
#include "memory/directory.h"

using namespace emu;

namespace {

struct Rectangle {
  u8* destination;
  const u8* source;
  size_t destinationPitch, sourcePitch, width, height;
};

bool inside(const void* pointer, size_t bytes, bool& pageable) {
  const Allocation* a = AddressSpace::get().find(u64(pointer));
  pageable = a == nullptr;
  return !a || u64(pointer) + bytes <= a->end();
}

size_t span(size_t pitch, size_t width, size_t height) { return height ? pitch * (height - 1) + width : 0; }

bool released(int device, const void* start, size_t bytes) {
  if (bytes == 0 || !options().memoryModel) return true;
  for (u64 line = u64(start) >> LINE_SHIFT; line <= (u64(start) + bytes - 1) >> LINE_SHIFT; line++) {
    const u64 from = std::max(u64(start), line << LINE_SHIFT), to = std::min(u64(start) + bytes, (line + 1) << LINE_SHIFT);
    const Owner* owner =
        Directory::get().conflict(line, nullptr, byteMask(unsigned(from & (LINE_BYTES - 1)), unsigned(to - from)));
    if (!owner) continue;
    Device::get(device).fail(hipErrorLaunchFailure,
                             "memory order: a copy reads what work-group " + std::to_string(owner->group) + " of " + owner->kernel +
                                 " on device " + std::to_string(owner->device) + " stored and has not released");
    return false;
  }
  return true;
}

Factory copyWork(int device, const Rectangle& r, std::shared_ptr<std::vector<u8>> staged) {
  return hostWork(device, [device, r, staged] {
    if (Device::get(device).error() != 0) return;
    const u8* source = staged ? staged->data() : r.source;
    const size_t sourcePitch = staged ? r.width : r.sourcePitch;
    if (r.height == 1 || (sourcePitch == r.width && r.destinationPitch == r.width)) {
      const size_t bytes = r.width * r.height;
      if (!staged && !released(device, source, bytes)) return;
      if (bytes == 4) __atomic_store_n(reinterpret_cast<u32*>(r.destination), *reinterpret_cast<const u32*>(source), __ATOMIC_SEQ_CST);
      else if (bytes == 8) __atomic_store_n(reinterpret_cast<u64*>(r.destination), *reinterpret_cast<const u64*>(source), __ATOMIC_SEQ_CST);
      else std::memmove(r.destination, source, bytes);
      return;
    }
    for (size_t y = 0; y < r.height; y++) {
      if (!staged && !released(device, source + y * sourcePitch, r.width)) return;
      std::memmove(r.destination + y * r.destinationPitch, source + y * sourcePitch, r.width);
    }
  });
}

hipError_t copy(const Rectangle& r, hipStream_t handle, bool wait) {
  if (r.width == 0 || r.height == 0) return hipSuccess;
  HIPEMU_REQUIRE(r.destination && r.source, hipErrorInvalidValue);
  HIPEMU_REQUIRE(r.height == 1 || (r.destinationPitch >= r.width && r.sourcePitch >= r.width), hipErrorInvalidPitchValue);
  bool toPageable, fromPageable;
  HIPEMU_REQUIRE(inside(r.destination, span(r.destinationPitch, r.width, r.height), toPageable), hipErrorInvalidValue);
  HIPEMU_REQUIRE(inside(r.source, span(r.sourcePitch, r.width, r.height), fromPageable), hipErrorInvalidValue);
  OperationPointer operation;
  int device;
  {
    std::lock_guard<std::mutex> hold(State::get().lock);
    hipStream_t stream = resolve(handle);
    HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
    const bool capture = stream->capture != nullptr;
    HIPEMU_REQUIRE(!(wait && (capture || State::get().captures)), hipErrorStreamCaptureUnsupported);
    device = stream->device;
    // Pageable memory is staged: a source may be reused at once, and a destination is filled when the call returns.
    std::shared_ptr<std::vector<u8>> staged;
    if (fromPageable && !capture && !wait) {
      staged = std::make_shared<std::vector<u8>>(r.width * r.height);
      for (size_t y = 0; y < r.height; y++) std::memcpy(&(*staged)[y * r.width], r.source + y * r.sourcePitch, r.width);
    }
    if (toPageable && !capture) wait = true;
    enqueue(stream, copyWork(device, r, staged), &operation);
  }
  if (!wait) return hipSuccess;
  awaitUntil(operation, 0);
  return report(deviceError(device));
}

Rectangle linear(void* destination, const void* source, size_t bytes) {
  return {static_cast<u8*>(destination), static_cast<const u8*>(source), bytes, bytes, bytes, 1};
}

template <class T> hipError_t fill(void* destination, T value, size_t pitch, size_t count, size_t height, hipStream_t handle, bool wait) {
  if (count == 0 || height == 0) return hipSuccess;
  bool pageable;
  HIPEMU_REQUIRE(destination && inside(destination, span(pitch, count * sizeof(T), height), pageable) && !pageable, hipErrorInvalidValue);
  OperationPointer operation;
  int device;
  {
    std::lock_guard<std::mutex> hold(State::get().lock);
    hipStream_t stream = resolve(handle);
    HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
    HIPEMU_REQUIRE(!(wait && State::get().captures), hipErrorStreamCaptureUnsupported);
    device = stream->device;
    enqueue(stream, hostWork(device, [=] {
      if (Device::get(device).error() != 0) return;
      for (size_t y = 0; y < height; y++) {
        T* row = reinterpret_cast<T*>(static_cast<u8*>(destination) + y * pitch);
        for (size_t x = 0; x < count; x++) row[x] = value;
      }
    }), &operation);
  }
  if (!wait) return hipSuccess;
  awaitUntil(operation, 0);
  return report(deviceError(device));
}

}  // namespace

HIPEMU_EXPORT hipError_t hipMemcpy(void* d, const void* s, size_t n, hipMemcpyKind) { return copy(linear(d, s, n), nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemcpyWithStream(void* d, const void* s, size_t n, hipMemcpyKind, hipStream_t stream) {
  return copy(linear(d, s, n), stream, true);
}
HIPEMU_EXPORT hipError_t hipMemcpyAsync(void* d, const void* s, size_t n, hipMemcpyKind, hipStream_t stream) {
  return copy(linear(d, s, n), stream, false);
}
HIPEMU_EXPORT hipError_t hipMemcpyHtoD(hipDeviceptr_t d, const void* s, size_t n) { return copy(linear(d, s, n), nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemcpyDtoH(void* d, hipDeviceptr_t s, size_t n) { return copy(linear(d, s, n), nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemcpyDtoD(hipDeviceptr_t d, hipDeviceptr_t s, size_t n) { return copy(linear(d, s, n), nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemcpyHtoDAsync(hipDeviceptr_t d, const void* s, size_t n, hipStream_t t) { return copy(linear(d, s, n), t, false); }
HIPEMU_EXPORT hipError_t hipMemcpyDtoHAsync(void* d, hipDeviceptr_t s, size_t n, hipStream_t t) { return copy(linear(d, s, n), t, false); }
HIPEMU_EXPORT hipError_t hipMemcpyDtoDAsync(hipDeviceptr_t d, hipDeviceptr_t s, size_t n, hipStream_t t) { return copy(linear(d, s, n), t, false); }
HIPEMU_EXPORT hipError_t hipMemcpyPeer(void* d, int, const void* s, int, size_t n) { return copy(linear(d, s, n), nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemcpyPeerAsync(void* d, int, const void* s, int, size_t n, hipStream_t stream) {
  return copy(linear(d, s, n), stream, false);
}
HIPEMU_EXPORT hipError_t hipMemcpy2D(void* d, size_t dp, const void* s, size_t sp, size_t w, size_t h, hipMemcpyKind) {
  return copy({static_cast<u8*>(d), static_cast<const u8*>(s), dp, sp, w, h}, nullptr, true);
}
HIPEMU_EXPORT hipError_t hipMemcpy2DAsync(void* d, size_t dp, const void* s, size_t sp, size_t w, size_t h, hipMemcpyKind, hipStream_t t) {
  return copy({static_cast<u8*>(d), static_cast<const u8*>(s), dp, sp, w, h}, t, false);
}

HIPEMU_EXPORT hipError_t hipMemset(void* d, int v, size_t n) { return fill<u8>(d, u8(v), n, n, 1, nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemsetAsync(void* d, int v, size_t n, hipStream_t t) { return fill<u8>(d, u8(v), n, n, 1, t, false); }
HIPEMU_EXPORT hipError_t hipMemset2D(void* d, size_t p, int v, size_t w, size_t h) { return fill<u8>(d, u8(v), p, w, h, nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemset2DAsync(void* d, size_t p, int v, size_t w, size_t h, hipStream_t t) {
  return fill<u8>(d, u8(v), p, w, h, t, false);
}
HIPEMU_EXPORT hipError_t hipMemsetD8(hipDeviceptr_t d, unsigned char v, size_t n) { return fill<u8>(d, v, n, n, 1, nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemsetD8Async(hipDeviceptr_t d, unsigned char v, size_t n, hipStream_t t) { return fill<u8>(d, v, n, n, 1, t, false); }
HIPEMU_EXPORT hipError_t hipMemsetD16(hipDeviceptr_t d, unsigned short v, size_t n) { return fill<u16>(d, v, 2 * n, n, 1, nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemsetD16Async(hipDeviceptr_t d, unsigned short v, size_t n, hipStream_t t) {
  return fill<u16>(d, v, 2 * n, n, 1, t, false);
}
HIPEMU_EXPORT hipError_t hipMemsetD32(hipDeviceptr_t d, int v, size_t n) { return fill<u32>(d, u32(v), 4 * n, n, 1, nullptr, true); }
HIPEMU_EXPORT hipError_t hipMemsetD32Async(hipDeviceptr_t d, int v, size_t n, hipStream_t t) { return fill<u32>(d, u32(v), 4 * n, n, 1, t, false); }
