// Runs the SM90 kernels on the machine of fibers.
//
//   model_test --list: every kernel with its bytes of shared memory
//   model_test [--quick] [--seeds N] [--first SEED] [--part I/N] [--only TEXT] [--stop] [--verbose]
//
// --quick runs a sample of the large groups; --part runs every Nth case, so that several processes
// share the work; --stop, none after one that fails.

#include <chrono>
#include <cstdio>

#include "gemm_model.h"

using namespace modeltest;
using namespace counterpoint;

int passed = 0;
int failed = 0;
std::string only;
bool verbose = false;
bool stopAtFirst = false;
u64 seeds = 1;
u64 nextSeed = 1;
int part = 0;
int parts = 1;
bool quick = false;
int sample = 1;  // of the group that runs, every so manieth case

// Whether this process runs the next case; each has seeds of its own.
static bool isMine(const std::string& text) {
  static int cases = 0;
  const int number = cases++;
  const bool mine = number % sample == 0 && number / sample % parts == part;
  const bool chosen = mine && !(stopAtFirst && failed > 0) &&
                      (only.empty() || text.find(only) != std::string::npos);
  if (!chosen) {
    nextSeed += seeds;
  }
  return chosen;
}

static void report(const std::string& what, u64 seed, const std::string& wrong) {
  (wrong.empty() ? passed : failed)++;
  if (!wrong.empty()) {
    std::printf("FAILED %s, seed %llu: %s\n",
                what.c_str(),
                static_cast<unsigned long long>(seed),
                wrong.c_str());
    std::fflush(stdout);
  }
}

static void run(const Spec& spec) {
  if (!isMine(spec.text())) {
    return;
  }
  for (u64 i = 0; i < seeds; i++) {
    const u64 seed = nextSeed++;
    const auto start = std::chrono::steady_clock::now();
    GemmModel gemm(spec, seed);
    report(spec.text(), seed, gemm.run());
    if (verbose) {
      std::printf(
          "%6.0f ms  %s\n",
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
              .count(),
          spec.text().c_str());
      std::fflush(stdout);
    }
  }
}

// What ships; and what is only measured, unless a sample is enough.
static const std::vector<Entry>& tested() {
  static const std::vector<Entry> all = [] {
    std::vector<Entry> some = entries();
    if (!quick) {
      some.insert(some.end(), candidates().begin(), candidates().end());
    }
    return some;
  }();
  return all;
}

static ElementType outputOf(ElementType input) {
  return input == kInt8 ? kInt32 : kBf16;
}

// More than one tile each way, ragged everywhere.
static Spec ragged(const Entry& entry) {
  Spec spec;
  spec.entry = &entry;
  spec.out = outputOf(entry.input);
  spec.rows = entry.rows + 7;
  spec.cols = entry.cols + 16;
  spec.k = 7 * entry.panelK - 24;
  return spec;
}

static void everyEntry() {
  for (const Entry& entry : tested()) {
    run(ragged(entry));
  }
}

// One cluster goes round its ring many times, K shorter and longer than the ring.
static void rings() {
  for (const Entry& entry : tested()) {
    if (entry.input != kBf16 || entry.across) {
      continue;
    }
    for (int panels : {1, entry.stages, 2 * entry.stages + 1}) {
      Spec spec = ragged(entry);
      spec.clusters = 1;
      spec.k = panels * entry.panelK;
      spec.rows = entry.rows / 2 + 3;
      spec.cols = 3 * entry.cols - 8;
      run(spec);
    }
  }
}

static void awkwardShapes() {
  const int shapes[][3] = {{1, 1, 1}, {13, 17, 19}, {3, 257, 67}, {129, 1, 65}, {65, 8, 130}};
  for (const Entry& entry : tested()) {
    if (entry.input == kFp16 || entry.input == kFp8E5m2) {
      continue;
    }
    int i = 0;
    for (const auto& shape : shapes) {
      Spec spec = ragged(entry);
      spec.rows = shape[0];
      spec.cols = shape[1];
      spec.k = shape[2];
      spec.pad = i++ % 4;
      run(spec);
    }
  }
}

