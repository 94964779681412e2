// HIP's runtime: what this backend calls of it. hipDeviceProp_t is avoided, since its layout changed at 6.0.
#pragma once
#include <cstring>

#include "forward.h"

// clang-format off: a table, one function per line

namespace counterpoint {

// Start and devices
ROCM_CALL(HIP, hipInit, (unsigned flags), flags)
ROCM_CALL(HIP, hipDriverGetVersion, (int* version), version)
ROCM_CALL(HIP, hipRuntimeGetVersion, (int* version), version)
ROCM_CALL(HIP, hipGetDeviceCount, (int* count), count)
ROCM_CALL(HIP, hipDeviceGet, (int* device, int ordinal), device, ordinal)
ROCM_CALL(HIP, hipDeviceGetName, (Bytes name, int length, int device), name, length, device)
ROCM_CALL(HIP, hipDeviceGetPCIBusId, (Bytes id, int length, int device), id, length, device)
ROCM_CALL(HIP, hipDeviceGetAttribute, (int* value, int attribute, int device), value, attribute, device)
ROCM_CALL(HIP, hipDeviceTotalMem, (Size* bytes, int device), bytes, device)
ROCM_CALL(HIP, hipDeviceComputeCapability, (int* major, int* minor, int device), major, minor, device)
ROCM_CALL(HIP, hipSetDevice, (int device), device)
ROCM_CALL(HIP, hipGetDevice, (int* device), device)
ROCM_CALL(HIP, hipDeviceSynchronize, ())
ROCM_CALL(HIP, hipDeviceReset, ())

// Peers
ROCM_CALL(HIP, hipDeviceCanAccessPeer, (int* can, int device, int peer), can, device, peer)
ROCM_CALL(HIP, hipDeviceEnablePeerAccess, (int peer, unsigned flags), peer, flags)
ROCM_CALL(HIP, hipDeviceDisablePeerAccess, (int peer), peer)
ROCM_CALL(HIP, hipDeviceGetP2PAttribute, (int* value, int attribute, int source, int target), value, attribute, source, target)
ROCM_CALL(HIP, hipExtGetLinkTypeAndHopCount, (int device, int peer, int* type, int* hops), device, peer, type, hops)

// Memory
ROCM_CALL(HIP, hipMemGetInfo, (Size* available, Size* total), available, total)
ROCM_CALL(HIP, hipMalloc, (Handle* address, size_t bytes), address, bytes)
ROCM_CALL(HIP, hipExtMallocWithFlags, (Handle* address, size_t bytes, unsigned flags), address, bytes, flags)
ROCM_CALL(HIP, hipFree, (Handle address), address)
ROCM_CALL(HIP, hipHostMalloc, (Handle* address, size_t bytes, unsigned flags), address, bytes, flags)
ROCM_CALL(HIP, hipHostFree, (Handle address), address)
ROCM_CALL(HIP, hipHostRegister, (Handle address, size_t bytes, unsigned flags), address, bytes, flags)
ROCM_CALL(HIP, hipHostUnregister, (Handle address), address)
ROCM_CALL(HIP, hipHostGetDevicePointer, (Handle* device, Handle host, unsigned flags), device, host, flags)
ROCM_CALL(HIP, hipMemGetAddressRange, (Handle* base, Size* bytes, Handle address), base, bytes, address)
ROCM_CALL(HIP, hipMemcpy, (Handle target, Handle source, size_t bytes, int kind), target, source, bytes, kind)
ROCM_CALL(HIP, hipMemcpyAsync, (Handle target, Handle source, size_t bytes, int kind, Handle stream), target, source, bytes, kind, stream)
ROCM_CALL(HIP, hipMemcpy2DAsync, (Handle target, size_t targetPitch, Handle source, size_t sourcePitch, size_t width, size_t height, int kind, Handle stream), target, targetPitch, source, sourcePitch, width, height, kind, stream)
ROCM_CALL(HIP, hipMemsetAsync, (Handle target, int value, size_t bytes, Handle stream), target, value, bytes, stream)
ROCM_CALL(HIP, hipMemsetD32Async, (Handle target, int value, size_t count, Handle stream), target, value, count, stream)
ROCM_CALL(HIP, hipIpcGetMemHandle, (Bytes handle, Handle address), handle, address)
ROCM_CALL(HIP, hipIpcOpenMemHandle, (Handle* address, Bytes64 handle, unsigned flags), address, handle, flags)
ROCM_CALL(HIP, hipIpcCloseMemHandle, (Handle address), address)

inline int hipIpcOpenMemHandle(Handle* address, Bytes handle, unsigned flags) {
  Bytes64 copy;
  std::memcpy(&copy, handle, sizeof copy);
  return hipIpcOpenMemHandle(address, copy, flags);
}

// Streams
ROCM_CALL(HIP, hipDeviceGetStreamPriorityRange, (int* least, int* greatest), least, greatest)
ROCM_CALL(HIP, hipStreamCreateWithFlags, (Handle* stream, unsigned flags), stream, flags)
ROCM_CALL(HIP, hipStreamCreateWithPriority, (Handle* stream, unsigned flags, int priority), stream, flags, priority)
ROCM_CALL(HIP, hipStreamDestroy, (Handle stream), stream)
ROCM_CALL(HIP, hipStreamQuery, (Handle stream), stream)
ROCM_CALL(HIP, hipStreamSynchronize, (Handle stream), stream)
ROCM_CALL(HIP, hipStreamWaitEvent, (Handle stream, Handle event, unsigned flags), stream, event, flags)
ROCM_CALL(HIP, hipStreamWaitValue32, (Handle stream, Handle address, uint32_t value, unsigned flags, uint32_t mask), stream, address, value, flags, mask)
ROCM_CALL(HIP, hipStreamWaitValue64, (Handle stream, Handle address, uint64_t value, unsigned flags, uint64_t mask), stream, address, value, flags, mask)
ROCM_CALL(HIP, hipStreamWriteValue32, (Handle stream, Handle address, uint32_t value, unsigned flags), stream, address, value, flags)
ROCM_CALL(HIP, hipStreamWriteValue64, (Handle stream, Handle address, uint64_t value, unsigned flags), stream, address, value, flags)

// Events
ROCM_CALL(HIP, hipEventCreateWithFlags, (Handle* event, unsigned flags), event, flags)
ROCM_CALL(HIP, hipEventDestroy, (Handle event), event)
ROCM_CALL(HIP, hipEventRecord, (Handle event, Handle stream), event, stream)
ROCM_CALL(HIP, hipEventRecordWithFlags, (Handle event, Handle stream, unsigned flags), event, stream, flags)
ROCM_CALL(HIP, hipEventQuery, (Handle event), event)
ROCM_CALL(HIP, hipEventSynchronize, (Handle event), event)
ROCM_CALL(HIP, hipEventElapsedTime, (float* millis, Handle start, Handle stop), millis, start, stop)

// Graphs
ROCM_CALL(HIP, hipStreamBeginCapture, (Handle stream, int mode), stream, mode)
ROCM_CALL(HIP, hipStreamEndCapture, (Handle stream, Handle* graph), stream, graph)
ROCM_CALL(HIP, hipStreamIsCapturing, (Handle stream, int* status), stream, status)
ROCM_CALL(HIP, hipThreadExchangeStreamCaptureMode, (int* mode), mode)
ROCM_CALL(HIP, hipGraphInstantiate, (Handle* executable, Handle graph, Handle errorNode, Handle log, size_t logBytes), executable, graph, errorNode, log, logBytes)
ROCM_CALL(HIP, hipGraphInstantiateWithFlags, (Handle* executable, Handle graph, uint64_t flags), executable, graph, flags)
ROCM_CALL(HIP, hipGraphUpload, (Handle executable, Handle stream), executable, stream)
ROCM_CALL(HIP, hipGraphLaunch, (Handle executable, Handle stream), executable, stream)
ROCM_CALL(HIP, hipGraphExecDestroy, (Handle executable), executable)
ROCM_CALL(HIP, hipGraphDestroy, (Handle graph), graph)
ROCM_CALL(HIP, hipGraphGetNodes, (Handle graph, Handle nodes, Size* count), graph, nodes, count)

// Modules and launches
ROCM_CALL(HIP, hipModuleLoadData, (Handle* module, Handle image), module, image)
ROCM_CALL(HIP, hipModuleUnload, (Handle module), module)
ROCM_CALL(HIP, hipModuleGetFunction, (Handle* function, Handle module, Text name), function, module, name)
ROCM_CALL(HIP, hipModuleGetGlobal, (Handle* address, Size* bytes, Handle module, Text name), address, bytes, module, name)
ROCM_CALL(HIP, hipFuncGetAttribute, (int* value, int attribute, Handle function), value, attribute, function)
ROCM_CALL(HIP, hipModuleOccupancyMaxActiveBlocksPerMultiprocessor, (int* blocks, Handle function, int threads, size_t ldsBytes), blocks, function, threads, ldsBytes)
ROCM_CALL(HIP, hipModuleLaunchKernel, (Handle function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ, unsigned ldsBytes, Handle stream, Handle parameters, Handle extra), function, gridX, gridY, gridZ, blockX, blockY, blockZ, ldsBytes, stream, parameters, extra)

// Errors
ROCM_TEXT(HIP, hipGetErrorName, (int status), status)
ROCM_TEXT(HIP, hipGetErrorString, (int status), status)
ROCM_CALL(HIP, hipGetLastError, ())
ROCM_CALL(HIP, hipPeekAtLastError, ())

}  // namespace counterpoint
