#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "hip/state.h"

using namespace emu;

namespace {
bool valid(int device) { return device >= 0 && device < options().devices; }

/// Numbers of hipDeviceAttribute_t; what is not listed is 0.
int attributeValue(int attribute, int device, bool& known) {
  const i64 memory = i64(options().memoryGib) << 30;
  known = true;
  switch (attribute) {
    case 2: return 2;                                // AsyncEngineCount
    case 3: return 1;                                // CanMapHostMemory
    case 4: return 0;                                // CanUseHostPointerForRegisteredMem
    case 5: return 2100000;                          // ClockRate, kHz
    case 8: return 1;                                // ConcurrentKernels
    case 9: return 0;                                // ConcurrentManagedAccess
    case 10: return 1;                               // CooperativeLaunch
    case 15: return 1;                               // HostNativeAtomicSupported
    case 19: return 4 << 20;                         // L2CacheSize
    case 23: return 9;                               // ComputeCapabilityMajor
    case 61: return 4;                               // ComputeCapabilityMinor
    case 25: return int(GROUPS_PER_UNIT);            // MaxBlocksPerMultiProcessor
    case 26: case 27: case 28: return 1024;          // MaxBlockDim
    case 29: case 30: case 31: return 2147483647;    // MaxGridDim
    case 56: return 1024;                            // MaxThreadsPerBlock
    case 57: return int(SIMDS * WAVES_PER_SIMD * LANES);
    case 59: return 8192;                            // MemoryBusWidth
    case 60: return 1300000;                         // MemoryClockRate, kHz
    case 63: return options().computeUnits;          // MultiprocessorCount
    case 66: return 0;
    case 67: return 0xE0 + device;                   // PciBusId
    case 68: case 69: return 0;
    case 71: case 72: return 131072;                 // registers per block, per multiprocessor
    case 74: case 75: case 76: return int(LDS_PER_UNIT);
    case 78: return 1;                               // StreamPrioritiesSupported
    case 79: case 81: case 82: return 256;
    case 83: return 2147483647;
    case 84: return int(memory > 2147483647 ? 2147483647 : memory);
    case 85: return 1;                               // UnifiedAddressing
    case 87: return int(LANES);                      // WarpSize
    case 90: return 1;                               // HostRegisterSupported
    case 10000: return 100000;                       // ClockInstructionRate, kHz
    case 10002: return int(LDS_PER_UNIT);
    case 10011: return 1;                            // IsLargeBar
    case 10013: return 1;                            // CanUseStreamWaitValue
    case 10015: return options().computeUnits;
    case 10016: return 1;                            // FineGrainSupport
    case 10017: return 100000;                       // WallClockRate, kHz
    default: known = (attribute >= 0 && attribute <= 91) || (attribute >= 10000 && attribute <= 10017); return 0;
  }
}
}  // namespace

