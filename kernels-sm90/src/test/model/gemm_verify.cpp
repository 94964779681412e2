#include <algorithm>
#include <cmath>
#include <numeric>

#include "gemm_model.h"
#include "small_floats.h"

namespace modeltest {

using namespace counterpoint;

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

double GemmModel::factorOf(int row, int col, int k) const {
  if (!spec.blocks) {
    return 1;
  }
  const i64 block = k / kScaleBlock;
  return static_cast<double>(hostAScales.as<float>()[row * params.aScalesStride + block]) *
         bScales.as<float>()[col / kScaleBlock * params.bScalesStride + block];
}

double GemmModel::wanted(int row, int col, double& bound) const {
  double sum = 0, size = 0;
  const double* x = &rowsOfA[static_cast<size_t>(row) * spec.k];
  const double* y = &colsOfB[static_cast<size_t>(col) * spec.k];
  for (int k = 0; k < spec.k; k++) {
    const double product = x[k] * y[k] * factorOf(row, col, k);
    sum += product;
    size += std::fabs(product);
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
    const bool told = isTold(id);
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
    std::vector<bool> posted(static_cast<size_t>(tiles));
    for (int id = 0; id < tiles * spec.splits; id++) {
      const auto& span = trace.as<TileSpan>()[id];
      const bool there = tileAt(span.tile).rows > 0 && span.endNanos != 0;
      if (there && !(span.waitNanos <= span.startNanos && span.startNanos <= span.computedNanos &&
                     span.computedNanos <= span.endNanos)) {
        return "a span that runs backwards";
      }
      if (there && span.postedNanos != 0) {
        posted[static_cast<size_t>(span.tile)] = span.postedNanos >= span.computedNanos;
      }
    }
    for (int id = 0; id < tiles; id++) {
      if (isTold(id) != posted[static_cast<size_t>(id)]) {
        return "the time at which tile " + std::to_string(id) + " was posted is wrong";
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
