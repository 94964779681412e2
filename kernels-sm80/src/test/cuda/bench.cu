// Times of the bf16 GEMM, large and with few rows, beside cuBLASLt where it is compiled in.

#include <algorithm>

#include "checks.h"
#include "elements.h"
#include "gemm_case.h"

#if defined(WITH_CUBLASLT)
#include <cublasLt.h>
#endif

namespace {

struct Shape {
  int m, n, k;
};

__device__ unsigned long long nanosNow() {
  unsigned long long nanos;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanos));
  return nanos;
}

// Square; one rank's part of the operators that are measured elsewhere, AG [M, N / 8, K] and RS
// [M, N, K / 8]; few rows, whole weights and an eighth of K.
const Shape shapes[] = {
    {8192, 8192, 8192},  {4096, 7168, 8192},  {8192, 7168, 8192},  {1024, 6144, 12288},
    {4096, 6144, 12288}, {8192, 6144, 12288}, {4096, 1280, 8192},  {8192, 1280, 8192},
    {1024, 12288, 6144}, {4096, 12288, 6144}, {8192, 12288, 6144}, {4096, 8192, 3584},
    {8192, 8192, 3584},  {4096, 8192, 1024},  {8192, 8192, 1024},  {1, 8192, 8192},
    {4, 8192, 8192},     {16, 8192, 8192},    {32, 8192, 8192},    {64, 8192, 8192},
    {128, 8192, 8192},   {256, 8192, 8192},   {16, 8192, 3584},    {64, 8192, 3584},
    {256, 8192, 3584},   {64, 8192, 1024},    {512, 8192, 1024}};

// Keeps the device busy while the host prepares what is timed.
__global__ void busy(unsigned long long nanos) {
  const unsigned long long end = nanosNow() + nanos;
  while (nanosNow() < end) {
  }
}

// Median of spaced launches, in microseconds of the device: no time of the host is inside.
template <class Launch>
double medianMicros(const Launch& launch) {
  cudaEvent_t start, end;
  CUDA_OK(cudaEventCreate(&start));
  CUDA_OK(cudaEventCreate(&end));
  std::vector<float> times;
  for (int i = 0; i < 25; i++) {
    busy<<<1, 1>>>(100000);
    CUDA_OK(cudaEventRecord(start));
    launch();
    CUDA_OK(cudaEventRecord(end));
    CUDA_OK(cudaEventSynchronize(end));
    float millis;
    CUDA_OK(cudaEventElapsedTime(&millis, start, end));
    if (i >= 5) {
      times.push_back(millis);
    }
  }
  CUDA_OK(cudaEventDestroy(start));
  CUDA_OK(cudaEventDestroy(end));
  std::sort(times.begin(), times.end());
  return times[times.size() / 2] * 1000;
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

// What cuBLASLt's first heuristic takes; 0 where it is not compiled in.
double vendorMicros(const Shape& s, bool nk, const Buffer& a, const Buffer& b, const Buffer& d) {
#if defined(WITH_CUBLASLT)
  cublasLtHandle_t handle;
  cublasLtMatmulDesc_t operation;
  cublasLtMatrixLayout_t layoutA, layoutB, layoutD;
  cublasLtMatmulPreference_t preference;
  cublasLtMatmulHeuristicResult_t choice;
  Buffer workspace(64 << 20);
  size_t workspaceBytes = 64 << 20;
  int found = 0;
  // Column-major: Dᵀ [n, m] = B · Aᵀ.
  const cublasOperation_t first = nk ? CUBLAS_OP_T : CUBLAS_OP_N;
  cublasLtCreate(&handle);
  cublasLtMatmulDescCreate(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F);
  cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first);
  cublasLtMatrixLayoutCreate(&layoutB, CUDA_R_16BF, nk ? s.k : s.n, nk ? s.n : s.k, nk ? s.k : s.n);
  cublasLtMatrixLayoutCreate(&layoutA, CUDA_R_16BF, s.k, s.m, s.k);
  cublasLtMatrixLayoutCreate(&layoutD, CUDA_R_16BF, s.n, s.m, s.n);
  cublasLtMatmulPreferenceCreate(&preference);
  cublasLtMatmulPreferenceSetAttribute(
      preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspaceBytes, sizeof workspaceBytes);
  cublasLtMatmulAlgoGetHeuristic(
      handle, operation, layoutB, layoutA, layoutD, layoutD, preference, 1, &choice, &found);
  const float one = 1, zero = 0;
  double micros = 0;
  if (found > 0) {
    micros = medianMicros([&] {
      cublasLtMatmul(handle,
                     operation,
                     &one,
                     b.data,
                     layoutB,
                     a.data,
                     layoutA,
                     &zero,
                     d.data,
                     layoutD,
                     d.data,
                     layoutD,
                     &choice.algo,
                     workspace.data,
                     workspaceBytes,
                     nullptr);
    });
  }
  cublasLtMatmulPreferenceDestroy(preference);
  cublasLtMatrixLayoutDestroy(layoutA);
  cublasLtMatrixLayoutDestroy(layoutB);
  cublasLtMatrixLayoutDestroy(layoutD);
  cublasLtMatmulDescDestroy(operation);
  cublasLtDestroy(handle);
  return micros;
#else
  return 0;
#endif
}

