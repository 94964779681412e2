#include "gemm_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "small_floats.h"

namespace modeltest {

using namespace counterpoint;

constexpr u8 kPoison = 0xa5;
constexpr i64 kTimeout = 2'000'000;

static int divideUp(int a, int b) {
  return a / b + (a % b != 0);
}

static int bytesOf(ElementType type) {
  return type == kFp32 || type == kInt32 ? 4 : type == kFp16 || type == kBf16 ? 2 : 1;
}

static const model::FloatFormat& formatOf(ElementType type) {
  return type == kFp16      ? model::kFp16Format
         : type == kBf16    ? model::kBf16Format
         : type == kFp8E4m3 ? model::kE4m3Format
                            : model::kE5m2Format;
}

double GemmModel::valueOf(ElementType type, const void* at) const {
  u32 bits = 0;
  std::memcpy(&bits, at, bytesOf(type));
  switch (type) {
    case kFp32:
      return model::bitsAs<float>(bits);
    case kInt32:
      return static_cast<i32>(bits);
    case kInt8:
      return static_cast<std::int8_t>(bits);
    default:
      return model::decode(formatOf(type), bits);
  }
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
  std::string t = entry->name + " m" + std::to_string(rows) + " n" + std::to_string(cols) + " k" +
                  std::to_string(k) + " out" + std::to_string(out) + " shards" +
                  std::to_string(shards) + " splits" + std::to_string(splits) + " clusters" +
                  std::to_string(clusters) + " order" + std::to_string(orderBy);
  const auto add = [&](bool is, const char* word) { t += is ? word : ""; };
  add(beta != 0, " beta");
  add(bias, " bias");
  add(scales, " scales");
  add(gated, " gated");
  add(owners, " owners");
  add(packed, " packed");
  add(posted, " posted");
  add(clearance, " clearance");
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
      strideA(roundUp(s.k, 16 / inBytes) + 16 / inBytes),
      strideB(roundUp(tile.across ? s.cols : s.k, 16 / inBytes)),
      strideC(s.cols + s.pad),
      strideD(s.cols + s.pad),
      ownerStride(s.cols + s.pad + 3),
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
      hostA(a.size(), 0xff),
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
  const u64 ready =
      spec.gated ? std::min<u64>(a.size(), rowsPerShard * strideA * inBytes) : a.size();
  std::memcpy(a.bytes(), hostA.bytes(), ready);

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
    model::encodeTensorMap(&maps.b, {b.at(), n, k, pitch, 64, 64, bytes, 0});
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
  if (spec.posted) {
    std::vector<i32> words(tiles);
    std::iota(words.begin(), words.end(), 0);
    for (int t = 0; t < tiles; t++) {
      words[t] = t % 5 == 3 ? -1 : t;
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
  seenAtPost.resize(tiles);
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
      const i64 rowBytes = strideA * inBytes;
      std::memcpy(
          a.bytes() + from * rowBytes, hostA.bytes() + from * rowBytes, (to - from) * rowBytes);
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
    left += tileAt(t).rows > 0 && t % 5 != 3;
  }
  while (left > 0 && flags.as<u32>()[1] == 0) {
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

// ---- Running and judging ----

std::string GemmModel::run() {
  model::Machine machine(seed);
  if (spec.gated) {
    machine.actor([this] { openGates(); });
  }
  if (spec.posted) {
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

double GemmModel::wanted(int row, int col, double& bound) const {
  double sum = 0, size = 0;
  const double* x = &rowsOfA[static_cast<size_t>(row) * spec.k];
  const double* y = &colsOfB[static_cast<size_t>(col) * spec.k];
  for (int k = 0; k < spec.k; k++) {
    sum += x[k] * y[k];
    size += std::fabs(x[k] * y[k]);
  }
  double factor = spec.alpha;
  if (spec.scales) {
    factor *= static_cast<double>(rowScale.as<float>()[row]) * colScale.as<float>()[col];
  }
  sum *= factor;
  size *= std::fabs(factor);
  const int inWindow = row - spec.windowFirst;
  if (inWindow >= 0 && inWindow < params.windowRows) {
    const double addC =
        spec.beta == 0
            ? 0
            : spec.beta * valueOf(spec.out, c.bytes() + (inWindow * strideC + col) * outBytes);
    const double addBias = spec.bias ? valueOf(spec.out, bias.bytes() + col * outBytes) : 0;
    sum += addC + addBias;
    size += std::fabs(addC) + std::fabs(addBias);
  }
  const double v =
      spec.out == kFp32 ? std::ldexp(1, -24) : std::ldexp(1, spec.out == kBf16 ? -8 : -11);
  bound = spec.out == kInt32
              ? 0
              : ((spec.k + 9) * std::ldexp(1, -24) + 3 * v) * size + std::ldexp(1, -24);
  return sum;
}

// Both operands as numbers, K fastest.
void GemmModel::decodeOperands() {
  rowsOfA.resize(static_cast<size_t>(spec.rows) * spec.k);
  colsOfB.resize(static_cast<size_t>(spec.cols) * spec.k);
  for (int k = 0; k < spec.k; k++) {
    for (int row = 0; row < spec.rows; row++) {
      rowsOfA[static_cast<size_t>(row) * spec.k + k] =
          valueOf(tile.input, hostA.bytes() + (row * strideA + k) * inBytes);
    }
    for (int col = 0; col < spec.cols; col++) {
      const i64 at = tile.across ? k * strideB + col : col * strideB + k;
      colsOfB[static_cast<size_t>(col) * spec.k + k] =
          valueOf(tile.input, b.bytes() + at * inBytes);
    }
  }
}

std::string GemmModel::verify() {
  decodeOperands();
  std::vector<const DeviceMemory*> targets;
  if (spec.owners) {
    for (auto& owner : owners) {
      targets.push_back(owner.get());
    }
  }
  targets.push_back(&d);
  std::vector<std::vector<bool>> inside;
  for (const DeviceMemory* target : targets) {
    inside.emplace_back(target->size(), false);
  }
  for (int id = 0; id < tiles; id++) {
    const Tile t = tileAt(id);
    std::vector<u8> bytes;
    for (int row = 0; row < t.rows; row++) {
      for (int col = 0; col < t.cols; col++) {
        const u8* at = placeOf(t, row, col);
        bytes.insert(bytes.end(), at, at + outBytes);
        const size_t target = spec.owners ? t.shard : 0;
        for (int i = 0; i < outBytes; i++) {
          inside[target][at - targets[target]->bytes() + i] = true;
        }
        double bound;
        const double right = wanted(t.row + row, t.col + col, bound);
        const double value = valueOf(spec.out, at);
        if (!(std::fabs(value - right) <= bound)) {
          return "element (" + std::to_string(t.row + row) + ", " + std::to_string(t.col + col) +
                 ") is " + std::to_string(value) + ", should be " + std::to_string(right);
        }
      }
    }
    const bool told = spec.posted && t.rows > 0 && id % 5 != 3;
    if (postWords.as<u64>()[id] != (told ? 1 : 0)) {
      return "tile " + std::to_string(id) + " was told of " +
             std::to_string(postWords.as<u64>()[id]) + " times";
    }
    if (told && seenAtPost[id] != bytes) {
      return "tile " + std::to_string(id) + " was told of before it was there";
    }
    if (spec.splits > 1 && arrivals.as<u32>()[id] != 0) {
      return "an arrival counter was left at " + std::to_string(arrivals.as<u32>()[id]);
    }
  }
  for (size_t t = 0; t < targets.size(); t++) {
    for (u64 i = 0; i < targets[t]->size(); i++) {
      if (!inside[t][i] && targets[t]->bytes()[i] != kPoison) {
        return "a byte outside of the output was written";
      }
    }
  }
  if (spec.traced) {
    for (int id = 0; id < tiles * spec.splits; id++) {
      const auto& span = trace.as<TileSpan>()[id];
      const bool there = tileAt(span.tile).rows > 0 && span.endNanos != 0;
      if (there && !(span.waitNanos <= span.startNanos && span.startNanos <= span.endNanos)) {
        return "a span that runs backwards";
      }
    }
  }
  return "";
}

u64 GemmModel::postsSeen() const {
  return std::accumulate(postWords.as<u64>(), postWords.as<u64>() + tiles, u64{0});
}

bool GemmModel::outputUntouched() const {
  const auto clean = [](const DeviceMemory& m) {
    return std::all_of(m.bytes(), m.bytes() + m.size(), [](u8 x) { return x == kPoison; });
  };
  return clean(d) && std::all_of(owners.begin(), owners.end(), [&](auto& o) { return clean(*o); });
}

}  // namespace modeltest
