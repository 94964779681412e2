// Allocation, registration, pointers, and memory of other processes.
#include <algorithm>
#include <cstring>

#include "hip/state.h"

using namespace emu;

namespace {

/// Allocating while a stream of this process captures (in global mode) is refused, as the real library does.
bool capturing() {
  std::lock_guard<std::mutex> hold(State::get().lock);
  return State::get().captures > 0;
}

hipError_t allocate(void** pointer, size_t size, int device, MemoryKind kind, unsigned flags, bool cached) {
  HIPEMU_REQUIRE(pointer, hipErrorInvalidValue);
  HIPEMU_REQUIRE(!capturing(), hipErrorStreamCaptureUnsupported);
  *pointer = nullptr;
  if (size == 0) return hipSuccess;
  const Allocation* a = AddressSpace::get().allocate(device, size, kind, flags, cached);
  HIPEMU_REQUIRE(a, hipErrorOutOfMemory);
  *pointer = reinterpret_cast<void*>(a->base);
  return hipSuccess;
}

}  // namespace

HIPEMU_EXPORT hipError_t hipMalloc(void** pointer, size_t size) {
  return allocate(pointer, size, thread().device, MemoryKind::DEVICE, 0, true);
}
HIPEMU_EXPORT hipError_t hipExtMallocWithFlags(void** pointer, size_t size, unsigned flags) {
  return allocate(pointer, size, thread().device, MemoryKind::DEVICE, flags, flags != hipDeviceMallocUncached);
}
HIPEMU_EXPORT hipError_t hipFree(void* pointer) {
  if (!pointer) return hipSuccess;
  HIPEMU_REQUIRE(!capturing(), hipErrorStreamCaptureUnsupported);
  Allocation* a = AddressSpace::get().find(u64(pointer));
  HIPEMU_REQUIRE(a && a->base == u64(pointer), hipErrorInvalidValue);
  HIPEMU_REQUIRE(a->kind == MemoryKind::DEVICE || (a->kind == MemoryKind::HOST && a->flags == ~0u), hipErrorInvalidValue);
  // Freeing waits for the device, as the real library does.
  synchronizeDevice(std::max(0, a->device));
  HIPEMU_REQUIRE(AddressSpace::get().release(u64(pointer), a->kind), hipErrorInvalidValue);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipMallocManaged(void** pointer, size_t size, unsigned) {
  return allocate(pointer, size, -1, MemoryKind::HOST, ~0u, false);
}
HIPEMU_EXPORT hipError_t hipHostMalloc(void** pointer, size_t size, unsigned flags) {
  return allocate(pointer, size, -1, MemoryKind::HOST, flags, false);
}
HIPEMU_EXPORT hipError_t hipHostAlloc(void** pointer, size_t size, unsigned flags) { return hipHostMalloc(pointer, size, flags); }
HIPEMU_EXPORT hipError_t hipHostFree(void* pointer) {
  if (!pointer) return hipSuccess;
  for (int d = 0; d < options().devices; d++) synchronizeDevice(d);
  HIPEMU_REQUIRE(AddressSpace::get().release(u64(pointer), MemoryKind::HOST), hipErrorInvalidValue);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipHostGetDevicePointer(void** devicePointer, void* hostPointer, unsigned) {
  HIPEMU_REQUIRE(devicePointer, hipErrorInvalidValue);
  const Allocation* a = AddressSpace::get().find(u64(hostPointer));
  HIPEMU_REQUIRE(a && (a->kind == MemoryKind::HOST || a->kind == MemoryKind::REGISTERED), hipErrorInvalidValue);
  *devicePointer = hostPointer;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipHostGetFlags(unsigned* flags, void* hostPointer) {
  HIPEMU_REQUIRE(flags, hipErrorInvalidValue);
  const Allocation* a = AddressSpace::get().find(u64(hostPointer));
  HIPEMU_REQUIRE(a && a->kind == MemoryKind::HOST, hipErrorInvalidValue);
  *flags = a->flags;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipHostRegister(void* pointer, size_t size, unsigned flags) {
  HIPEMU_REQUIRE(pointer && size, hipErrorInvalidValue);
  HIPEMU_REQUIRE(AddressSpace::get().registerHost(pointer, size, flags), hipErrorHostMemoryAlreadyRegistered);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipHostUnregister(void* pointer) {
  for (int d = 0; d < options().devices; d++) synchronizeDevice(d);
  HIPEMU_REQUIRE(AddressSpace::get().unregisterHost(pointer), hipErrorHostMemoryNotRegistered);
  return hipSuccess;
}

HIPEMU_EXPORT hipError_t hipPointerGetAttributes(hipPointerAttribute_t* out, const void* pointer) {
  HIPEMU_REQUIRE(out, hipErrorInvalidValue);
  const Allocation* a = AddressSpace::get().find(u64(pointer));
  HIPEMU_REQUIRE(a, hipErrorInvalidValue);
  const bool device = a->kind == MemoryKind::DEVICE || a->kind == MemoryKind::IMPORTED;
  const bool managed = a->kind == MemoryKind::HOST && a->flags == ~0u;
  out->type = managed ? hipMemoryTypeManaged : device ? hipMemoryTypeDevice : hipMemoryTypeHost;
  out->device = device ? a->device : thread().device;
  out->devicePointer = const_cast<void*>(pointer);
  out->hostPointer = device ? nullptr : const_cast<void*>(pointer);
  out->isManaged = managed;
  out->allocationFlags = a->flags;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipPointerGetAttribute(void* data, int attribute, hipDeviceptr_t pointer) {
  HIPEMU_REQUIRE(data, hipErrorInvalidValue);
  const Allocation* a = AddressSpace::get().find(u64(pointer));
  HIPEMU_REQUIRE(a, hipErrorInvalidValue);
  const bool device = a->kind == MemoryKind::DEVICE || a->kind == MemoryKind::IMPORTED;
  switch (attribute) {
    case 2: *static_cast<unsigned*>(data) = device ? hipMemoryTypeDevice : hipMemoryTypeHost; return hipSuccess;
    case 3: *static_cast<void**>(data) = pointer; return hipSuccess;
    case 4: *static_cast<void**>(data) = device ? nullptr : pointer; return hipSuccess;
    case 8: *static_cast<unsigned*>(data) = a->kind == MemoryKind::HOST && a->flags == ~0u; return hipSuccess;
    case 9: *static_cast<int*>(data) = device ? a->device : thread().device; return hipSuccess;
    case 11: *static_cast<u64*>(data) = a->base; return hipSuccess;
    case 12: *static_cast<size_t*>(data) = size_t(a->size); return hipSuccess;
    default: return report(hipErrorInvalidValue);
  }
}
HIPEMU_EXPORT hipError_t hipMemGetAddressRange(hipDeviceptr_t* base, size_t* size, hipDeviceptr_t pointer) {
  const Allocation* a = AddressSpace::get().find(u64(pointer));
  HIPEMU_REQUIRE(a, hipErrorNotFound);
  if (base) *base = reinterpret_cast<void*>(a->base);
  if (size) *size = size_t(a->size);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipMemPtrGetInfo(void* pointer, size_t* size) { return hipMemGetAddressRange(nullptr, size, pointer); }

// Memory of other processes: the handle names this process, its file for the device, and where the allocation is in it.
HIPEMU_EXPORT hipError_t hipIpcGetMemHandle(hipIpcMemHandle_t* handle, void* pointer) {
  static_assert(sizeof(ExportedMemory) <= sizeof(hipIpcMemHandle_t), "fits");
  HIPEMU_REQUIRE(handle, hipErrorInvalidValue);
  ExportedMemory memory;
  HIPEMU_REQUIRE(AddressSpace::get().exportMemory(u64(pointer), memory), hipErrorInvalidValue);
  std::memset(handle, 0, sizeof *handle);
  std::memcpy(handle, &memory, sizeof memory);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipIpcOpenMemHandle(void** pointer, hipIpcMemHandle_t handle, unsigned) {
  HIPEMU_REQUIRE(pointer, hipErrorInvalidValue);
  ExportedMemory memory;
  std::memcpy(static_cast<void*>(&memory), &handle, sizeof memory);
  const Allocation* a = AddressSpace::get().import(memory);
  HIPEMU_REQUIRE(a, hipErrorInvalidHandle);
  *pointer = reinterpret_cast<void*>(a->base + memory.offsetInAllocation);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipIpcCloseMemHandle(void* pointer) {
  for (int d = 0; d < options().devices; d++) synchronizeDevice(d);
  const Allocation* a = AddressSpace::get().find(u64(pointer));
  HIPEMU_REQUIRE(a && AddressSpace::get().closeImport(a->base), hipErrorInvalidValue);
  return hipSuccess;
}