HIPEMU_EXPORT hipError_t hipDriverGetVersion(int* version) {
  HIPEMU_REQUIRE(version, hipErrorInvalidValue);
  *version = 60443482;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipRuntimeGetVersion(int* version) { return hipDriverGetVersion(version); }

HIPEMU_EXPORT hipError_t hipSetDevice(int device) {
  HIPEMU_REQUIRE(valid(device), hipErrorInvalidDevice);
  thread().device = device;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipGetDevice(int* device) {
  HIPEMU_REQUIRE(device, hipErrorInvalidValue);
  *device = thread().device;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceGet(hipDevice_t* device, int ordinal) {
  HIPEMU_REQUIRE(device, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(ordinal), hipErrorInvalidDevice);
  *device = ordinal;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceGetName(char* name, int size, hipDevice_t device) {
  HIPEMU_REQUIRE(name && size > 0, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(device), hipErrorInvalidDevice);
  std::snprintf(name, size_t(size), "gfx942 (emulated)");
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceGetAttribute(int* value, int attribute, int device) {
  HIPEMU_REQUIRE(value, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(device), hipErrorInvalidDevice);
  bool known;
  const int answer = attributeValue(attribute, device, known);
  HIPEMU_REQUIRE(known, hipErrorInvalidValue);
  *value = answer;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceComputeCapability(int* major, int* minor, hipDevice_t device) {
  HIPEMU_REQUIRE(major && minor, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(device), hipErrorInvalidDevice);
  *major = 9;
  *minor = 4;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceTotalMem(size_t* bytes, hipDevice_t device) {
  HIPEMU_REQUIRE(bytes, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(device), hipErrorInvalidDevice);
  *bytes = size_t(AddressSpace::get().slotBytes());
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceGetPCIBusId(char* text, int size, int device) {
  HIPEMU_REQUIRE(text && size > 0, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(device), hipErrorInvalidDevice);
  std::snprintf(text, size_t(size), "0000:%02x:00.0", 0xE0 + device);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceGetByPCIBusId(int* device, const char* text) {
  HIPEMU_REQUIRE(device && text, hipErrorInvalidValue);
  unsigned domain, bus;
  HIPEMU_REQUIRE(std::sscanf(text, "%x:%x", &domain, &bus) == 2 && valid(int(bus) - 0xE0), hipErrorInvalidDevice);
  *device = int(bus) - 0xE0;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceGetUuid(hipUUID* uuid, hipDevice_t device) {
  HIPEMU_REQUIRE(uuid, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(device), hipErrorInvalidDevice);
  std::memset(uuid, 0, sizeof *uuid);
  std::snprintf(uuid->bytes, sizeof uuid->bytes, "emu-%03d-%02d", int(getpid()) % 1000, device % 100);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipMemGetInfo(size_t* freeBytes, size_t* total) {
  HIPEMU_REQUIRE(freeBytes && total, hipErrorInvalidValue);
  AddressSpace& space = AddressSpace::get();
  *total = size_t(space.slotBytes());
  *freeBytes = size_t(space.slotBytes() - space.used(thread().device));
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceSynchronize(void) {
  {
    std::lock_guard<std::mutex> hold(State::get().lock);
    for (hipStream_t stream : State::get().streams)
      HIPEMU_REQUIRE(!(stream->capture && stream->device == thread().device), hipErrorStreamCaptureUnsupported);
  }
  return report(synchronizeDevice(thread().device));
}
HIPEMU_EXPORT hipError_t hipCtxSynchronize(void) { return hipDeviceSynchronize(); }
HIPEMU_EXPORT hipError_t hipDeviceReset(void) {
  synchronizeDevice(thread().device);
  Device::get(thread().device).clearError();
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceGetStreamPriorityRange(int* least, int* greatest) {
  if (least) *least = 1;
  if (greatest) *greatest = -1;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipSetDeviceFlags(unsigned) { return hipSuccess; }
HIPEMU_EXPORT hipError_t hipGetDeviceFlags(unsigned* flags) {
  HIPEMU_REQUIRE(flags, hipErrorInvalidValue);
  *flags = 0;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceSetLimit(int, size_t) { return hipSuccess; }
HIPEMU_EXPORT hipError_t hipDeviceGetLimit(size_t* value, int) {
  HIPEMU_REQUIRE(value, hipErrorInvalidValue);
  *value = 1 << 20;
  return hipSuccess;
}

// Peers.
HIPEMU_EXPORT hipError_t hipDeviceCanAccessPeer(int* can, int device, int peer) {
  HIPEMU_REQUIRE(can, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(device) && valid(peer), hipErrorInvalidDevice);
  *can = device != peer;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceEnablePeerAccess(int peer, unsigned flags) {
  HIPEMU_REQUIRE(valid(peer) && peer != thread().device, hipErrorInvalidDevice);
  HIPEMU_REQUIRE(flags == 0, hipErrorInvalidValue);
  HIPEMU_REQUIRE(!Cache::peer(thread().device, peer), hipErrorPeerAccessAlreadyEnabled);
  Cache::setPeer(thread().device, peer, true);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceDisablePeerAccess(int peer) {
  HIPEMU_REQUIRE(valid(peer), hipErrorInvalidDevice);
  HIPEMU_REQUIRE(Cache::peer(thread().device, peer), hipErrorPeerAccessNotEnabled);
  Cache::setPeer(thread().device, peer, false);
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDeviceGetP2PAttribute(int* value, hipDeviceP2PAttr attribute, int source, int destination) {
  HIPEMU_REQUIRE(value && source != destination, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(source) && valid(destination), hipErrorInvalidDevice);
  *value = attribute == hipDevP2PAttrAccessSupported || attribute == hipDevP2PAttrNativeAtomicSupported;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipExtGetLinkTypeAndHopCount(int device, int peer, uint32_t* type, uint32_t* hops) {
  HIPEMU_REQUIRE(type && hops, hipErrorInvalidValue);
  HIPEMU_REQUIRE(valid(device) && valid(peer) && device != peer, hipErrorInvalidDevice);
  *type = 4;  // xGMI
  *hops = 1;
  return hipSuccess;
}
