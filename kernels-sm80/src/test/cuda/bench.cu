// Times of the bf16 GEMM, large and with few rows, beside cuBLASLt where it is compiled in.

#include <algorithm>
#include <tuple>

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

// Times single launches, in microseconds of the device: no time of the host is inside.
class Timer {
 public:
  Timer() {
    CUDA_OK(cudaEventCreate(&start_));
    CUDA_OK(cudaEventCreate(&end_));
  }
  ~Timer() {
    CUDA_OK(cudaEventDestroy(start_));
    CUDA_OK(cudaEventDestroy(end_));
  }

  template <class Launch>
  float micros(const Launch& launch) {
    busy<<<1, 1>>>(100000);
    CUDA_OK(cudaEventRecord(start_));
    launch();
    CUDA_OK(cudaEventRecord(end_));
    CUDA_OK(cudaEventSynchronize(end_));
    float millis;
    CUDA_OK(cudaEventElapsedTime(&millis, start_, end_));
    return millis * 1000;
  }

 private:
  cudaEvent_t start_, end_;
};

double median(std::vector<float> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

// Median of a few launches, for the choice of a configuration.
template <class Launch>
double quickMicros(const Launch& launch) {
  Timer timer;
  std::vector<float> times;
  for (int i = 0; i < 8; i++) {
    const float micros = timer.micros(launch);
    if (i >= 2) {
      times.push_back(micros);
    }
  }
  return median(times);
}

// Medians of two in turns, so that both meet the same temperature and clock.
template <class First, class Second>
std::pair<double, double> medianMicros(const First& first, const Second& second) {
  Timer timer;
  std::vector<float> times[2];
  for (int i = 0; i < 26; i++) {
    const float one = timer.micros(first);
    const float two = timer.micros(second);
    if (i >= 5) {
      times[0].push_back(one);
      times[1].push_back(two);
    }
  }
  return {median(times[0]), median(times[1])};
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

// What cuBLASLt's first heuristic takes.
class Vendor {
 public:
#if defined(WITH_CUBLASLT)
  Vendor(const Shape& s, bool nk, const Buffer& a, const Buffer& b, const Buffer& d)
      : a_(a.data), b_(b.data), d_(d.data) {
    cublasLtMatmulPreference_t preference;
    // Column-major: Dᵀ [n, m] = B · Aᵀ.
    const cublasOperation_t first = nk ? CUBLAS_OP_T : CUBLAS_OP_N;
    const size_t bytes = workspace_.bytes;
    cublasLtCreate(&handle_);
    cublasLtMatmulDescCreate(&operation_, CUBLAS_COMPUTE_32F, CUDA_R_32F);
    cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first);
    cublasLtMatrixLayoutCreate(
        &layoutB_, CUDA_R_16BF, nk ? s.k : s.n, nk ? s.n : s.k, nk ? s.k : s.n);
    cublasLtMatrixLayoutCreate(&layoutA_, CUDA_R_16BF, s.k, s.m, s.k);
    cublasLtMatrixLayoutCreate(&layoutD_, CUDA_R_16BF, s.n, s.m, s.n);
    cublasLtMatmulPreferenceCreate(&preference);
    cublasLtMatmulPreferenceSetAttribute(
        preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof bytes);
    cublasLtMatmulAlgoGetHeuristic(handle_,
                                   operation_,
                                   layoutB_,
                                   layoutA_,
                                   layoutD_,
                                   layoutD_,
                                   preference,
                                   1,
                                   &choice_,
                                   &found_);
    cublasLtMatmulPreferenceDestroy(preference);
  }
  ~Vendor() {
    cublasLtMatrixLayoutDestroy(layoutA_);
    cublasLtMatrixLayoutDestroy(layoutB_);
    cublasLtMatrixLayoutDestroy(layoutD_);
    cublasLtMatmulDescDestroy(operation_);
    cublasLtDestroy(handle_);
  }

  bool found() const { return found_ > 0; }

  void launch() const {
    const float one = 1, zero = 0;
    cublasLtMatmul(handle_,
                   operation_,
                   &one,
                   b_,
                   layoutB_,
                   a_,
                   layoutA_,
                   &zero,
                   d_,
                   layoutD_,
                   d_,
                   layoutD_,
                   &choice_.algo,
                   workspace_.data,
                   workspace_.bytes,
                   nullptr);
  }

 private:
  cublasLtHandle_t handle_;
  cublasLtMatmulDesc_t operation_;
  cublasLtMatrixLayout_t layoutA_, layoutB_, layoutD_;
  cublasLtMatmulHeuristicResult_t choice_;
  Buffer workspace_{64 << 20};
  int found_ = 0;
  const void *a_, *b_;
  void* d_;
#else
  Vendor(const Shape&, bool, const Buffer&, const Buffer&, const Buffer&) {}
  bool found() const { return false; }
  void launch() const {}
#endif
};

struct Best {
  double micros = 1e30;
  int tile = 0, splits = 1, raster = 1, blocks = 1;
  TileGemmParams params{};
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
        const double micros = quickMicros([&] { launchTile(kBf16, nk, config, p, blocks); });
        if (micros < best.micros) {
          best = {micros, tile, splits, raster, perSm, p};
        }
      }
    }
  }
  return best;
}

