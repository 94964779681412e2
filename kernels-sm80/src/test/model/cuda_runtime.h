#pragma once
// The calls of the CUDA runtime that the checks use, on the machine of fibers. Work of streams is
// kept until someone waits for it. Then one kernel at a time runs there; what other streams hold
// meanwhile, as far as it is copies and signals, acts beside it.

#include <cstddef>

struct ModelStream;
struct ModelKernel;
using cudaStream_t = ModelStream*;
using cudaKernel_t = const ModelKernel*;
using cudaLibrary_t = int;

enum cudaError_t { cudaSuccess = 0, cudaErrorUnknown = 999, cudaErrorNotReady = 600 };
enum { cudaHostAllocMapped = 2, cudaStreamNonBlocking = 1 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

struct cudaDeviceProp {
  const char* name;
  int major;
  int minor;
  int multiProcessorCount;
};

struct dim3 {
  unsigned x;
  explicit dim3(int count) : x(static_cast<unsigned>(count)) {}
};

const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
// One device, without peers.
inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
inline cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) {
  *can = 0;
  return cudaSuccess;
}
inline cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) {
  return cudaErrorUnknown;
}
inline cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : cudaErrorUnknown;
}
cudaError_t allocateModelMemory(void** data, size_t bytes);
template <class T>
cudaError_t cudaMalloc(T** data, size_t bytes) {
  return allocateModelMemory(reinterpret_cast<void**>(data), bytes);
}
template <class T>
cudaError_t cudaHostAlloc(T** data, size_t bytes, unsigned) {
  return allocateModelMemory(reinterpret_cast<void**>(data), bytes);
}
cudaError_t cudaFree(void* data);
inline cudaError_t cudaFreeHost(void* data) {
  return cudaFree(data);
}
cudaError_t cudaMemset(void* data, int value, size_t bytes);
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaMemcpyAsync(
    void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamQuery(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaDeviceSynchronize();
cudaError_t cudaLibraryLoadFromFile(
    cudaLibrary_t* library, const char* path, void*, void*, unsigned, void*, void*, unsigned);
cudaError_t cudaLibraryGetKernel(cudaKernel_t* kernel, cudaLibrary_t library, const char* name);
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value);
cudaError_t cudaLaunchKernel(
    const void* kernel, dim3 grid, dim3 threads, void** arguments, size_t shared, cudaStream_t stream);
