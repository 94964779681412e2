// Reduction, transfers and signals.

#include <algorithm>
#include <memory>

#include "checks.h"
#include "elements.h"

static void reduceOnce(
    int type, int rows, int cols, int slots, int blockRows, int targets, int pad) {
  const int bytes = bytesOf(type);
  const int stride = cols + pad;
  const size_t slotBytes =
      (static_cast<size_t>(rows) * stride * bytes + 15) / 16 * 16 + (pad == 1 ? 2 * bytes : 0);
  Buffer staging(slotBytes * slots + 16);
  std::vector<std::vector<uint8_t>> partials;
  for (int slot = 0; slot < slots; slot++) {
    partials.push_back(randomMatrix(type, rows, cols, stride));
    staging.upload(partials[slot].data(), partials[slot].size(), slot * slotBytes);
  }
  const int blocks = rows == 0 ? 0 : (rows + blockRows - 1) / blockRows;
  std::vector<std::unique_ptr<Buffer>> outputs;
  std::vector<std::unique_ptr<Buffer>> counters;
  std::vector<u64> origins, postWords;
  for (int target = 0; target < targets; target++) {
    outputs.push_back(
        std::make_unique<Buffer>(static_cast<size_t>(rows) * stride * bytes + 16, 0xa5));
    counters.push_back(std::make_unique<Buffer>(1024));
    origins.push_back(outputs.back()->at());
    postWords.push_back(counters.back()->at());
  }
  Table<u64> originTable(origins), postTable(postWords);
  std::vector<i32> index(std::max(1, blocks));
  for (int b = 0; b < blocks; b++) {
    index[b] = b % 4 == 3 ? -1 : b % 3;
  }
  Table<i32> indexTable(index);
  Buffer arrivals(4096);
  World world(2'000'000'000);
  TileReduceParams p{};
  p.operation = world.operation;
  p.staging = staging.at();
  p.slotBytes = slotBytes;
  p.stagingStride = stride;
  p.rows = rows;
  p.cols = cols;
  p.slots = slots;
  p.blockRows = blockRows;
  p.blocks = blocks;
  p.parts = 3;
  p.inputType = p.outputType = type;
  p.targetStride = stride;
  if (targets == 1) {
    p.target = origins[0];
  } else {
    p.targets = originTable.at();
    p.targetCount = targets;
    p.postWords = postTable.at();
    p.postIndex = indexTable.at();
    p.arrivals = arrivals.at();
  }
  // Gates: word s of 16, which must have reached 2 · slot · epoch of 3.
  Buffer words(128), epoch(8);
  const u64 three = 3;
  epoch.upload(&three, 8);
  std::vector<i32> gate;
  std::vector<i64> perEpoch;
  for (int b = 0; b < blocks; b++) {
    for (int slot = 0; slot < slots; slot++) {
      gate.push_back((b + slot) % 4 == 0 ? -1 : slot % 16);
      perEpoch.push_back(2 * (slot % 16));
    }
  }
  gate.push_back(0);
  perEpoch.push_back(0);
  Table<i32> gateTable(gate);
  Table<i64> perEpochTable(perEpoch);
  p.gateWords = words.at();
  p.gateIndex = gateTable.at();
  p.gatePerEpoch = perEpochTable.at();
  p.epoch = epoch.at();
  Streams streams;
  if (!serial) {
    kernels.companion("tile_reduce", p, streams.one, 13);
  }
  for (int word = 0; word < 16; word++) {
    kernels.companion("signal_add",
                      SignalAddParams{world.operation, words.at(word * 8), 6ull * word},
                      streams.two);
  }
  if (serial) {
    CUDA_OK(cudaDeviceSynchronize());
    kernels.companion("tile_reduce", p, streams.one, 13);
  }
  CUDA_OK(cudaDeviceSynchronize());
  const std::string label = std::string("reduce ") + nameOf(type) + " " + std::to_string(rows) +
                            "x" + std::to_string(cols) + " slots " + std::to_string(slots) +
                            " targets " + std::to_string(targets);
  tally.check(world.record->state == 0, label + ": no fault");
  for (int target = 0; target < targets; target++) {
    const auto got = outputs[target]->download<uint8_t>();
    bool same = true;
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < stride; c++) {
        const size_t at = (static_cast<size_t>(r) * stride + c) * bytes;
        uint8_t wanted[4] = {0xa5, 0xa5, 0xa5, 0xa5};
        if (c < cols) {
          float sum = static_cast<float>(decode(type, &partials[0][at]));
          int64_t integers = take<int32_t>(&partials[0][type == kInt32 ? at : 0]);
          for (int slot = 1; slot < slots; slot++) {
            sum += static_cast<float>(decode(type, &partials[slot][at]));
            integers += take<int32_t>(&partials[slot][type == kInt32 ? at : 0]);
          }
          encode(type, wanted, type == kInt32 ? static_cast<double>(integers) : sum);
        }
        same &= std::memcmp(wanted, &got[at], bytes) == 0;
      }
    }
    tally.check(same, label + ": bits of rank " + std::to_string(target));
    if (targets > 1) {
      const auto counts = counters[target]->download<u64>();
      for (int word = 0; word < 3; word++) {
        u64 expected = 0;
        for (int b = 0; b < blocks; b++) {
          expected += index[b] == word;
        }
        tally.check(counts[word] == expected, label + ": posts");
      }
    }
  }
}

