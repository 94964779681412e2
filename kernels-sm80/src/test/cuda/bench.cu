// Times of the bf16 GEMM, large and with few rows, beside cuBLASLt where it is found.

#include <tuple>

#include "checks.h"
#include "trials.h"

namespace {

// Square; one rank's part of the operators that are measured elsewhere, AG [M, N / 8, K] and RS
// [M, N, K / 8]; few rows, whole weights and an eighth of K.
const std::vector<Problem> shapes = {
    {8192, 8192, 8192},  {4096, 7168, 8192},  {8192, 7168, 8192},  {1024, 6144, 12288},
    {4096, 6144, 12288}, {8192, 6144, 12288}, {4096, 1280, 8192},  {8192, 1280, 8192},
    {1024, 12288, 6144}, {4096, 12288, 6144}, {8192, 12288, 6144}, {4096, 8192, 3584},
    {8192, 8192, 3584},  {4096, 8192, 1024},  {8192, 8192, 1024},  {1, 8192, 8192},
    {4, 8192, 8192},     {16, 8192, 8192},    {32, 8192, 8192},    {64, 8192, 8192},
    {128, 8192, 8192},   {256, 8192, 8192},   {16, 8192, 3584},    {64, 8192, 3584},
    {256, 8192, 3584},   {64, 8192, 1024},    {512, 8192, 1024}};

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

// What a tuner would take.
Trial fastest(const Problem& problem, bool nk, const Operands& operands) {
  Trial best{};
  double bestMicros = 1e30;
  for (const Trial& trial : trialsOf(problem, nk, operands)) {
    const double micros = quickMicros([&] { trial.launch(nk); });
    if (micros < bestMicros) {
      bestMicros = micros;
      best = trial;
    }
  }
  return best;
}

// What a reduction of bf16 reads and writes in a second, by the number of its blocks: beside a GEMM
// it has few. Gates are open, so that the time of looking at them is inside.
void benchReduce() {
  const int rows = 4096, cols = 8192, blockRows = 128;
  const i64 slotBytes = i64(rows) * cols * 2;
  World world(1000000000);
  Buffer staging(8 * slotBytes), output(slotBytes), words(8 * 64), epoch(8);
  fillRandomBf16(staging);
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
  std::printf("%6s %6s %6s %-3s | %10s %8s | %-16s %6s %6s %3s | %10s %8s | %5s\n",
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
  const Operands operands(shapes);
  bool first = true;
  for (const Problem& s : shapes) {
    for (bool nk : {true, false}) {
      const Trial best = fastest(s, nk, operands);
      const TileConfig& tile = kTiles[best.tile];
      const int perSm = best.blocks / kernels.multiprocessors;
      const Vendor library(s, nk, operands.a, operands.b, operands.d);
      double ours, vendor;
      std::tie(ours, vendor) = medianMicros([&] { best.launch(nk); }, [&] { library.launch(); });
      vendor = library.found() ? vendor : 0;
      const double work = 2.0 * s.m * s.n * s.k * 1e-6;
      const std::string shape = nameOf(tile);
      const double share = vendor > 0 ? vendor / ours : 0;
      std::printf("%6d %6d %6d %-3s | %10.1f %8.1f | %-16s %6d %6d %3d | %10.1f %8.1f | %5.2f\n",
                  s.m,
                  s.n,
                  s.k,
                  nk ? "NK" : "KN",
                  ours,
                  work / ours,
                  shape.c_str(),
                  best.splits,
                  best.raster,
                  perSm,
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
            ours,
            work / ours,
            shape.c_str(),
            best.splits,
            best.raster,
            perSm,
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
