// Rows normalised, in place and out of packed tiles, against FP64.

#include <algorithm>
#include <numeric>

#include "checks.h"
#include "elements.h"
#include "params/row_norm.h"

namespace {

constexpr int kTileRows = 16;
constexpr int kTileCols = 32;
constexpr float kEpsilon = 1.0f / 4096;

struct NormCase {
  int type, rows, cols, stride, shards;
  bool layer, extras;  // extras: residual, bias and sum
  int rowsPerShard, tileRowsPerShard, tileColumns;
  std::vector<uint8_t> input, residual, weight, bias;
  std::vector<i32> slots;

  NormCase(int type, int rows, int cols, int pad, int shards, bool layer, bool extras)
      : type(type),
        rows(rows),
        cols(cols),
        stride(cols + pad),
        shards(shards),
        layer(layer),
        extras(extras),
        rowsPerShard((rows + shards - 1) / shards),
        tileRowsPerShard((rowsPerShard + kTileRows - 1) / kTileRows),
        tileColumns((cols + kTileCols - 1) / kTileCols),
        input(randomMatrix(type, rows, cols, stride)),
        residual(randomMatrix(type, rows, cols, stride)),
        weight(randomMatrix(type, 1, cols, cols)),
        bias(randomMatrix(type, 1, cols, cols)),
        slots(shards * tileRowsPerShard * tileColumns) {
    std::iota(slots.begin(), slots.end(), 0);
    std::shuffle(slots.begin(), slots.end(), randomness());
  }

  std::string label() const {
    return std::string(layer ? "layer" : "rms") + " norm " + nameOf(type) + " " +
           std::to_string(rows) + "x" + std::to_string(cols) + (extras ? " with residual" : "");
  }

  size_t at(int row, int col) const {
    return (static_cast<size_t>(row) * stride + col) * bytesOf(type);
  }

  std::vector<uint8_t> packed() const {
    const int bytes = bytesOf(type);
    std::vector<uint8_t> blocks(slots.size() * kTileRows * kTileCols * bytes + 16, 0xff);
    for (int row = 0; row < rows; row++) {
      const int inShard = row % rowsPerShard;
      const int tileRow = row / rowsPerShard * tileRowsPerShard + inShard / kTileRows;
      for (int col = 0; col < cols; col++) {
        const size_t block = slots[tileRow * tileColumns + col / kTileCols];
        const size_t place =
            (block * kTileRows + inShard % kTileRows) * kTileCols + col % kTileCols;
        std::memcpy(&blocks[place * bytes], &input[at(row, col)], bytes);
      }
    }
    return blocks;
  }

  // What is normalised: rounded once to the type.
  double value(int row, int col) const {
    const float own = static_cast<float>(decode(type, &input[at(row, col)]));
    if (!extras) {
      return own;
    }
    uint8_t rounded[4];
    encode(type, rounded, own + static_cast<float>(decode(type, &residual[at(row, col)])));
    return decode(type, rounded);
  }
};

void checkRow(const NormCase& c, int row, const std::vector<uint8_t>& output, bool& good) {
  double mean = 0, magnitude = 0, square = 0;
  for (int col = 0; c.layer && col < c.cols; col++) {
    mean += c.value(row, col) / c.cols;
    magnitude += std::abs(c.value(row, col)) / c.cols;
  }
  for (int col = 0; col < c.cols; col++) {
    square += std::pow(c.value(row, col) - mean, 2) / c.cols;
  }
  const double scale = 1 / std::sqrt(square + kEpsilon), u = std::ldexp(1, -24);
  for (int col = 0; col < c.cols; col++) {
    const double distance = c.value(row, col) - mean;
    const double factor = scale * decode(c.type, &c.weight[col * bytesOf(c.type)]);
    const double addend = c.extras ? decode(c.type, &c.bias[col * bytesOf(c.type)]) : 0;
    const double wanted = distance * factor + addend;
    double bound = (c.cols + 16) * u * (magnitude + std::abs(distance)) * std::abs(factor) +
                   2 * u * std::abs(addend);
    // 2⁻²⁴ is the smallest binary16; the other types' are smaller.
    bound += roundoffOf(c.type) * (std::abs(wanted) + bound) + (c.type == kFp16 ? u : 1e-37);
    good &= std::abs(decode(c.type, &output[c.at(row, col)]) - wanted) <= bound;
  }
}

void normalize(const NormCase& c) {
  const size_t bytes = static_cast<size_t>(c.rows) * c.stride * bytesOf(c.type);
  Table<uint8_t> input(c.input), packed(c.packed()), residual(c.residual), weight(c.weight),
      bias(c.bias);
  std::vector<i32> slots = c.slots;
  slots.push_back(0);  // no table is empty
  Table<i32> slotTable(slots);
  World world(1'000'000'000);
  std::vector<uint8_t> outputs[2], sums[2];
  for (int layout = 0; layout < 2; layout++) {
    Buffer output(bytes + 16, kPoison), sum(bytes + 16, kPoison);
    RowNormParams p{};
    p.operation = world.operation;
    p.input = layout == 0 ? input.at() : packed.at();
    p.inputStride = p.outputStride = p.residualStride = p.sumStride = c.stride;
    p.weight = weight.at();
    p.output = output.at();
    if (c.extras) {
      p.residual = residual.at();
      p.bias = bias.at();
      p.sum = sum.at();
    }
    p.slots = layout == 0 ? 0 : slotTable.at();
    p.rows = c.rows;
    p.cols = c.cols;
    p.type = c.type;
    p.kind = c.layer ? kLayerNorm : kRmsNorm;
    p.epsilon = kEpsilon;
    p.perColumn = 1.0f / c.cols;
    p.tileRows = kTileRows;
    p.tileCols = kTileCols;
    p.rowsPerShard = c.rowsPerShard;
    p.tileRowsPerShard = c.tileRowsPerShard;
    p.tileColumns = c.tileColumns;
    kernels.companion("row_norm", p, nullptr, 7);
    CUDA_OK(cudaDeviceSynchronize());
    outputs[layout] = output.download<uint8_t>();
    sums[layout] = sum.download<uint8_t>();
  }
  tally.check(outputs[0] == outputs[1] && sums[0] == sums[1], c.label() + ": packed, bit for bit");
  bool good = true;
  std::vector<uint8_t> around(bytes + 16, kPoison), wantedSum(bytes + 16, kPoison);
  for (int row = 0; row < c.rows; row++) {
    checkRow(c, row, outputs[0], good);
    for (int col = 0; col < c.cols; col++) {
      std::memcpy(&around[c.at(row, col)], &outputs[0][c.at(row, col)], bytesOf(c.type));
      if (c.extras) {
        encode(c.type, &wantedSum[c.at(row, col)], c.value(row, col));
      }
    }
  }
  tally.check(good, c.label() + ": within the bound");
  tally.check(around == outputs[0], c.label() + ": nothing else is written");
  tally.check(wantedSum == sums[0], c.label() + ": the sum");
}

}  // namespace

void checkNorms(bool quick) {
  for (int type : {kBf16, kFp32, kFp16}) {
    for (bool layer : {false, true}) {
      normalize({type, 37, 53, 0, 3, layer, true});
      normalize({type, 20, 96, 8, 2, layer, false});
      normalize({type, 1, 1, 1, 1, layer, true});
      normalize({type, 0, 16, 0, 1, layer, true});
      normalize({type, 3, 2100, 4, 1, layer, layer});
      if (!quick) {
        normalize({type, 300, 8192, 0, 4, layer, true});
        normalize({type, 5, 16411, 5, 2, layer, true});
      }
    }
  }
}