struct Best {
  double micros = 1e30;
  int tile = 0, splits = 1, raster = 1, blocks = 1;
};

// Tries tiles, splits and rasters; what a tuner would do.
Best fastest(const Shape& s,
             bool nk,
             const Buffer& a,
             const Buffer& b,
             const Buffer& d,
             const Buffer& partials,
             const Buffer& arrivals) {
  Best best;
  for (int tile = 0; tile < kTileCount; tile++) {
    const TileConfig& config = kTiles[tile];
    if (config.rows >= 2 * std::max(16, s.m) || s.m > 64 * config.rows) {
      continue;
    }
    GemmSpec tiny;
    tiny.nk = nk;
    tiny.tile = tile;
    Gemm gemm(tiny);
    TileGemmParams p = gemm.params;
    p.a = a.at();
    p.b = b.at();
    p.d = d.at();
    p.rows = s.m;
    p.cols = s.n;
    p.k = s.k;
    p.aStride = s.k;
    p.bStride = nk ? s.k : s.n;
    p.dStride = s.n;
    p.windowRows = s.m;
    p.rowsPerShard = s.m;
    p.tileRowsPerShard = (s.m + config.rows - 1) / config.rows;
    p.tileColumns = (s.n + config.cols - 1) / config.cols;
    p.partials = partials.at();
    p.arrivals = arrivals.at();
    const int tiles = p.tileRowsPerShard * p.tileColumns;
    const int perSm = blocksPerMultiprocessor(config);
    for (int splits : {1, 2, 3, 4, 6, 8, 12, 16}) {
      const bool full = tiles >= 2 * kernels.multiprocessors;
      if ((splits > 1 && full) || s.k / splits < 256 ||
          size_t(tiles) * splits * config.rows * config.cols * 4 > partials.bytes) {
        continue;
      }
      for (int raster : full ? std::vector<int>{4, 8, 16, 32} : std::vector<int>{8}) {
        p.splits = splits;
        p.rasterRows = raster;
        const int blocks = kernels.multiprocessors * perSm;
        const double micros = medianMicros([&] { launchTile(kBf16, nk, config, p, blocks); });
        if (micros < best.micros) {
          best = {micros, tile, splits, raster, perSm};
        }
      }
    }
  }
  return best;
}

}  // namespace

void bench(const char* jsonPath) {
  FILE* json = jsonPath ? std::fopen(jsonPath, "w") : nullptr;
  if (json) {
    std::fprintf(json, "[");
  }
  std::printf("%6s %6s %6s %-3s | %10s %8s | %-8s %6s %6s %3s | %10s %8s | %5s\n",
              "m",
              "n",
              "k",
              "B",
              "us",
              "TFLOP/s",
              "tile",
              "splits",
              "raster",
              "/SM",
              "vendor us",
              "TFLOP/s",
              "ratio");
  Buffer partials(size_t(512) << 20), arrivals(1 << 20);
  bool first = true;
  for (const Shape& s : shapes) {
    Buffer a(size_t(s.m) * s.k * 2), b(size_t(s.n) * s.k * 2), d(size_t(s.m) * s.n * 2);
    randomBf16<<<1024, 256>>>(reinterpret_cast<uint16_t*>(a.data), a.bytes / 2);
    randomBf16<<<1024, 256>>>(reinterpret_cast<uint16_t*>(b.data), b.bytes / 2);
    CUDA_OK(cudaDeviceSynchronize());
    for (bool nk : {true, false}) {
      const Best best = fastest(s, nk, a, b, d, partials, arrivals);
      const double vendor = vendorMicros(s, nk, a, b, d);
      const double work = 2.0 * s.m * s.n * s.k * 1e-6;
      const TileConfig& tile = kTiles[best.tile];
      const std::string shape = std::to_string(tile.rows) + "x" + std::to_string(tile.cols);
      const double share = vendor > 0 ? vendor / best.micros : 0;
      std::printf("%6d %6d %6d %-3s | %10.1f %8.1f | %-8s %6d %6d %3d | %10.1f %8.1f | %5.2f\n",
                  s.m,
                  s.n,
                  s.k,
                  nk ? "NK" : "KN",
                  best.micros,
                  work / best.micros,
                  shape.c_str(),
                  best.splits,
                  best.raster,
                  best.blocks,
                  vendor,
                  vendor > 0 ? work / vendor : 0,
                  share);
      std::fflush(stdout);
      if (json) {
        std::fprintf(
            json,
            "%s\n{\"m\": %d, \"n\": %d, \"k\": %d, \"layout\": \"%s\", \"micros\": %.2f, \"tflops\": %.1f, "
            "\"tile\": \"%s\", \"splits\": %d, \"rasterRows\": %d, \"blocksPerSm\": %d, "
            "\"vendorMicros\": %.2f, \"ofVendor\": %.3f}",
            first ? "" : ",",
            s.m,
            s.n,
            s.k,
            nk ? "NK" : "KN",
            best.micros,
            work / best.micros,
            shape.c_str(),
            best.splits,
            best.raster,
            best.blocks,
            vendor,
            share);
        first = false;
      }
    }
  }
  if (json) {
    std::fprintf(json, "\n]\n");
    std::fclose(json);
  }
}
