#pragma once
// What the checks stand on: device memory, the built kernels by name, and a count of what failed.

#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "params/all_reduce.h"
#include "params/signal.h"
#include "params/tile_gemm.h"
#include "params/tile_reduce.h"
#include "params/transfer.h"

using namespace counterpoint;

#define CUDA_OK(call)                                                                             \
  do {                                                                                            \
    cudaError_t status = (call);                                                                  \
    if (status != cudaSuccess) {                                                                  \
      std::printf("FATAL %s:%d %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(status)); \
      std::exit(3);                                                                               \
    }                                                                                             \
  } while (0)

struct Tally {
  int passed = 0;
  int failed = 0;

  void check(bool good, const std::string& what) {
    good ? passed++ : failed++;
    if (!good) {
      std::printf("FAILED %s\n", what.c_str());
      std::fflush(stdout);
    }
  }
};

inline Tally tally;

// Kernels of different streams do not run at the same time (some sanitizers see to that): checks
// that need them to are left out. And how much longer than usual things may take.
inline bool serial = false;
inline double patience = 1;

// What output is filled with before a kernel runs.
constexpr int kPoison = 0xa5;

// Device memory that frees itself.
struct Buffer {
  uint8_t* data = nullptr;
  size_t bytes = 0;

  explicit Buffer(size_t size, int pattern = 0) : bytes(size) {
    CUDA_OK(cudaMalloc(&data, size + 256));
    CUDA_OK(cudaMemset(data, pattern, size + 256));
    CUDA_OK(cudaStreamSynchronize(nullptr));  // other streams do not wait for this one
  }
  Buffer(const Buffer&) = delete;
  ~Buffer() { cudaFree(data); }

  u64 at(size_t offset = 0) const { return reinterpret_cast<u64>(data) + offset; }
  void upload(const void* from, size_t size, size_t offset = 0) {
    CUDA_OK(cudaMemcpy(data + offset, from, size, cudaMemcpyHostToDevice));
    CUDA_OK(cudaStreamSynchronize(nullptr));
  }
  template <class T>
  std::vector<T> download() const {
    std::vector<T> host(bytes / sizeof(T));
    CUDA_OK(cudaMemcpy(host.data(), data, host.size() * sizeof(T), cudaMemcpyDeviceToHost));
    return host;
  }
};

template <class T>
struct Table : Buffer {
  explicit Table(const std::vector<T>& values) : Buffer(values.size() * sizeof(T)) {
    upload(values.data(), values.size() * sizeof(T));
  }
};

// The kernels of one folder of fatbins.
struct Kernels {
  std::string folder;
  std::map<std::string, cudaLibrary_t> libraries;
  std::map<std::string, cudaKernel_t> entries;
  int multiprocessors = 0;

  cudaKernel_t get(const std::string& file, const std::string& entry) {
    auto found = entries.find(entry);
    if (found != entries.end()) {
      return found->second;
    }
    if (!libraries.count(file)) {
      const std::string path = folder + "/" + file + ".fatbin";
      CUDA_OK(cudaLibraryLoadFromFile(
          &libraries[file], path.c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0));
    }
    cudaKernel_t kernel;
    CUDA_OK(cudaLibraryGetKernel(&kernel, libraries[file], entry.c_str()));
    return entries[entry] = kernel;
  }

  template <class Params>
  void launch(const std::string& file,
              const std::string& entry,
              int grid,
              int threads,
              int shared,
              const Params& params,
              cudaStream_t stream = nullptr) {
    const void* kernel = reinterpret_cast<const void*>(get(file, entry));
    if (shared > 48 * 1024) {
      CUDA_OK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared));
    }
    void* arguments[] = {const_cast<Params*>(&params)};
    CUDA_OK(cudaLaunchKernel(kernel, dim3(grid), dim3(threads), arguments, shared, stream));
  }

  template <class Params>
  void companion(const std::string& entry,
                 const Params& params,
                 cudaStream_t stream = nullptr,
                 int grid = 1) {
    const bool moves = entry.rfind("all_reduce_", 0) == 0 || entry == "tile_reduce" ||
                       entry == "row_norm" || entry == "put" || entry == "unpack" ||
                       entry == "fill";
    launch("companions", entry, moves ? grid : 1, moves ? 256 : 32, 0, params, stream);
  }
};

inline Kernels kernels;

// One emulated rank: where faults go and who is told.
struct World {
  FaultRecord* record;
  uint32_t* hostAbort;
  Buffer state{64};  // claim, local abort
  Buffer context{sizeof(WaitContext)};
  Operation operation{};

  explicit World(int64_t timeoutNanos, int rank = 3) {
    CUDA_OK(cudaHostAlloc(&record, sizeof(FaultRecord) + 64, cudaHostAllocMapped));
    std::memset(record, 0, sizeof(FaultRecord) + 64);
    hostAbort = reinterpret_cast<uint32_t*>(record + 1);
    WaitContext host{};
    host.record = reinterpret_cast<u64>(record);
    host.claim = state.at(0);
    host.localAbort = state.at(4);
    host.hostAbort = reinterpret_cast<u64>(hostAbort);
    host.rank = rank;
    host.timeoutNanos = timeoutNanos;
    context.upload(&host, sizeof host);
    operation.context = context.at();
    operation.abort = state.at(4);
    operation.operation = 77;
  }
  ~World() { cudaFreeHost(record); }
};

struct Streams {
  cudaStream_t one;
  cudaStream_t two;
  Streams() {
    CUDA_OK(cudaStreamCreateWithFlags(&one, cudaStreamNonBlocking));
    CUDA_OK(cudaStreamCreateWithFlags(&two, cudaStreamNonBlocking));
  }
  ~Streams() {
    cudaStreamDestroy(one);
    cudaStreamDestroy(two);
  }
};

void sleepMillis(int millis);

// Lets devices 0 and 1 reach each other's memory; false if they are not there, or cannot. Device 0
// is the current one afterwards.
bool connectTwoDevices();
