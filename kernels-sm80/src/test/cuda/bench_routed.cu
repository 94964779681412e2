// A product whose tiles are stored at a second device, by every tile that there is, beside the same
// stored here: what the link costs those who multiply.

#include "checks.h"
#include "trials.h"

namespace {

// One rank's part of GEMM + reduce-scatter where four or eight share K.
const std::vector<Problem> shapes = {{4096, 8192, 2048}, {4096, 8192, 3584}, {4096, 8192, 1024}};

constexpr int kRounds = 14;
constexpr int kWarmRounds = 4;

}  // namespace

void benchRouted(const char* jsonPath) {
  if (!connectTwoDevices()) {
    std::printf("skipped: two devices with peer access are not here\n");
    return;
  }
  FILE* json = jsonPath ? std::fopen(jsonPath, "w") : nullptr;
  bool first = true;
  const Operands operands(shapes);
  CUDA_OK(cudaSetDevice(1));
  const Buffer there(operands.d.bytes);
  CUDA_OK(cudaDeviceSynchronize());
  CUDA_OK(cudaSetDevice(0));
  const Table<u64> owner({there.at()});
  Timer timer;
  for (const Problem& s : shapes) {
    const Vendor vendor(s, true, operands.a, operands.b, operands.d);
    std::vector<Trial> trials;
    for (const Trial& trial : trialsOf(s, true, operands)) {
      if (trial.raster == 8 && trial.splits == 1) {
        trials.push_back(trial);
      }
    }
    std::vector<std::vector<float>> times(2 * trials.size() + 1);
    for (int round = 0; round < kRounds; round++) {
      for (size_t i = 0; i < times.size(); i++) {
        float micros;
        if (i == 2 * trials.size()) {
          micros = timer.micros([&] { vendor.launch(); });
        } else {
          Trial trial = trials[i / 2];
          if (i % 2 == 1) {
            trial.params.owners = owner.at();
            trial.params.ownerStride = s.n;
          }
          micros = timer.micros([&] { trial.launch(true); });
        }
        if (round >= kWarmRounds) {
          times[i].push_back(micros);
        }
      }
    }
    const double vendorMicros = vendor.found() ? median(times.back()) : 0;
    std::printf("%d %d %d: cuBLASLt, stored here %.1f us\n", s.m, s.n, s.k, vendorMicros);
    for (size_t i = 0; i < trials.size(); i++) {
      const double here = median(times[2 * i]), at = median(times[2 * i + 1]);
      const std::string tile = nameOf(kTiles[trials[i].tile]);
      const double rate = 2.0 * s.m * s.n / at * 1e-3;
      std::printf("  %-20s here %7.1f us, at the other device %7.1f us, %5.0f GB/s\n",
                  tile.c_str(),
                  here,
                  at,
                  rate);
      if (json) {
        std::fprintf(
            json,
            "%s\n{\"m\": %d, \"n\": %d, \"k\": %d, \"tile\": \"%s\", \"hereMicros\": %.2f, "
            "\"thereMicros\": %.2f, \"vendorMicros\": %.2f}",
            first ? "[" : ",",
            s.m,
            s.n,
            s.k,
            tile.c_str(),
            here,
            at,
            vendorMicros);
        first = false;
      }
    }
    std::fflush(stdout);
  }
  if (json) {
    std::fprintf(json, "\n]\n");
    std::fclose(json);
  }
}