static void reductions(bool quick) {
  for (int type : {kBf16, kFp32, kFp16, kInt32}) {
    for (int slots : {1, 3, 8}) {
      for (int targets : {1, 3}) {
        reduceOnce(type, 37, 53, slots, 8, targets, 0);
        reduceOnce(type, 64, 256, slots, 20, targets, 8);
        if (!quick) {
          reduceOnce(type, 1, 1, slots, 1, targets, 1);
          reduceOnce(type, 0, 16, slots, 4, targets, 0);
          reduceOnce(type, 300, 1000, slots, 128, targets, 1);
        }
      }
    }
  }
}

static void puts(bool quick) {
  const size_t size = 1 << 20;
  std::vector<uint8_t> bytes(size);
  for (auto& b : bytes) {
    b = static_cast<uint8_t>(randomness()());
  }
  Buffer source(size);
  source.upload(bytes.data(), size);
  Buffer target(size), word(8), epoch(8), arrivals(8);
  World world(1'000'000'000);
  u64 now = 0;
  for (size_t length :
       {size_t(0), size_t(1), size_t(15), size_t(16), size_t(4097), size_t(300000)}) {
    for (int from : {0, 1, 2, 4, 8, 16}) {
      for (int to : {0, 3, 4, 8, 16}) {
        if (quick && (from + to) % 5 != 0) {
          continue;
        }
        CUDA_OK(cudaMemset(target.data, kPoison, size));
        now++;
        epoch.upload(&now, 8);
        PutParams p{world.operation,
                    source.at(from),
                    target.at(to + 100 * 16),
                    0,
                    0,
                    static_cast<i64>(length),
                    1,
                    word.at(),
                    epoch.at(),
                    arrivals.at()};
        kernels.companion("put", p, nullptr, 9);
        CUDA_OK(cudaDeviceSynchronize());
        const auto got = target.download<uint8_t>();
        bool same = true;
        for (size_t i = 0; i < size; i++) {
          const size_t start = to + 1600;
          const bool inside = i >= start && i < start + length;
          same &= got[i] == (inside ? bytes[from + i - start] : kPoison);
        }
        tally.check(same,
                    "put " + std::to_string(length) + " bytes, offsets " + std::to_string(from) +
                        ", " + std::to_string(to));
        tally.check(word.download<u64>()[0] == now, "put raises its signal to the epoch");
      }
    }
  }
  for (int rowBytes : {1, 7, 16, 33, 256}) {
    CUDA_OK(cudaMemset(target.data, kPoison, size));
    PutParams p{world.operation, source.at(), target.at(), 272, 320, rowBytes, 77, 0, 0, 0};
    kernels.companion("put", p, nullptr, 5);
    CUDA_OK(cudaDeviceSynchronize());
    const auto got = target.download<uint8_t>();
    bool same = true;
    for (size_t i = 0; i < size; i++) {
      const size_t row = i / 320, at = i % 320;
      const bool inside = row < 77 && at < static_cast<size_t>(rowBytes);
      same &= got[i] == (inside ? bytes[row * 272 + at] : kPoison);
    }
    tally.check(same, "put2d of rows of " + std::to_string(rowBytes));
  }
  for (int offset : {0, 1, 7, 16}) {
    for (int length : {0, 1, 14, 17, 5000}) {
      CUDA_OK(cudaMemset(target.data, kPoison, size));
      kernels.companion(
          "fill", FillParams{world.operation, target.at(offset), length, 0x7b, 0}, nullptr, 3);
      CUDA_OK(cudaDeviceSynchronize());
      const auto got = target.download<uint8_t>();
      bool same = true;
      for (int i = 0; i < 6000; i++) {
        same &= got[i] == (i >= offset && i < offset + length ? 0x7b : kPoison);
      }
      tally.check(same, "fill " + std::to_string(length) + " at " + std::to_string(offset));
    }
  }
}

static void signals() {
  World world(1'000'000'000);
  Buffer words(256), epoch(8);
  Table<u64> targets({words.at(0), words.at(16), words.at(40)});
  const u64 high = 100;
  words.upload(&high, 8, 40);
  for (int i = 0; i < 5; i++) {
    kernels.companion("epoch_advance", EpochAdvanceParams{world.operation, epoch.at()});
  }
  kernels.companion("signal_set",
                    SignalSetParams{world.operation, targets.at(), 0, epoch.at(), 3, 0});
  kernels.companion("signal_set",
                    SignalSetParams{world.operation, 0, words.at(24), epoch.at(), 0, 0});
  kernels.companion("signal_add", SignalAddParams{world.operation, words.at(8), 40});
  kernels.companion("signal_add", SignalAddParams{world.operation, words.at(8), 2});
  kernels.companion("await_words",
                    AwaitParams{world.operation, words.at(0), {epoch.at(), 1, 0}, 4, 0, 0});
  CUDA_OK(cudaDeviceSynchronize());
  const auto got = words.download<u64>();
  tally.check(got[0] == 5 && got[1] == 42 && got[2] == 5 && got[3] == 5 && got[5] == 100,
              "set raises, leaves what is higher; add adds");
  tally.check(world.record->state == 0, "await passes what has been reached");
}

// Two ranks, two streams: neither leaves a round before the other has come.
static void barriers() {
  Streams streams;
  World worlds[2] = {World(2'000'000'000, 0), World(2'000'000'000, 1)};
  Buffer wordsOf[2] = {Buffer(64), Buffer(64)};
  Buffer epochs[2] = {Buffer(8), Buffer(8)};
  Table<u64> announce0({wordsOf[0].at(0), wordsOf[1].at(0)});
  Table<u64> announce1({wordsOf[0].at(8), wordsOf[1].at(8)});
  for (int round = 0; round < 50; round++) {
    for (int rank = 0; rank < 2; rank++) {
      cudaStream_t stream = rank == 0 ? streams.one : streams.two;
      kernels.companion(
          "epoch_advance", EpochAdvanceParams{worlds[rank].operation, epochs[rank].at()}, stream);
      kernels.companion("barrier_ranks",
                        BarrierParams{worlds[rank].operation,
                                      rank == 0 ? announce0.at() : announce1.at(),
                                      wordsOf[rank].at(),
                                      {epochs[rank].at(), 1, 0},
                                      2,
                                      0},
                        stream);
    }
  }
  CUDA_OK(cudaDeviceSynchronize());
  tally.check(worlds[0].record->state == 0 && worlds[1].record->state == 0 &&
                  wordsOf[0].download<u64>()[1] == 50 && wordsOf[1].download<u64>()[0] == 50,
              "fifty barriers of two ranks");
}

void checkCompanions(bool quick) {
  reductions(quick);
  puts(quick);
  checkNorms(quick);
  signals();
  if (!serial) {
    barriers();
  }
}
