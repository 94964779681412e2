#include "timing.h"

__device__ unsigned long long nanosNow() {
  unsigned long long nanos;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanos));
  return nanos;
}

// Keeps the device busy while the host prepares what is timed.
__global__ void busy(unsigned long long nanos) {
  const unsigned long long end = nanosNow() + nanos;
  while (nanosNow() < end) {
  }
}

__global__ void randomBf16(uint16_t* data, size_t count) {
  for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < count;
       i += size_t(gridDim.x) * blockDim.x) {
    uint32_t x = static_cast<uint32_t>(i) * 2654435761u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    // Sign, exponents around one, and a random mantissa.
    data[i] = static_cast<uint16_t>((x & 0x8000) | ((125 + (x >> 20 & 1)) << 7) | (x & 0x7f));
  }
}

__global__ void randomE4m3(uint8_t* data, size_t count) {
  for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < count;
       i += size_t(gridDim.x) * blockDim.x) {
    uint32_t x = static_cast<uint32_t>(i) * 2654435761u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    data[i] = static_cast<uint8_t>((x >> 8 & 0x80) | ((6 + (x >> 20 & 1)) << 3) | (x & 7));
  }
}

Timer::Timer() {
  CUDA_OK(cudaEventCreate(&start_));
  CUDA_OK(cudaEventCreate(&end_));
}

Timer::~Timer() {
  CUDA_OK(cudaEventDestroy(start_));
  CUDA_OK(cudaEventDestroy(end_));
}

void Timer::begin() {
  busy<<<1, 1>>>(100000);
  CUDA_OK(cudaEventRecord(start_));
}

float Timer::end() {
  CUDA_OK(cudaEventRecord(end_));
  CUDA_OK(cudaEventSynchronize(end_));
  float millis;
  CUDA_OK(cudaEventElapsedTime(&millis, start_, end_));
  return millis * 1000;
}

void fillRandomBf16(const Buffer& buffer) {
  randomBf16<<<1024, 256>>>(reinterpret_cast<uint16_t*>(buffer.data), buffer.bytes / 2);
  CUDA_OK(cudaDeviceSynchronize());
}

void fillRandomE4m3(const Buffer& buffer) {
  randomE4m3<<<1024, 256>>>(buffer.data, buffer.bytes);
  CUDA_OK(cudaDeviceSynchronize());
}