static void epilogues() {
  for (const Entry& entry : tested()) {
    if (entry.input != kBf16 || entry.across) {
      continue;
    }
    for (int mask = 0; mask < 16; mask++) {
      Spec spec = ragged(entry);
      spec.out = mask % 3 == 0 ? kFp32 : mask % 3 == 1 ? kBf16 : kFp16;
      spec.k = 72;
      spec.pad = mask % 5;
      spec.alpha = mask & 1 ? 0.75f : 1.0f;
      spec.beta = mask & 2 ? -1.5f : 0.0f;
      spec.bias = (mask & 4) != 0;
      spec.scales = (mask & 8) != 0;
      spec.windowFirst = mask;
      spec.windowRows = 5 + mask;
      spec.splits = 1 + mask % 2;
      run(spec);
    }
  }
  Spec integers = ragged(entry(kInt8, false, 128, 256));
  integers.beta = 1;
  integers.bias = true;
  integers.windowRows = 33;
  run(integers);
  Spec scaled = ragged(entry(kFp8E4m3, false, 128, 256));
  scaled.scales = true;
  run(scaled);
}

// Factors of blocks of 128 of K, by themselves and with everything that might disturb them.
static void blocks() {
  for (const Entry& entry : tested()) {
    if (entry.input != kFp8E4m3 && entry.input != kFp8E5m2) {
      continue;
    }
    const int shapes[][3] = {{1, 1, 1}, {entry.rows + 7, 385, 5 * 128 + 1}, {67, 130, 128}};
    for (const auto& shape : shapes) {
      Spec spec = ragged(entry);
      spec.blocks = true;
      spec.rows = shape[0];
      spec.cols = shape[1];
      spec.k = shape[2];
      run(spec);
    }
    // One cluster, several tiles: the ring and those in relay go on where they were.
    Spec ring = ragged(entry);
    ring.blocks = true;
    ring.clusters = 1;
    ring.rows = entry.rows / 2 + 3;
    ring.cols = 3 * entry.cols - 8;
    ring.k = (2 * entry.stages + 1) * entry.panelK - 5;
    run(ring);
    // The last panels of one part and the first of the next are of the same four.
    Spec split = ragged(entry);
    split.blocks = true;
    split.k = 11 * entry.panelK;
    split.splits = 3;
    split.clusters = 3;
    run(split);
    Spec hooked = ragged(entry);
    hooked.blocks = true;
    hooked.scales = true;
    hooked.bias = true;
    hooked.beta = -1.5f;
    hooked.shards = 3;
    hooked.rows = 2 * entry.rows + 9;
    hooked.orderBy = 2;
    hooked.gated = true;
    hooked.owners = true;
    hooked.posted = true;
    hooked.clearance = true;
    run(hooked);
  }
}

static void splits() {
  for (const Entry& entry : tested()) {
    if (entry.input == kFp16 || entry.input == kFp8E5m2) {
      continue;
    }
    Spec spec = ragged(entry);
    spec.splits = 3;
    spec.clusters = 3;
    run(spec);
  }
}

// Hooks one by one and together, on tiles that go together, in turns, and turned round.
static void hooks() {
  for (const Entry& entry : tested()) {
    const bool some = entry.input == kBf16 || (entry.input == kInt8 && entry.cols == 256);
    if (!some) {
      continue;
    }
    for (int mask = 1; mask < 32; mask++) {
      if (entry.across && mask != 31 && mask != 15) {
        continue;
      }
      Spec spec = ragged(entry);
      spec.k = 3 * entry.panelK;
      spec.shards = 3;
      spec.rows = 2 * entry.rows + 9;
      // Now and then an odd number of tiles, so that the last pair is none.
      spec.cols = mask % 4 == 3 ? entry.cols - 8 : entry.cols + 24;
      spec.raster = 1 + mask % 4;
      spec.orderBy = mask % 3;
      spec.gated = (mask & 1) != 0;
      spec.owners = (mask & 2) != 0;
      spec.packed = (mask & 6) == 4;
      spec.posted = (mask & 8) != 0;
      spec.clearance = (mask & 16) != 0;
      spec.traced = mask % 2 == 0;
      spec.splits = mask % 7 == 6 ? 2 : 1;
      spec.pad = mask % 5 == 2 ? 3 : 0;  // rows that the copy engine does not store
      run(spec);
    }
  }
}

