// Order, gate, route and post, with ranks emulated by separate memory on one device.

#include <algorithm>
#include <memory>
#include <numeric>

#include "checks.h"
#include "gemm_case.h"

static std::vector<i32> shuffled(int count) {
  std::vector<i32> values(count);
  std::iota(values.begin(), values.end(), 0);
  std::shuffle(values.begin(), values.end(), randomness());
  return values;
}

// What hooks are checked with: one way to compute, and rows that are whole multiples of sixteen
// bytes or are not.
struct Way {
  int tile;
  int cols;
};

static GemmSpec ragged(const Way& way, int shards) {
  GemmSpec spec;
  spec.rows = 413;
  spec.cols = way.cols;
  spec.k = 520;
  spec.tile = way.tile;
  spec.shards = shards;
  return spec;
}

// With one block, tiles begin in the order given; the result does not depend on it.
static void orders(const Way& way) {
  if (blocksInStep(kTiles[way.tile]) > 1) {
    return;  // several tiles begin together
  }
  for (int by : {0, 1, 2}) {
    GemmSpec spec = ragged(way, 5);
    spec.grid = 1;
    Gemm gemm(spec);
    std::vector<i32> order = shuffled(by == 1 ? 5 : gemm.tileCount());
    Table<i32> table(order);
    gemm.params.order = table.at();
    gemm.params.orderBy = by;
    gemm.params.trace = gemm.trace.at();
    gemm.launch();
    gemm.verifyLocal("order " + std::to_string(by));
    const auto spans = gemm.trace.download<TileSpan>();
    u64 before = 0;
    bool inOrder = true;
    for (int i = 0; i < gemm.tileCount(); i++) {
      if (spans[i].startNanos == 0) {
        continue;  // an empty tile
      }
      inOrder &= spans[i].startNanos >= before && spans[i].computedNanos >= spans[i].startNanos &&
                 spans[i].endNanos >= spans[i].computedNanos;
      before = spans[i].startNanos;
      if (by == 2) {
        inOrder &= spans[i].tile == order[i];
      } else if (by == 1) {
        inOrder &= spans[i].tile / (gemm.tileRowsPerShard() * gemm.params.tileColumns) ==
                   order[i / (gemm.tileRowsPerShard() * gemm.params.tileColumns)];
      }
    }
    tally.check(inOrder, "tiles begin in order " + std::to_string(by));
  }
}

