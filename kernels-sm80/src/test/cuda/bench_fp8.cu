// Times of the E4M3 GEMM with bf16 output beside cuBLASLt: with one factor for each operand, and with
// factors for blocks of 128 of K. What ours stores is compared with what cuBLASLt stores.

#include <algorithm>
#include <map>

#include "checks.h"
#include "trials.h"

namespace {

const std::vector<Problem> shapes = {{8192, 8192, 8192},
                                     {4096, 7168, 8192},
                                     {8192, 8192, 1024},
                                     {4096, 1280, 8192},
                                     {64, 8192, 3584},
                                     {16, 8192, 8192}};

constexpr int kRounds = 25;
constexpr int kWarmRounds = 5;
constexpr int kChoiceRounds = 6;

// Factors of one, for either operand of every shape.
struct Factors {
  Buffer ones{8 << 20};

  Factors() {
    const std::vector<float> values(ones.bytes / sizeof(float), 1.0f);
    ones.upload(values.data(), ones.bytes);
  }

  Trial with(Trial trial) const {
    trial.params.aScales = trial.params.bScales = ones.at();
    trial.params.aScalesStride = trial.params.bScalesStride =
        (trial.params.k + kScaleBlock - 1) / kScaleBlock;
    return trial;
  }
};

// What a tuner would take. Also says what the best trial of each tile takes.
Trial fastest(const std::vector<Trial>& trials, const char* scales) {
  Timer timer;
  std::vector<std::vector<float>> times(trials.size());
  for (int round = 0; round < kChoiceRounds; round++) {
    for (size_t i = 0; i < trials.size(); i++) {
      times[i].push_back(timer.micros([&] { trials[i].launch(true); }));
    }
  }
  size_t best = 0;
  std::map<int, float> ofTile;
  for (size_t i = 0; i < trials.size(); i++) {
    const float micros = median(times[i]);
    best = micros < median(times[best]) ? i : best;
    const auto known = ofTile.emplace(trials[i].tile, micros).first;
    known->second = std::min(known->second, micros);
  }
  for (const auto& [tile, micros] : ofTile) {
    std::printf("      %s scales, %s: %.1f µs\n", scales, nameOf(kTiles[tile]).c_str(), micros);
  }
  return trials[best];
}

struct Row {
  Problem problem;
  Trial plain, blocks;
  double plainMicros, blocksMicros;
  double vendorMicros, vendorFastMicros, vendorBlocksMicros;  // 0: not offered
};

void check(const Trial& trial, const Vendor& vendor, const Operands& operands, const Row& row) {
  if (!vendor.found()) {
    return;
  }
  const Problem& s = row.problem;
  Buffer expected(size_t(s.m) * s.n * 2);
  vendor.launch();
  CUDA_OK(cudaMemcpy(expected.data, operands.d.data, expected.bytes, cudaMemcpyDeviceToDevice));
  CUDA_OK(cudaMemset(operands.d.data, 0xff, expected.bytes));  // NaN
  trial.launch(true);
  const unsigned wrong = countDifferent(operands.d, expected, s);
  tally.check(wrong == 0,
              "fp8 " + std::to_string(s.m) + "x" + std::to_string(s.n) + "x" +
                  std::to_string(s.k) + " " + nameOf(kTiles[trial.tile]) + ": " +
                  std::to_string(wrong) + " elements differ");
}

// All in turns, so that they meet the same temperature and clock.
Row measure(const Problem& s, const Operands& operands, const Factors& factors) {
  const auto library = [&](VendorInput input) {
    return Vendor(s, true, operands.a, operands.b, operands.d, input);
  };
  const Vendor vendor = library(kVendorE4m3);
  const Vendor fast = library(kVendorE4m3Fast);
  const Vendor inBlocks = library(kVendorE4m3Blocks);
  std::vector<Trial> trials = trialsOf(s, true, operands, kFp8E4m3);
  Row row{};
  row.problem = s;
  row.plain = fastest(trials, "tensor");
  for (Trial& trial : trials) {
    trial = factors.with(trial);
  }
  row.blocks = fastest(trials, "block");
  check(row.plain, vendor, operands, row);
  check(row.blocks, vendor, operands, row);

  Timer timer;
  std::vector<float> times[5];
  for (int round = 0; round < kRounds; round++) {
    const float micros[] = {timer.micros([&] { row.plain.launch(true); }),
                            timer.micros([&] { vendor.launch(); }),
                            timer.micros([&] { fast.launch(); }),
                            timer.micros([&] { row.blocks.launch(true); }),
                            timer.micros([&] { inBlocks.launch(); })};
    for (int i = 0; round >= kWarmRounds && i < 5; i++) {
      times[i].push_back(micros[i]);
    }
  }
  row.plainMicros = median(times[0]);
  row.vendorMicros = vendor.found() ? median(times[1]) : 0;
  row.vendorFastMicros = fast.found() ? median(times[2]) : 0;
  row.blocksMicros = median(times[3]);
  row.vendorBlocksMicros = inBlocks.found() ? median(times[4]) : 0;
  return row;
}

std::string describe(const Trial& trial) {
  return nameOf(kTiles[trial.tile]) + " /" + std::to_string(trial.splits) + " r" +
         std::to_string(trial.raster);
}

void print(const Row& row) {
  const Problem& s = row.problem;
  const double flops = 2.0 * s.m * s.n * s.k;
  std::printf(
      "%5d %5d %5d | %8.1f %7.1f | %8.1f %8.1f | %.3f | %-22s | %8.1f %7.1f | %8.1f | %-22s\n",
      s.m,
      s.n,
      s.k,
      row.plainMicros,
      flops / row.plainMicros / 1e6,
      row.vendorMicros,
      row.vendorFastMicros,
      row.vendorMicros > 0 ? row.plainMicros / row.vendorMicros : 0,
      describe(row.plain).c_str(),
      row.blocksMicros,
      flops / row.blocksMicros / 1e6,
      row.vendorBlocksMicros,
      describe(row.blocks).c_str());
  std::fflush(stdout);
}

void writeJson(FILE* json, bool first, const Row& row) {
  const auto trial = [&](const char* name, const Trial& t, double micros) {
    std::fprintf(
        json,
        ", \"%s\": {\"tile\": \"%s\", \"splits\": %d, \"rasterRows\": %d, \"micros\": %.2f}",
        name,
        nameOf(kTiles[t.tile]).c_str(),
        t.splits,
        t.raster,
        micros);
  };
  std::fprintf(json,
               "%s\n{\"m\": %d, \"n\": %d, \"k\": %d",
               first ? "[" : ",",
               row.problem.m,
               row.problem.n,
               row.problem.k);
  trial("tensorScale", row.plain, row.plainMicros);
  trial("blockScales", row.blocks, row.blocksMicros);
  std::fprintf(json,
               ", \"vendorMicros\": %.2f, \"vendorFastMicros\": %.2f, \"vendorBlocksMicros\": %.2f}",
               row.vendorMicros,
               row.vendorFastMicros,
               row.vendorBlocksMicros);
}

}  // namespace

void benchFp8(const char* jsonPath) {
  const std::vector<int> types = inputTypes();
  if (!takesBlockFactors() || std::find(types.begin(), types.end(), kFp8E4m3) == types.end()) {
    std::printf("fp8: these kernels, or this device, do not take E4M3 with factors of blocks\n");
    return;
  }
  FILE* json = jsonPath ? std::fopen(jsonPath, "w") : nullptr;
  const Operands operands(shapes, kFp8E4m3);
  const Factors factors;
  std::printf(
      "    m     n     k | tensor scale µs, TFLOP/s | cuBLASLt µs, with fast sums | ours / cuBLASLt "
      "| tile | block scales µs, TFLOP/s | cuBLASLt's with block scales, 0 for none | tile\n");
  bool first = true;
  for (const Problem& s : shapes) {
    const Row row = measure(s, operands, factors);
    print(row);
    if (json) {
      writeJson(json, first, row);
      first = false;
    }
  }
  if (json) {
    std::fprintf(json, "\n]\n");
    std::fclose(json);
  }
}
