#include "gemm_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "small_floats.h"

namespace modeltest {

using namespace counterpoint;

constexpr i64 kTimeout = 2'000'000;
constexpr int kScalesPad = 1;  // factors beyond each row of those of A and of B

static int divideUp(int a, int b) {
  return a / b + (a % b != 0);
}

static void encode(ElementType type, void* at, double value) {
  u32 bits;
  if (type == kFp32) {
    bits = model::bitsAs<u32>(static_cast<float>(value));
  } else if (type == kInt32 || type == kInt8) {
    bits = static_cast<u32>(static_cast<i32>(value));
  } else {
    bits = model::encode(formatOf(type), value);
  }
  std::memcpy(at, &bits, bytesOf(type));
}

static i64 roundUp(i64 value, i64 to) {
  return (value + to - 1) / to * to;
}

std::string Spec::text() const {
  std::string t = entry->name + "_s" + std::to_string(entry->stages) + "_o" +
                  std::to_string(entry->outboxes) + " m" + std::to_string(rows) + " n" +
                  std::to_string(cols) + " k" + std::to_string(k) + " out" + std::to_string(out) +
                  " shards" + std::to_string(shards) + " splits" + std::to_string(splits) +
                  " clusters" + std::to_string(clusters) + " order" + std::to_string(orderBy);
  const auto add = [&](bool is, const char* word) { t += is ? word : ""; };
  add(beta != 0, " beta");
  add(bias, " bias");
  add(scales, " scales");
  add(blocks, " blocks");
  add(gated, " gated");
  add(owners, " owners");
  add(packed, " packed");
  add(posted, " posted");
  add(clearance, " clearance");
  add(chained, " chained");
  return t;
}

GemmModel::GemmModel(const Spec& s, u64 theSeed)
    : spec(s),
      tile(*s.entry),
      random(static_cast<u32>(theSeed * 7919 + 17)),
      seed(theSeed),
      inBytes(bytesOf(tile.input)),
      outBytes(bytesOf(s.out)),
      rowsPerShard(divideUp(s.rows, s.shards)),
      tileRowsPerShard(divideUp(rowsPerShard, tile.rows)),
      tileColumns(divideUp(s.cols, tile.cols)),
      tiles(s.shards * tileRowsPerShard * tileColumns),
      kBlocks(divideUp(s.k, kScaleBlock)),
      strideA(roundUp(s.k, 16 / inBytes) + 16 / inBytes),
      strideB(roundUp(tile.across ? s.cols : s.k, 16 / inBytes)),
      strideC(s.cols + s.pad),
      strideD(s.cols + s.pad),
      ownerStride(s.cols + s.pad + 8),
      a(s.rows * strideA * inBytes, 0xff),
      b((tile.across ? s.k : s.cols) * strideB * inBytes, 0xff),
      c(s.rows * strideC * outBytes + 16, 0xff),
      d(s.packed ? static_cast<u64>(tiles) * tile.rows * tile.cols * outBytes
                 : s.rows * strideD * outBytes + 16,
        kPoison),
      bias(s.cols * outBytes),
      rowScale(s.rows * 4),
      colScale(s.cols * 4),
      partials(s.splits > 1 ? static_cast<u64>(tiles) * s.splits * tile.rows * tile.cols * 4 : 16,
               0xff),
      arrivals(tiles * 4 + 16),
      trace(static_cast<u64>(tiles) * s.splits * sizeof(TileSpan) + 16),
      aScales(s.blocks ? static_cast<u64>(s.rows) * (kBlocks + kScalesPad) * 4 : 16, 0xff),
      bScales(s.blocks ? static_cast<u64>(divideUp(s.cols, kScaleBlock)) * (kBlocks + kScalesPad) * 4 : 16,
              0xff),
      hostA(a.size(), 0xff),
      hostAScales(aScales.size(), 0xff),
      fault(sizeof(FaultRecord)),
      context(sizeof(WaitContext)),
      flags(16),
      epoch(16),
      gateWords((2 * s.shards + 2) * 8),
      clearWords((s.shards + 2) * 8),
      postWords((tiles + 2) * 8) {
  makeOperands();
  makeMaps();
  makeHooks();
}

GemmModel::~GemmModel() = default;

template <class T>
u64 GemmModel::table(const std::vector<T>& values) {
  tables.push_back(std::make_unique<DeviceMemory>(values.size() * sizeof(T) + 16));
  std::memcpy(tables.back()->bytes(), values.data(), values.size() * sizeof(T));
  return tables.back()->at();
}

void GemmModel::makeOperands() {
  std::uniform_real_distribution<double> real(-1, 1);
  std::uniform_int_distribution<int> whole(-128, 127);
  const auto fill = [&](const DeviceMemory& at, ElementType type, i64 rows, i64 width, i64 stride) {
    for (i64 r = 0; r < rows; r++) {
      for (i64 i = 0; i < width; i++) {
        const bool integer = type == kInt8 || type == kInt32;
        encode(type,
               at.bytes() + (r * stride + i) * bytesOf(type),
               integer ? whole(random) : real(random));
      }
    }
  };
  fill(hostA, tile.input, spec.rows, spec.k, strideA);
  fill(b, tile.input, tile.across ? spec.k : spec.cols, tile.across ? spec.cols : spec.k, strideB);
  fill(c, spec.out, spec.rows, spec.cols, strideC);
  fill(bias, spec.out, 1, spec.cols, spec.cols);
  fill(rowScale, kFp32, 1, spec.rows, spec.rows);
  fill(colScale, kFp32, 1, spec.cols, spec.cols);
  if (spec.blocks) {
    makeBlockFactors();
  }
  bringRows(0, spec.gated ? std::min(rowsPerShard, spec.rows) : spec.rows);

  params.a = a.at();
  params.b = b.at();
  params.c = c.at();
  params.d = d.at();
  params.bias = spec.bias ? bias.at() : 0;
  params.rowScale = spec.scales ? rowScale.at() : 0;
  params.colScale = spec.scales ? colScale.at() : 0;
  params.aStride = strideA;
  params.bStride = strideB;
  params.cStride = strideC;
  params.dStride = strideD;
  params.rows = spec.rows;
  params.cols = spec.cols;
  params.k = spec.k;
  params.outputType = spec.out;
  params.alpha = spec.alpha;
  params.beta = spec.beta;
  params.windowFirst = spec.windowFirst;
  params.windowRows = std::min(spec.windowRows, spec.rows - spec.windowFirst);
  params.shards = spec.shards;
  params.rowsPerShard = rowsPerShard;
  params.tileRowsPerShard = tileRowsPerShard;
  params.tileColumns = tileColumns;
  params.rasterRows = spec.raster;
  params.splits = spec.splits;
  params.partials = partials.at();
  params.arrivals = arrivals.at();
  params.trace = spec.traced ? trace.at() : 0;
}

// Beyond each row lies what is no number.
void GemmModel::makeBlockFactors() {
  std::uniform_real_distribution<float> factor(0.25f, 1.5f);
  const i64 stride = kBlocks + kScalesPad;
  const auto fill = [&](const DeviceMemory& at, i64 rows) {
    for (i64 i = 0; i < rows * kBlocks; i++) {
      at.as<float>()[i / kBlocks * stride + i % kBlocks] = factor(random);
    }
  };
  fill(hostAScales, spec.rows);
  fill(bScales, divideUp(spec.cols, kScaleBlock));
  params.aScales = aScales.at();
  params.bScales = bScales.at();
  params.aScalesStride = stride;
  params.bScalesStride = stride;
}

void GemmModel::bringRows(i64 from, i64 to) {
  const auto bring = [&](const DeviceMemory& into, const DeviceMemory& of, i64 rowBytes) {
    std::memcpy(
        into.bytes() + from * rowBytes, of.bytes() + from * rowBytes, (to - from) * rowBytes);
  };
  bring(a, hostA, strideA * inBytes);
  if (spec.blocks) {
    bring(aScales, hostAScales, (kBlocks + kScalesPad) * 4);
  }
}

// As the README tells the host to.
void GemmModel::makeMaps() {
  const u32 panelK = static_cast<u32>(tile.panelK);
  const auto n = static_cast<u64>(spec.cols);
  const auto k = static_cast<u64>(spec.k);
  const auto bytes = static_cast<u32>(inBytes);
  model::encodeTensorMap(&maps.a,
                         {a.at(),
                          k,
                          static_cast<u64>(spec.rows),
                          static_cast<u64>(strideA) * bytes,
                          panelK,
                          static_cast<u32>(tile.rows),
                          bytes,
                          0});
  const u64 pitch = static_cast<u64>(strideB) * bytes;
  if (tile.across) {
    const u32 depth = panelK / static_cast<u32>(tile.cluster);
    model::encodeTensorMap(&maps.b, {b.at(), n, k, pitch, 64, depth, bytes, 0});
  } else {
    model::encodeTensorMap(
        &maps.b,
        {b.at(), k, n, pitch, panelK, static_cast<u32>(tile.cols / tile.cluster), bytes, 0});
  }
}

void GemmModel::makeHooks() {
  auto& wait = *context.as<WaitContext>();
  wait.record = fault.at();
  wait.claim = flags.at(0);
  wait.localAbort = flags.at(4);
  wait.hostAbort = flags.at(8);
  wait.rank = 3;
  wait.timeoutNanos = kTimeout;
  params.operation = {context.at(), flags.at(4), 77, 0};
  flags.as<u32>()[1] = spec.failedBefore;
  *epoch.as<u64>() = 5;

  if (spec.orderBy != 0) {
    std::vector<i32> order(spec.orderBy == 1 ? spec.shards : tiles);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    params.order = table(order);
    params.orderBy = spec.orderBy;
  }
  if (spec.gated) {
    std::vector<i32> first, count;
    for (int row = 0; row < spec.shards * tileRowsPerShard; row++) {
      first.push_back(2 * (row / tileRowsPerShard));
      count.push_back(row < tileRowsPerShard && !spec.gateNeverOpens ? 0 : 2);
    }
    params.gateWords = gateWords.at();
    params.gateFirst = table(first);
    params.gateCount = table(count);
    params.gateTarget = {epoch.at(), 1, 0};
    params.gateArray = 11;
  }
  std::vector<u64> origins, postAt;
  for (int shard = 0; shard < spec.shards; shard++) {
    owners.push_back(std::make_unique<DeviceMemory>(
        static_cast<u64>(rowsPerShard) * ownerStride * outBytes + 16, kPoison));
    origins.push_back(owners.back()->at());
    postAt.push_back(postWords.at());
  }
  if (spec.owners) {
    params.owners = table(origins);
    params.ownerStride = ownerStride;
  } else if (spec.packed) {
    std::vector<i32> slots(tiles);
    std::iota(slots.begin(), slots.end(), 0);
    std::shuffle(slots.begin(), slots.end(), random);
    params.packedSlots = table(slots);
  }
  if (spec.tells()) {
    std::vector<i32> words(tiles);
    for (int t = 0; t < tiles; t++) {
      words[t] = spec.chained || t % 5 != 3 ? t : -1;
    }
    params.postIndex = table(words);
    params.postWords = table(postAt);
  }
  if (spec.clearance) {
    std::vector<i32> words(spec.shards);
    std::iota(words.begin(), words.end(), 1);
    params.clearanceWords = clearWords.at();
    params.clearanceIndex = table(words);
    params.clearanceTarget = {epoch.at(), 1, -1};
    params.clearanceArray = 12;
  }
  if (spec.chained) {
    makeChain();
  }
  seenAtPost.resize(tiles);
}

// No two tiles wait for the same word, so that a pair of blocks has one of them, and an empty
// position. Any other order, and any tile that waits for a later one, is a deadlock.
void GemmModel::makeChain() {
  std::vector<i32> order(tiles), positions, first(tiles), count(tiles);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  for (int i = 0; i < tiles; i++) {
    positions.push_back(order[i]);
    for (int empty = 1; empty < tile.cluster; empty++) {
      positions.push_back(~order[i]);
    }
    first[order[i]] = i == 0 ? 0 : order[i - 1];
    count[order[i]] = i > 0;
  }
  params.order = table(positions);
  params.orderBy = 2;
  params.positions = tile.cluster > 1 ? static_cast<i32>(positions.size()) : 0;
  params.gateWords = postWords.at();
  params.gateFirst = table(first);
  params.gateCount = table(count);
  params.gateTarget = {epoch.at(), 0, 1};
  params.gateArray = 11;
}

bool GemmModel::isTold(int id) const {
  return spec.tells() && tileAt(id).rows > 0 && (spec.chained || id % 5 != 3);
}

GemmModel::Tile GemmModel::tileAt(int id) const {
  Tile t;
  t.id = id;
  const int tileRow = id / tileColumns;
  t.shard = tileRow / tileRowsPerShard;
  const int start = std::min(spec.rows, t.shard * rowsPerShard);
  const int end = std::min(spec.rows, start + rowsPerShard);
  t.rowInShard = tileRow % tileRowsPerShard * tile.rows;
  t.row = start + t.rowInShard;
  t.rows = std::min(tile.rows, end - t.row);
  t.col = id % tileColumns * tile.cols;
  t.cols = std::min(tile.cols, spec.cols - t.col);
  return t;
}

// Where element (row, col) of a tile belongs.
u8* GemmModel::placeOf(const Tile& t, int row, int col) const {
  if (spec.owners) {
    return owners[t.shard]->bytes() + ((t.rowInShard + row) * ownerStride + t.col + col) * outBytes;
  }
  if (spec.packed) {
    const i32 slot = reinterpret_cast<const i32*>(params.packedSlots)[t.id];
    return d.bytes() + ((static_cast<i64>(slot) * tile.rows + row) * tile.cols + col) * outBytes;
  }
  return d.bytes() + ((t.row + row) * strideD + t.col + col) * outBytes;
}

// ---- Other ranks ----

// Rows arrive shard by shard, in two halves, each with its word after it.
void GemmModel::openGates() {
  for (int shard = spec.shards - 1; shard >= 0; shard--) {
    const i64 start = std::min(spec.rows, shard * rowsPerShard);
    const i64 end = std::min<i64>(spec.rows, start + rowsPerShard);
    for (int half = 0; half < 2; half++) {
      model::machine->sleep(100 + model::machine->random(4000));
      const i64 middle = (start + end) / 2;
      const i64 from = half == 0 ? start : middle;
      const i64 to = half == 0 ? middle : end;
      bringRows(from, to);
      if (!spec.gateNeverOpens || shard != spec.shards - 1) {
        gateWords.as<u64>()[2 * shard + half] = 5;
      }
    }
  }
}

// Looks at a tile as soon as it is told of: everything must be there.
void GemmModel::watchPosts() {
  int left = 0;
  for (int t = 0; t < tiles; t++) {
    left += isTold(t);
  }
  // A tile that nobody is ever told of shows when all is compared.
  while (left > 0 && flags.as<u32>()[1] == 0 && model::machine->now < 2 * kTimeout) {
    model::machine->sleep(20);
    for (int id = 0; id < tiles; id++) {
      if (postWords.as<u64>()[id] == 0 || !seenAtPost[id].empty()) {
        continue;
      }
      const Tile t = tileAt(id);
      for (int row = 0; row < t.rows; row++) {
        const u8* at = placeOf(t, row, 0);
        seenAtPost[id].insert(seenAtPost[id].end(), at, at + t.cols * outBytes);
      }
      left--;
    }
  }
}

void GemmModel::giveClearance() {
  for (int shard = 0; shard < spec.shards; shard++) {
    model::machine->sleep(500 + model::machine->random(6000));
    for (int row = 0; row < tileRowsPerShard * tileColumns; row++) {
      const Tile t = tileAt(shard * tileRowsPerShard * tileColumns + row);
      if (t.rows > 0 && *placeOf(t, 0, 0) != kPoison) {
        model::machine->fail("a tile was stored before its owner gave leave");
      }
    }
    if (!spec.clearanceNeverComes) {
      clearWords.as<u64>()[1 + shard] = 4;
    }
  }
}

// ---- Running ----

std::string GemmModel::run() {
  model::Machine machine(seed);
  if (spec.gated) {
    machine.actor([this] { openGates(); });
  }
  if (spec.tells()) {
    machine.actor([this] { watchPosts(); });
  }
  if (spec.clearance) {
    machine.actor([this] { giveClearance(); });
  }
  model::Launch launch;
  launch.cluster = static_cast<u32>(tile.cluster);
  launch.grid = static_cast<u32>(spec.clusters) * launch.cluster;
  launch.threads = 384;
  launch.sharedBytes = static_cast<u32>(tile.sharedBytes);
  launch.registers = 168;
  const bool good = machine.run(launch, [this] { tile.kernel(params, maps); });
  nanos = machine.now;
  if (!good) {
    return machine.failure;
  }
  const bool broken = spec.gateNeverOpens || spec.clearanceNeverComes || spec.failedBefore;
  if (!broken && record().state != 0) {
    return "a fault was recorded";
  }
  return broken ? "" : verify();
}

}  // namespace modeltest