// A arrives shard by shard, late, from another stream; before its signal it is poison.
static void gates(const Way& way, int epochs) {
  Streams streams;
  World world(5'000'000'000);
  GemmSpec spec = ragged(way, 6);
  spec.grid = 20;
  Gemm gemm(spec);
  const size_t rowBytes = static_cast<size_t>(gemm.strideA) * gemm.inBytes;
  Buffer words(64 * 8);
  Buffer epoch(8);
  std::vector<i32> first;
  std::vector<i32> count;
  for (int row = 0; row < spec.shards * gemm.tileRowsPerShard(); row++) {
    first.push_back(2 * (row / gemm.tileRowsPerShard()));
    count.push_back(row < gemm.tileRowsPerShard() ? 0 : 2);  // shard 0 is there from the start
  }
  Table<i32> firstTable(first);
  Table<i32> countTable(count);
  gemm.params.operation = world.operation;
  gemm.params.gateWords = words.at();
  gemm.params.gateFirst = firstTable.at();
  gemm.params.gateCount = countTable.at();
  gemm.params.gateTarget = {epoch.at(), 1, 0};
  for (int launch = 1; launch <= epochs; launch++) {
    const size_t ready = std::min(spec.rows, gemm.rowsPerShard()) * rowBytes;
    CUDA_OK(cudaMemset(gemm.a.data + ready, 0xff, gemm.hostA.size() - ready));
    CUDA_OK(cudaMemset(gemm.d.data, kPoison, gemm.d.bytes));
    CUDA_OK(cudaDeviceSynchronize());
    kernels.companion(
        "epoch_advance", EpochAdvanceParams{world.operation, epoch.at()}, streams.two);
    CUDA_OK(cudaStreamSynchronize(streams.two));
    gemm.launch(streams.one);
    for (int shard = spec.shards - 1; shard > 0; shard--) {
      const int start = std::min(spec.rows, shard * gemm.rowsPerShard());
      const int end = std::min(spec.rows, start + gemm.rowsPerShard());
      for (int half = 0; half < 2; half++) {
        sleepMillis(2);
        const int middle = (start + end) / 2;
        const int from = half == 0 ? start : middle;
        const int to = half == 0 ? middle : end;
        CUDA_OK(cudaMemcpyAsync(gemm.a.data + from * rowBytes,
                                gemm.hostA.data() + from * rowBytes,
                                (to - from) * rowBytes,
                                cudaMemcpyHostToDevice,
                                streams.two));
        SignalSetParams set{world.operation, 0, words.at((2 * shard + half) * 8), epoch.at(), 0, 0};
        kernels.companion("signal_set", set, streams.two);
      }
    }
    gemm.verifyLocal("gated, launch " + std::to_string(launch));
  }
  tally.check(world.record->state == 0, "gated: no fault");
}

// Shards go to three owners; each gets its rows, and one count for each tile that has elements.
static void owners(const Way& way) {
  for (bool clearance : {false, true}) {
    if (clearance && serial) {
      continue;
    }
    const std::string where = ", tile " + nameOf(kTiles[way.tile]) + ", " +
                              std::to_string(way.cols) + " columns" +
                              (clearance ? ", with clearance" : "") + ", launch ";
    Streams streams;
    World world(5'000'000'000);
    GemmSpec spec = ragged(way, 3);
    spec.splits = 2;
    // Room for the kernels that give clearance.
    spec.grid = std::max(1, kernels.multiprocessors - 2 * blocksInStep(kTiles[way.tile]));
    Gemm gemm(spec);
    Gemm local(spec);
    // The same operands for both, so that bits can be compared.
    local.params.a = gemm.params.a;
    local.params.b = gemm.params.b;
    local.launch();
    CUDA_OK(cudaDeviceSynchronize());
    const auto wanted = local.d.download<uint8_t>();

    const i64 stride = spec.cols + (spec.cols % 8 == 0 ? 8 : 5);
    const size_t ownerBytes = gemm.rowsPerShard() * stride * gemm.outBytes;
    std::vector<std::unique_ptr<Buffer>> matrices;
    std::vector<std::unique_ptr<Buffer>> counters;
    std::vector<u64> origins;
    std::vector<u64> wordTable;
    for (int rank = 0; rank < 3; rank++) {
      matrices.push_back(std::make_unique<Buffer>(ownerBytes, kPoison));
      counters.push_back(std::make_unique<Buffer>(4096));
      origins.push_back(matrices.back()->at());
      wordTable.push_back(counters.back()->at());
    }
    std::vector<i32> posts(gemm.tileCount());
    for (int tile = 0; tile < gemm.tileCount(); tile++) {
      posts[tile] = tile % 7 == 0 ? -1 : tile % 4;
    }
    Table<u64> originTable(origins);
    Table<u64> postTable(wordTable);
    Table<i32> postIndex(posts);
    Table<i32> clearIndex({4, 2, 0});
    Buffer clear(64);
    Buffer epoch(8);
    gemm.params.operation = world.operation;
    gemm.params.owners = originTable.at();
    gemm.params.ownerStride = stride;
    gemm.params.postIndex = postIndex.at();
    gemm.params.postWords = postTable.at();
    if (clearance) {
      gemm.params.clearanceWords = clear.at();
      gemm.params.clearanceIndex = clearIndex.at();
      gemm.params.clearanceTarget = {epoch.at(), 1, -1};
    }
    for (int launch = 1; launch <= 2; launch++) {
      for (auto& matrix : matrices) {
        CUDA_OK(cudaMemset(matrix->data, kPoison, ownerBytes));
      }
      kernels.companion("epoch_advance", EpochAdvanceParams{world.operation, epoch.at()});
      CUDA_OK(cudaDeviceSynchronize());
      gemm.launch(streams.one);
      if (clearance && launch == 2) {
        // Nobody has consumed launch 1 yet: nothing may be stored, however long it takes.
        sleepMillis(30);
        tally.check(cudaStreamQuery(streams.one) == cudaErrorNotReady,
                    "clearance holds the kernel");
        std::vector<uint8_t> early(ownerBytes);
        CUDA_OK(cudaMemcpyAsync(
            early.data(), matrices[1]->data, ownerBytes, cudaMemcpyDeviceToHost, streams.two));
        CUDA_OK(cudaStreamSynchronize(streams.two));
        tally.check(std::all_of(early.begin(), early.end(), [](uint8_t x) { return x == kPoison; }),
                    "clearance holds the stores");
        for (int word : {0, 2, 4}) {
          kernels.companion(
              "signal_add", SignalAddParams{world.operation, clear.at(word * 8), 1}, streams.two);
        }
      }
      CUDA_OK(cudaDeviceSynchronize());
      for (int rank = 0; rank < 3; rank++) {
        const auto got = matrices[rank]->download<uint8_t>();
        const int start = std::min(spec.rows, rank * gemm.rowsPerShard());
        const int rows = std::min(spec.rows, start + gemm.rowsPerShard()) - start;
        bool same = true;
        for (int r = 0; r < gemm.rowsPerShard(); r++) {
          for (i64 i = 0; i < stride * gemm.outBytes; i++) {
            const bool inside = r < rows && i < spec.cols * gemm.outBytes;
            const size_t at = static_cast<size_t>(start + r) * gemm.strideD * gemm.outBytes + i;
            same &= got[r * stride * gemm.outBytes + i] == (inside ? wanted[at] : kPoison);
          }
        }
        tally.check(same, "owner " + std::to_string(rank) + " has the bits of the local route" + where +
                              std::to_string(launch));
        const auto words = counters[rank]->download<u64>();
        std::vector<u64> counts(4);
        for (int tile = 0; tile < gemm.tileCount(); tile++) {
          int row, tileRows, col, cols;
          gemm.extent(tile, row, tileRows, col, cols);
          const bool owned = tile / (gemm.tileRowsPerShard() * gemm.params.tileColumns) == rank;
          if (owned && tileRows > 0 && posts[tile] >= 0) {
            counts[posts[tile]] += launch;
          }
        }
        tally.check(std::equal(counts.begin(), counts.end(), words.begin()),
                    "posts at owner " + std::to_string(rank) + where + std::to_string(launch));
      }
      const auto untouched = gemm.d.download<uint8_t>();
      tally.check(
          std::all_of(untouched.begin(), untouched.end(), [](uint8_t x) { return x == kPoison; }),
          "nothing goes to the local output");
      tally.check(world.record->state == 0, "no fault" + where + std::to_string(launch));
    }
  }
}

// Packed tiles have the bits of the local route, and unpacking restores them.
static void packed(const Way& way) {
  for (int out : {kBf16, kFp32}) {
    GemmSpec spec = ragged(way, 4);
    spec.out = out;
    Gemm gemm(spec);
    gemm.launch();
    CUDA_OK(cudaDeviceSynchronize());
    const auto local = gemm.d.download<uint8_t>();
    const TileConfig& tile = kTiles[spec.tile];
    const std::vector<i32> slots = shuffled(gemm.tileCount());
    Table<i32> slotTable(slots);
    Buffer blocks(static_cast<size_t>(gemm.tileCount()) * tile.rows * tile.cols * gemm.outBytes,
                  kPoison);
    gemm.params.packedSlots = slotTable.at();
    gemm.params.d = blocks.at();
    gemm.launch();
    CUDA_OK(cudaDeviceSynchronize());
    const auto got = blocks.download<uint8_t>();
    size_t differing = 0;
    size_t written = 0;
    for (int t = 0; t < gemm.tileCount(); t++) {
      int row, rows, col, cols;
      gemm.extent(t, row, rows, col, cols);
      const size_t block = static_cast<size_t>(slots[t]) * tile.rows * tile.cols * gemm.outBytes;
      for (int r = 0; r < tile.rows; r++) {
        for (int i = 0; i < tile.cols * gemm.outBytes; i++) {
          const uint8_t value = got[block + static_cast<size_t>(r) * tile.cols * gemm.outBytes + i];
          if (r < rows && i < cols * gemm.outBytes) {
            differing +=
                value !=
                local[(static_cast<size_t>(row + r) * gemm.strideD + col) * gemm.outBytes + i];
          } else {
            written += value != kPoison;
          }
        }
      }
    }
    tally.check(differing == 0 && written == 0, "packed tiles are those of the local route");

    for (int pad : {0, 3}) {
      Buffer output(static_cast<size_t>(spec.rows) * (spec.cols + pad) * gemm.outBytes, kPoison);
      UnpackParams unpack{{},
                          blocks.at(),
                          output.at(),
                          spec.cols + pad,
                          slotTable.at(),
                          spec.rows,
                          spec.cols,
                          gemm.outBytes,
                          tile.rows,
                          tile.cols,
                          spec.shards,
                          gemm.rowsPerShard(),
                          gemm.tileRowsPerShard(),
                          gemm.params.tileColumns,
                          0};
      kernels.companion("unpack", unpack, nullptr, 7);
      CUDA_OK(cudaDeviceSynchronize());
      const auto flat = output.download<uint8_t>();
      bool same = true;
      for (int r = 0; r < spec.rows; r++) {
        for (int i = 0; i < (spec.cols + pad) * gemm.outBytes; i++) {
          const uint8_t wanted =
              i < spec.cols * gemm.outBytes
                  ? local[static_cast<size_t>(r) * gemm.strideD * gemm.outBytes + i]
                  : kPoison;
          same &= flat[static_cast<size_t>(r) * (spec.cols + pad) * gemm.outBytes + i] == wanted;
        }
      }
      tally.check(same, "unpacking restores rows, pad " + std::to_string(pad));
    }
  }
}

void checkHooks(bool quick) {
  for (int tile = 0; tile < kTileCount; tile++) {
    for (int cols : {300, 304}) {
      if (quick && cols == 300 && tile != 0 && tile != 2) {
        continue;
      }
      const Way way{tile, cols};
      orders(way);
      if (!serial) {
        gates(way, quick ? 2 : 10);
      }
      owners(way);
      packed(way);
    }
  }
}
