// Waits that expire: the record names the culprit, everyone leaves in time, nothing is stored or
// posted.

#include <algorithm>
#include <chrono>

#include "checks.h"
#include "gemm_case.h"

static double secondsUntilDone() {
  const auto start = std::chrono::steady_clock::now();
  CUDA_OK(cudaDeviceSynchronize());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

static bool isPoison(const Buffer& buffer) {
  const auto bytes = buffer.download<uint8_t>();
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t x) { return x == kPoison; });
}

static void gateNeverOpens() {
  World world(200'000'000);
  GemmSpec spec;
  spec.rows = 500;
  spec.cols = 500;
  spec.k = 64;
  Gemm gemm(spec);
  const int tileRows = gemm.tileRowsPerShard();
  Table<i32> first(std::vector<i32>(tileRows, 5));
  Table<i32> count(std::vector<i32>(tileRows, 3));
  Table<i32> postIndex(std::vector<i32>(gemm.tileCount(), 0));
  Buffer words(64 * 8);
  Table<u64> postWords({words.at(256)});
  const u64 seven = 7;
  words.upload(&seven, 8, 5 * 8);
  words.upload(&seven, 8, 7 * 8);  // word 6 stays 0
  Buffer epoch(8);
  epoch.upload(&seven, 8);
  gemm.params.operation = world.operation;
  gemm.params.gateWords = words.at();
  gemm.params.gateFirst = first.at();
  gemm.params.gateCount = count.at();
  gemm.params.gateTarget = {epoch.at(), 1, 0};
  gemm.params.gateArray = 11;
  gemm.params.postIndex = postIndex.at();
  gemm.params.postWords = postWords.at();
  gemm.launch();
  const double seconds = secondsUntilDone();
  const FaultRecord& record = *world.record;
  tally.check(seconds > 0.15 && seconds < 1.5 * patience,
              "gate expires in time: " + std::to_string(seconds) + " s");
  tally.check(record.state == 1 && record.kind == 1 && record.rank == 3 && record.operation == 77 &&
                  record.site == kGate && record.array == 11 && record.word == 6 &&
                  record.seen == 0 && record.wanted == 7 && record.tile >= 0 &&
                  record.elapsedNanos >= 200'000'000,
              "the fault record says it all: state " + std::to_string(record.state) + " site " +
                  std::to_string(record.site) + " word " + std::to_string(record.word) + " seen " +
                  std::to_string(record.seen) + " wanted " + std::to_string(record.wanted));
  tally.check(isPoison(gemm.d), "nothing is stored after an expired gate");
  tally.check(words.download<u64>()[32] == 0, "nothing is posted after an expired gate");
  tally.check(*world.hostAbort == 1, "the host's flag is raised");

  // Work behind it on the stream does not act, and other waits leave at once.
  gemm.params.gateWords = 0;
  gemm.launch();
  kernels.companion("signal_set",
                    SignalSetParams{world.operation, 0, words.at(296), epoch.at(), 0, 0});
  kernels.companion("signal_add", SignalAddParams{world.operation, words.at(304), 5});
  kernels.companion("await_words",
                    AwaitParams{world.operation, words.at(0), {epoch.at(), 1, 0}, 1, 0, 0});
  tally.check(secondsUntilDone() < 0.1 * patience, "what follows a fault leaves at once");
  tally.check(isPoison(gemm.d) && words.download<u64>()[38] == 0,
              "what follows a fault does not act");
}

static void clearanceNeverComes() {
  World world(100'000'000);
  GemmSpec spec;
  spec.rows = 40;
  spec.cols = 200;
  spec.k = 104;
  Gemm gemm(spec);
  Buffer matrix(1 << 16, kPoison);
  Buffer words(64);
  Table<u64> origins({matrix.at()});
  Table<i32> index({2});
  gemm.params.operation = world.operation;
  gemm.params.owners = origins.at();
  gemm.params.ownerStride = spec.cols;
  gemm.params.clearanceWords = words.at();
  gemm.params.clearanceIndex = index.at();
  gemm.params.clearanceTarget = {0, 0, 1};
  gemm.params.clearanceArray = 12;
  gemm.launch();
  tally.check(secondsUntilDone() < patience, "clearance expires in time");
  tally.check(world.record->state == 1 && world.record->site == kClearance &&
                  world.record->word == 2 && world.record->array == 12 && isPoison(matrix),
              "expired clearance: record, and nothing stored");
}

// A wait without a culprit of its own leaves when the host raises its flag.
static void hostAborts() {
  Streams streams;
  World world(20'000'000'000);
  Buffer words(64);
  kernels.companion(
      "await_words", AwaitParams{world.operation, words.at(), {0, 0, 1}, 4, 0, 0}, streams.one);
  sleepMillis(20);
  tally.check(cudaStreamQuery(streams.one) == cudaErrorNotReady, "the wait waits");
  *reinterpret_cast<volatile uint32_t*>(world.hostAbort) = 1;
  tally.check(secondsUntilDone() < patience, "the wait leaves when the host aborts");
  tally.check(world.record->state == 0, "an aborted wait does not blame anyone");
}

static void awaitExpires() {
  World world(50'000'000);
  Buffer words(64);
  kernels.companion("await_words", AwaitParams{world.operation, words.at(16), {0, 0, 9}, 2, 4, 2});
  tally.check(secondsUntilDone() < patience, "await expires in time");
  tally.check(world.record->state == 1 && world.record->site == kAwait &&
                  world.record->wanted == 9 && world.record->word >= 2 && world.record->word <= 3,
              "await's record");
}

void checkFaults() {
  gateNeverOpens();
  clearanceNeverComes();
  if (!serial) {
    hostAborts();
  }
  awaitExpires();
}