// A tile later in the order may wait without keeping an earlier one from being finished.
static void chains() {
  for (const Entry& entry : tested()) {
    if (entry.input != kBf16 || entry.across) {
      continue;
    }
    for (int clusters : {1, 2}) {
      Spec spec = ragged(entry);
      spec.rows = 4 * entry.rows + 5;
      spec.cols = entry.cols - 3;
      spec.k = (entry.stages + 2) * entry.panelK;
      spec.clusters = clusters;
      spec.splits = clusters;
      spec.traced = true;
      spec.chained = true;
      run(spec);
    }
  }
}

// ---- What fails, fails as it should ----

static void broken(const Spec& spec, const std::string& what, int site, int array, i64 word) {
  if (!isMine(spec.text() + " " + what)) {
    return;
  }
  for (u64 i = 0; i < seeds; i++) {
    const u64 seed = nextSeed++;
    GemmModel gemm(spec, seed);
    std::string wrong = gemm.run();
    const FaultRecord& record = gemm.record();
    if (wrong.empty() && site != 0 &&
        (record.state != 1 || record.kind != 1 || record.rank != 3 || record.operation != 77 ||
         record.site != site || record.array != array || (word >= 0 && record.word != word) ||
         record.seen >= record.wanted || record.tile < 0)) {
      wrong = "the fault record does not say it";
    }
    if (wrong.empty() && site != kGate && (!gemm.outputUntouched() || gemm.postsSeen() != 0)) {
      wrong = "something was stored or posted";
    }
    report(spec.text() + " " + what, seed, wrong);
  }
}

static void faults() {
  for (const Entry& entry : tested()) {
    if (entry.input != kBf16 || entry.across) {
      continue;
    }
    Spec spec = ragged(entry);
    spec.shards = 3;
    spec.rows = 2 * entry.rows + 9;
    spec.posted = true;
    Spec gate = spec;
    gate.gated = true;
    gate.gateNeverOpens = true;
    broken(gate, "gate never opens", kGate, 11, -1);
    Spec clearance = spec;
    clearance.clearance = true;
    clearance.clearanceNeverComes = true;
    broken(clearance, "clearance never comes", kClearance, 12, -1);
    Spec before = spec;
    before.failedBefore = true;
    broken(before, "the world has failed before", 0, 0, -1);
  }
}

int main(int count, char** words) {
  for (int i = 1; i < count; i++) {
    const std::string word = words[i];
    if (word == "--seeds" && i + 1 < count) {
      seeds = std::stoull(words[++i]);
    } else if (word == "--first" && i + 1 < count) {
      nextSeed = std::stoull(words[++i]);
    } else if (word == "--only" && i + 1 < count) {
      only = words[++i];
    } else if (word == "--part" && i + 1 < count) {
      std::sscanf(words[++i], "%d/%d", &part, &parts);
    } else if (word == "--list") {
      for (const Entry& entry : entries()) {
        std::printf("tile_gemm_sm90_%sx%d_s%d_c%d_o%d %d\n",
                    entry.name.c_str(),
                    entry.panelK,
                    entry.stages,
                    entry.cluster,
                    entry.outboxes,
                    entry.sharedBytes);
      }
      return 0;
    } else if (word == "--quick") {
      quick = true;
    } else if (word == "--stop") {
      stopAtFirst = true;
    } else if (word == "--verbose") {
      verbose = true;
    } else {
      std::printf(
          "usage: model_test [--quick] [--seeds N] [--first SEED] [--part I/N] [--only TEXT] "
          "[--stop] [--verbose]\n");
      return 2;
    }
  }
  const auto group = [](const char* name, void (*body)(), int sampledBy = 1) {
    sample = quick ? sampledBy : 1;
    const auto start = std::chrono::steady_clock::now();
    const int before = passed, failedBefore = failed;
    body();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%-14s %5d passed %4d failed %6.1f s\n",
                name,
                passed - before,
                failed - failedBefore,
                seconds.count());
    std::fflush(stdout);
  };
  // Samples that have no divisor in common with how their cases are laid out.
  group("every entry", everyEntry);
  group("rings", rings);
  group("awkward shapes", awkwardShapes, 3);
  group("epilogues", epilogues, 5);
  group("blocks", blocks, 5);
  group("splits", splits, 2);
  group("hooks", hooks, 5);
  group("chains", chains);
  group("faults", faults);
  std::printf("%s: %d passed, %d failed\n", failed == 0 ? "OK" : "FAILED", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
