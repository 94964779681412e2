// Every tile, split and raster of some shapes, in turns with cuBLASLt: what a table of tiles, and
// the choice among them, is made from. What each stores is compared with what cuBLASLt stores.

#include "checks.h"
#include "trials.h"

namespace {

const std::vector<Problem> shapes = {{8192, 8192, 8192},
                                     {4096, 7168, 8192},
                                     {1024, 6144, 12288},
                                     {4096, 1280, 8192},
                                     {8192, 1280, 8192},
                                     {1024, 12288, 6144},
                                     {4096, 8192, 3584},
                                     {4096, 8192, 1024},
                                     {8192, 8192, 1024},
                                     {1, 8192, 8192},
                                     {16, 8192, 8192},
                                     {64, 8192, 8192},
                                     {256, 8192, 8192},
                                     {64, 8192, 3584},
                                     {256, 8192, 3584},
                                     {64, 8192, 1024},
                                     {512, 8192, 1024}};

constexpr int kRounds = 10;
constexpr int kWarmRounds = 2;

std::string nameOf(const Trial& trial) {
  return nameOf(kTiles[trial.tile]) + " splits " + std::to_string(trial.splits) + " raster " +
         std::to_string(trial.raster);
}

struct Result {
  std::vector<double> micros;  // by trial
  double vendorMicros = 0;
};

Result measure(const std::vector<Trial>& trials, bool nk, const Vendor& vendor) {
  Timer timer;
  std::vector<std::vector<float>> times(trials.size() + 1);
  for (int round = 0; round < kRounds; round++) {
    for (size_t i = 0; i <= trials.size(); i++) {
      const float micros = i < trials.size() ? timer.micros([&] { trials[i].launch(nk); })
                                             : timer.micros([&] { vendor.launch(); });
      if (round >= kWarmRounds) {
        times[i].push_back(micros);
      }
    }
  }
  Result result;
  for (size_t i = 0; i < trials.size(); i++) {
    result.micros.push_back(median(times[i]));
  }
  result.vendorMicros = vendor.found() ? median(times.back()) : 0;
  return result;
}

// Against what cuBLASLt stores, or else the first trial.
void checkResults(const std::vector<Trial>& trials,
                  const Problem& s,
                  bool nk,
                  const Vendor& vendor,
                  const Operands& operands) {
  Buffer expected(size_t(s.m) * s.n * 2);
  if (vendor.found()) {
    vendor.launch();
  } else {
    trials[0].launch(nk);
  }
  CUDA_OK(cudaMemcpy(expected.data, operands.d.data, expected.bytes, cudaMemcpyDeviceToDevice));
  for (const Trial& trial : trials) {
    CUDA_OK(cudaMemset(operands.d.data, 0xff, expected.bytes));  // NaN
    trial.launch(nk);
    const unsigned wrong = countDifferent(operands.d, expected, s);
    tally.check(wrong == 0,
                std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k) +
                    (nk ? " nk " : " kn ") + nameOf(trial) + ": " + std::to_string(wrong) +
                    " elements differ");
  }
}

void writeJson(FILE* json,
               bool first,
               const Problem& s,
               bool nk,
               const std::vector<Trial>& trials,
               const Result& result) {
  std::fprintf(
      json,
      "%s\n{\"m\": %d, \"n\": %d, \"k\": %d, \"layout\": \"%s\", \"vendorMicros\": %.2f, \"trials\": [",
      first ? "" : ",",
      s.m,
      s.n,
      s.k,
      nk ? "NK" : "KN",
      result.vendorMicros);
  for (size_t i = 0; i < trials.size(); i++) {
    std::fprintf(json,
                 "%s\n  {\"tile\": \"%s\", \"splits\": %d, \"rasterRows\": %d, \"micros\": %.2f}",
                 i == 0 ? "" : ",",
                 nameOf(kTiles[trials[i].tile]).c_str(),
                 trials[i].splits,
                 trials[i].raster,
                 result.micros[i]);
  }
  std::fprintf(json, "]}");
}

// The best way with each tile, best first.
void print(const Problem& s, bool nk, const std::vector<Trial>& trials, const Result& result) {
  std::vector<size_t> best;
  for (int tile = 0; tile < kTileCount; tile++) {
    size_t found = trials.size();
    for (size_t i = 0; i < trials.size(); i++) {
      if (trials[i].tile == tile &&
          (found == trials.size() || result.micros[i] < result.micros[found])) {
        found = i;
      }
    }
    if (found < trials.size()) {
      best.push_back(found);
    }
  }
  std::sort(best.begin(), best.end(), [&](size_t a, size_t b) {
    return result.micros[a] < result.micros[b];
  });
  const double ours = result.micros[best[0]];
  std::printf("%5d %5d %5d %s | cuBLASLt %7.1f | %.3f |",
              s.m,
              s.n,
              s.k,
              nk ? "NK" : "KN",
              result.vendorMicros,
              result.vendorMicros / ours);
  for (size_t i = 0; i < best.size() && i < 5; i++) {
    const Trial& trial = trials[best[i]];
    std::printf(" %s%s%s r%d %.1f",
                nameOf(kTiles[trial.tile]).c_str(),
                trial.splits > 1 ? " /" : "",
                trial.splits > 1 ? std::to_string(trial.splits).c_str() : "",
                trial.raster,
                result.micros[best[i]]);
    std::printf(i + 1 < best.size() && i < 4 ? "," : "\n");
  }
  std::fflush(stdout);
}

}  // namespace

void benchCandidates(const char* jsonPath) {
  FILE* json = jsonPath ? std::fopen(jsonPath, "w") : nullptr;
  const Operands operands(shapes);
  bool first = true;
  std::printf(
      "    m     n     k B  | µs | cuBLASLt's time / ours | tiles, /splits, raster, µs, best first\n");
  for (bool nk : {true, false}) {
    for (const Problem& s : shapes) {
      const std::vector<Trial> trials = trialsOf(s, nk, operands);
      const Vendor vendor(s, nk, operands.a, operands.b, operands.d);
      checkResults(trials, s, nk, vendor, operands);
      const Result result = measure(trials, nk, vendor);
      print(s, nk, trials, result);
      if (json) {
        std::fprintf(json, "%s", first ? "[" : "");
        writeJson(json, first, s, nk, trials, result);
        std::fflush(json);
        first = false;
      }
    }
  }
  if (json) {
    std::fprintf(json, "\n]\n");
    std::fclose(json);
  }
}
