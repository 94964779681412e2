// wgmma as the PTX ISA describes it: descriptors ("Matrix Descriptor Format"), the layouts of
// operands in shared memory ("Shared Memory Matrix Layout", "Strides"), and of sums in registers
// ("Register Fragments for wgmma.mma_async"). Only 128-byte swizzle is modelled.

#include <algorithm>

#include "hopper.h"
#include "small_floats.h"

namespace model {

int bytesOf(Element element) {
  return element == Element::kBf16 || element == Element::kFp16 ? 2 : 1;
}

// ---- Elements ----

static std::vector<float> tableOf(const FloatFormat& format) {
  std::vector<float> table(1u << format.bits());
  for (u32 bits = 0; bits < table.size(); bits++) {
    table[bits] = static_cast<float>(decode(format, bits));
  }
  return table;
}

static const float* valuesOf(Element element) {
  static const std::vector<float> bf16 = tableOf(kBf16Format);
  static const std::vector<float> fp16 = tableOf(kFp16Format);
  static const std::vector<float> e4m3 = tableOf(kE4m3Format);
  static const std::vector<float> e5m2 = tableOf(kE5m2Format);
  static const std::vector<float> int8 = [] {
    std::vector<float> table(256);
    for (int bits = 0; bits < 256; bits++) {
      table[bits] = static_cast<float>(static_cast<std::int8_t>(bits));
    }
    return table;
  }();
  switch (element) {
    case Element::kBf16:
      return bf16.data();
    case Element::kFp16:
      return fp16.data();
    case Element::kE4m3:
      return e4m3.data();
    case Element::kE5m2:
      return e5m2.data();
    default:
      return int8.data();
  }
}

// ---- Descriptors ----

struct Operand {
  u32 start;
  u32 leading;  // bytes
  u32 stride;   // bytes
};

static Operand operandOf(u64 descriptor) {
  if (descriptor >> 62 != 1) {
    machine->fail("a descriptor without 128-byte swizzle");
  }
  if ((descriptor >> 49 & 7) != 0) {
    machine->fail("a descriptor with a base offset");
  }
  const auto field = [&](int shift) { return static_cast<u32>(descriptor >> shift & 0x3fff) << 4; };
  return {field(0), field(16), field(32)};
}

// Address of element (mn, k). Atoms are eight rows of 128 bytes: along K, a row is one mn, and the
// stride leads from eight of them to the next eight; across K, a row is one k with 64 elements of
// mn, the stride leads from eight k to the next eight, the leading offset from 64 mn to the next.
// The swizzle permutes the address as a whole.
static u32 addressOf(const Operand& operand, bool across, u32 mn, u32 k, u32 bytes) {
  u32 linear;
  if (across) {
    const u32 perRow = 128 / bytes;
    linear = operand.start + mn / perRow * operand.leading + k / 8 * operand.stride + k % 8 * 128 +
             mn % perRow * bytes;
  } else {
    linear = operand.start + mn / 8 * operand.stride + mn % 8 * 128 + k * bytes;
  }
  return linear ^ (linear >> 3 & 0x70);
}

// Elements first … of `count` rows or columns over `depth` of K; K slowest if `byK`.
static void gather(std::vector<float>& into,
                   Block& block,
                   u64 descriptor,
                   bool across,
                   u32 first,
                   u32 count,
                   u32 depth,
                   Element element,
                   bool byK) {
  const Operand operand = operandOf(descriptor);
  const u32 bytes = static_cast<u32>(bytesOf(element));
  const float* values = valuesOf(element);
  into.resize(count * depth);
  for (u32 i = 0; i < count; i++) {
    for (u32 k = 0; k < depth; k++) {
      const u8* at = block.at(addressOf(operand, across, first + i, k, bytes), bytes);
      const u32 bits = bytes == 2 ? at[0] | static_cast<u32>(at[1]) << 8 : at[0];
      into[byK ? k * count + i : i * depth + k] = values[bits];
    }
  }
}

// ---- One warp's share of a product: sixteen rows ----

__attribute__((optimize("O3"))) static void multiplyRow(
    float* dots, const float* a, const float* b, u32 depth, u32 columns) {
  std::fill(dots, dots + columns, 0.0f);
  for (u32 k = 0; k < depth; k++) {
    for (u32 col = 0; col < columns; col++) {
      dots[col] += a[k] * b[k * columns + col];
    }
  }
}

static void compute(Block& block, u32 warp, const Product& product, SumsUnderWay& sums) {
  static std::vector<float> a;
  static std::vector<float> b;
  const u32 depth = 32 / static_cast<u32>(bytesOf(product.element));
  gather(a,
         block,
         product.first,
         product.firstAcross,
         warp % 4 * 16,
         16,
         depth,
         product.element,
         false);
  gather(b,
         block,
         product.second,
         product.secondAcross,
         0,
         product.columns,
         depth,
         product.element,
         true);
  const bool whole = product.element == Element::kInt8;
  float dots[256];
  for (u32 row = 0; row < 16; row++) {
    multiplyRow(dots, &a[row * depth], b.data(), depth, product.columns);
    for (u32 col = 0; col < product.columns; col++) {
      const float dot = dots[col];
      // Element (row, col) of the sixteen rows: lane and register by the fragment's table.
      const u32 lane = row % 8 * 4 + col % 8 / 2;
      const u32 index = col / 8 * 4 + row / 8 * 2 + col % 2;
      u32& bits = sums.values[lane][index];
      if (whole) {
        // Products of bytes, 32 of them, are exact in binary32.
        bits = (product.add ? bits : 0) + static_cast<u32>(static_cast<std::int32_t>(dot));
      } else {
        float sum;
        std::memcpy(&sum, &bits, sizeof sum);
        sum = product.add ? sum + dot : dot;
        std::memcpy(&bits, &sum, sizeof sum);
      }
    }
  }
}

static void finishProduct(Block& block, u32 warp, WarpState& state) {
  WarpProduct next = state.products.front();
  state.products.pop_front();
  compute(block, warp, next.product, *next.sums);
  if (--next.sums->unfinished == 0) {
    for (u32 lane = 0; lane < 32; lane++) {
      std::memcpy(next.sums->registers[lane],
                  next.sums->values[lane].data(),
                  next.sums->values[lane].size() * 4);
    }
    state.sums.erase(next.sums->registers[0]);
  }
}

// ---- Instructions ----

static WarpState& warpState() {
  return hopper(*current->block).warps[current->warp()];
}

// Each warp for itself: the ISA has the lanes of a warp wait for each other here, not the warps of
// a warpgroup, and so nothing may rely on that.
static void together(const char* operation,
                     void* argument,
                     const std::function<void(Meeting&)>& f) {
  Block& block = *current->block;
  machine->meet(block.warps[current->warp()], 32, operation, current->lane(), argument, false, f);
}

void productsBegin() {
  warpState().begun = true;
}

struct LaneProduct {
  const Product* product;
  u32* registers;
};

// The sums hold poison from here until they have been awaited.
static void enqueue(WarpState& state, const std::vector<void*>& arguments) {
  const auto lane = [&](u32 i) { return static_cast<const LaneProduct*>(arguments[i]); };
  if (!state.begun) {
    machine->fail("wgmma without wgmma.fence since its registers were touched");
  }
  const Product& product = *lane(0)->product;
  auto& sums = state.sums[lane(0)->registers];
  if (!sums) {
    sums = std::make_unique<SumsUnderWay>();
    for (u32 i = 0; i < 32; i++) {
      u32* registers = lane(i)->registers;
      sums->registers[i] = registers;
      sums->values[i].assign(registers, registers + product.columns / 2);
      std::fill(registers, registers + product.columns / 2, 0x7fdeadad);
    }
  }
  for (u32 i = 0; i < 32; i++) {
    const Product& other = *lane(i)->product;
    if (other.first != product.first || other.second != product.second ||
        other.add != product.add || sums->registers[i] != lane(i)->registers) {
      machine->fail("a warp's lanes ask for different products");
    }
  }
  sums->unfinished++;
  state.products.push_back({product, state.group, sums.get()});
}

void productStart(const Product& product, u32* sums) {
  LaneProduct mine{&product, sums};
  together("wgmma.mma_async", &mine, [](Meeting& all) { enqueue(warpState(), all.arguments); });
}

void productsCommit() {
  together("wgmma.commit_group", nullptr, [](Meeting&) {
    WarpState& state = warpState();
    state.group++;
    // Tensor cores may be done long before anyone asks.
    while (machine->eager() && !state.products.empty()) {
      finishProduct(*current->block, current->warp(), state);
    }
  });
}

// By warp: one may be told long before another.
void productsAwait(u32 pending) {
  machine->maybeYield();
  together("wgmma.wait_group", nullptr, [pending](Meeting&) {
    WarpState& state = warpState();
    while (!state.products.empty() && state.products.front().group + pending < state.group) {
      finishProduct(*current->block, current->warp(), state);
    }
    state.begun = false;
  });
}

}  // namespace model