// What a reduction of bf16 reads and writes in a second, by the number of its blocks: beside a GEMM it
// has few. Gates are open, so that the time of looking at them is inside.
void benchReduce() {
  const int rows = 4096, cols = 8192, blockRows = 128;
  const i64 slotBytes = i64(rows) * cols * 2;
  World world(1000000000);
  Buffer staging(8 * slotBytes), output(slotBytes), words(8 * 64), epoch(8);
  randomBf16<<<1024, 256>>>(reinterpret_cast<uint16_t*>(staging.data), staging.bytes / 2);
  std::printf("%-8s %6s %6s %6s | %10s %8s\n", "reduce", "slots", "blocks", "gates", "us", "GB/s");
  for (int slots : {2, 8}) {
    std::vector<i32> gate;
    std::vector<i64> perEpoch;
    for (int i = 0; i < rows / blockRows * slots; i++) {
      gate.push_back(i % slots);
      perEpoch.push_back(0);
    }
    Table<i32> gateTable(gate);
    Table<i64> perEpochTable(perEpoch);
    TileReduceParams p{};
    p.operation = world.operation;
    p.staging = staging.at();
    p.slotBytes = slotBytes;
    p.stagingStride = cols;
    p.rows = rows;
    p.cols = cols;
    p.slots = slots;
    p.blockRows = blockRows;
    p.blocks = rows / blockRows;
    p.parts = blockRows * cols / 16384;
    p.inputType = p.outputType = kBf16;
    p.targetStride = cols;
    p.target = output.at();
    p.gateIndex = gateTable.at();
    p.gatePerEpoch = perEpochTable.at();
    p.epoch = epoch.at();
    for (bool gated : {false, true}) {
      p.gateWords = gated ? words.at() : 0;
      for (int blocks : {8, 16, 32, 132}) {
        const double micros =
            quickMicros([&] { kernels.companion("tile_reduce", p, nullptr, blocks); });
        std::printf("%-8s %6d %6d %6s | %10.1f %8.1f\n",
                    "",
                    slots,
                    blocks,
                    gated ? "open" : "none",
                    micros,
                    (slots + 1) * slotBytes / micros / 1e3);
      }
    }
  }
}

}  // namespace

void bench(const char* jsonPath) {
  benchReduce();
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
      Best best = fastest(s, nk, a, b, d, partials, arrivals);
      const TileConfig& tile = kTiles[best.tile];
      const int blocks = kernels.multiprocessors * best.blocks;
      const Vendor library(s, nk, a, b, d);
      double vendor;
      std::tie(best.micros, vendor) =
          medianMicros([&] { launchTile(kBf16, nk, tile, best.params, blocks); },
                       [&] { library.launch(); });
      vendor = library.found() ? vendor : 0;
      const double work = 2.0 * s.m * s.n * s.k * 1e-6;
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
