#include <algorithm>

#include "gemm_case.h"

static int divideUp(int a, int b) {
  return a / b + (a % b != 0);
}

static size_t extentOf(int rows, int stride, int offset, int bytes) {
  return (static_cast<size_t>(std::max(rows, 1)) * std::max(stride, 1) + offset) * bytes + 16;
}

Gemm::Gemm(const GemmSpec& s)
    : spec(s),
      inBytes(bytesOf(s.in)),
      outBytes(bytesOf(s.out)),
      strideA(s.k + s.pad),
      strideB((s.nk ? s.k : s.cols) + s.pad),
      strideC(s.cols + s.pad),
      strideD(s.cols + s.pad),
      strideScales(divideUp(s.k, kScaleBlock) + s.pad),
      windowRows(std::min(s.windowRows, s.rows - s.windowFirst)),
      hostA(randomMatrix(s.in, s.rows, s.k, strideA)),
      hostB(randomMatrix(s.in, s.nk ? s.cols : s.k, s.nk ? s.k : s.cols, strideB)),
      hostC(randomMatrix(s.out, s.rows, s.cols, strideC)),
      hostBias(randomMatrix(s.out, 1, s.cols, s.cols)),
      hostRow(randomMatrix(kFp32, 1, s.rows, s.rows)),
      hostCol(randomMatrix(kFp32, 1, s.cols, s.cols)),
      hostAScales(randomMatrix(kFp32, s.rows, divideUp(s.k, kScaleBlock), strideScales)),
      hostBScales(randomMatrix(
          kFp32, divideUp(s.cols, kScaleBlock), divideUp(s.k, kScaleBlock), strideScales)),
      a(extentOf(s.rows, strideA, s.offset, inBytes)),
      b(extentOf(s.nk ? s.cols : s.k, strideB, s.offset, inBytes)),
      c(extentOf(s.rows, strideC, s.offset, outBytes)),
      d(extentOf(s.rows, strideD, s.offset, outBytes), kPoison),
      bias(hostBias.size() + 16),
      rowScale(hostRow.size() + 16),
      colScale(hostCol.size() + 16),
      aScales(hostAScales.size() + 16),
      bScales(hostBScales.size() + 16),
      partials(s.splits > 1 ? static_cast<size_t>(divideUp(s.rows, s.shards) + 2 * 128) * s.shards *
                                  (s.cols + 256) * 4 * s.splits
                            : 16),
      arrivals(1 << 16),
      trace(1 << 20) {
  const size_t shift = static_cast<size_t>(s.offset);
  a.upload(hostA.data(), hostA.size(), shift * inBytes);
  b.upload(hostB.data(), hostB.size(), shift * inBytes);
  c.upload(hostC.data(), hostC.size(), shift * outBytes);
  bias.upload(hostBias.data(), hostBias.size());
  rowScale.upload(hostRow.data(), hostRow.size());
  colScale.upload(hostCol.data(), hostCol.size());
  aScales.upload(hostAScales.data(), hostAScales.size());
  bScales.upload(hostBScales.data(), hostBScales.size());
  const TileConfig& tile = kTiles[s.tile];
  params.a = a.at(shift * inBytes);
  params.b = b.at(shift * inBytes);
  params.c = c.at(shift * outBytes);
  params.d = d.at(shift * outBytes);
  params.bias = s.bias ? bias.at() : 0;
  params.rowScale = s.scales ? rowScale.at() : 0;
  params.colScale = s.scales ? colScale.at() : 0;
  params.aScales = s.blocks ? aScales.at() : 0;
  params.bScales = s.blocks ? bScales.at() : 0;
  params.aScalesStride = strideScales;
  params.bScalesStride = strideScales;
  params.aStride = strideA;
  params.bStride = strideB;
  params.cStride = strideC;
  params.dStride = strideD;
  params.rows = s.rows;
  params.cols = s.cols;
  params.k = s.k;
  params.outputType = s.out;
  params.alpha = s.alpha;
  params.beta = s.beta;
  params.windowFirst = s.windowFirst;
  params.windowRows = windowRows;
  params.shards = s.shards;
  params.rowsPerShard = divideUp(s.rows, s.shards);
  params.tileRowsPerShard = divideUp(params.rowsPerShard, tile.rows);
  params.tileColumns = divideUp(s.cols, tile.cols);
  params.rasterRows = 3;
  params.splits = s.splits;
  params.partials = partials.at();
  params.arrivals = arrivals.at();
}

void Gemm::extent(int tile, int& row, int& rows, int& col, int& cols) const {
  const TileConfig& shape = kTiles[spec.tile];
  const int tileRow = tile / params.tileColumns;
  const int shard = tileRow / params.tileRowsPerShard;
  const int start = std::min(spec.rows, shard * params.rowsPerShard);
  const int end = std::min(spec.rows, (shard + 1) * params.rowsPerShard);
  row = start + tileRow % params.tileRowsPerShard * shape.rows;
  rows = std::min(shape.rows, end - row);
  col = tile % params.tileColumns * shape.cols;
  cols = std::min(shape.cols, spec.cols - col);
}

void Gemm::launch(cudaStream_t stream) {
  const int blocks = spec.grid > 0 ? spec.grid : kernels.multiprocessors;
  launchTile(spec.in, spec.nk, kTiles[spec.tile], params, blocks, stream);
}

// One pass over K for all elements, in the order that the host's caches like.
void Gemm::reference() {
  const size_t rows = spec.rows, cols = spec.cols, k = spec.k;
  std::vector<double> b(k * cols);
  for (size_t i = 0; i < k; i++) {
    for (size_t col = 0; col < cols; col++) {
      b[i * cols + col] =
          decode(spec.in, &hostB[(spec.nk ? col * strideB + i : i * strideB + col) * inBytes]);
      if (spec.blocks) {
        const size_t at = col / kScaleBlock * strideScales + i / kScaleBlock;
        b[i * cols + col] *= decode(kFp32, &hostBScales[at * 4]);
      }
    }
  }
  wanted.assign(rows * cols, 0);
  allowed.assign(rows * cols, 0);
  for (size_t row = 0; row < rows; row++) {
    double* sum = &wanted[row * cols];
    double* size = &allowed[row * cols];
    for (size_t i = 0; i < k; i++) {
      double x = decode(spec.in, &hostA[(row * strideA + i) * inBytes]);
      if (spec.blocks) {
        x *= decode(kFp32, &hostAScales[(row * strideScales + i / kScaleBlock) * 4]);
      }
      const double* y = &b[i * cols];
      for (size_t col = 0; col < cols; col++) {
        sum[col] += x * y[col];
        size[col] += std::abs(x * y[col]);
      }
    }
    for (size_t col = 0; col < cols; col++) {
      finish(static_cast<int>(row), static_cast<int>(col), sum[col], size[col]);
    }
  }
}

// From the sum of products, and of their absolute values, to the result and how far it may be off.
void Gemm::finish(int row, int col, double& value, double& bound) const {
  double factor = spec.alpha;
  if (spec.scales) {
    factor *= decode(kFp32, &hostRow[row * 4]) * decode(kFp32, &hostCol[col * 4]);
  }
  value *= factor;
  bound *= std::abs(factor);
  const int inWindow = row - spec.windowFirst;
  if (inWindow >= 0 && inWindow < windowRows) {
    if (spec.beta != 0) {
      const size_t at = (static_cast<size_t>(inWindow) * strideC + col) * outBytes;
      value += spec.beta * decode(spec.out, &hostC[at]);
      bound += std::abs(spec.beta * decode(spec.out, &hostC[at]));
    }
    if (spec.bias) {
      value += decode(spec.out, &hostBias[col * outBytes]);
      bound += std::abs(decode(spec.out, &hostBias[col * outBytes]));
    }
  }
  const double u = std::ldexp(1, -24);
  const double rounding = spec.in == kFp32 ? 2 * std::ldexp(1, -11) : 0;
  bound =
      spec.out == kInt32 ? 0 : ((spec.k + 9) * u + 3 * roundoffOf(spec.out) + rounding) * bound + u;
}

void Gemm::verify(const std::vector<uint8_t>& got, const std::string& label) {
  if (wanted.empty()) {
    reference();
  }
  const size_t shift = static_cast<size_t>(spec.offset) * outBytes;
  int wrong = 0;
  std::string first;
  std::vector<bool> inside(got.size(), false);
  for (int r = 0; r < spec.rows; r++) {
    for (int col = 0; col < spec.cols; col++) {
      const size_t at = shift + (static_cast<size_t>(r) * strideD + col) * outBytes;
      std::fill(inside.begin() + at, inside.begin() + at + outBytes, true);
      const double value = decode(spec.out, &got[at]);
      const size_t element = static_cast<size_t>(r) * spec.cols + col;
      // Written so that NaN is wrong.
      if (!(std::abs(value - wanted[element]) <= allowed[element]) && wrong++ == 0) {
        first =
            " (" + std::to_string(r) + ", " + std::to_string(col) + ") = " + std::to_string(value);
      }
    }
  }
  tally.check(wrong == 0,
              spec.name() + " " + label + ": " + std::to_string(wrong) + " wrong, first" + first);
  size_t touched = 0;
  for (size_t i = 0; i < got.size(); i++) {
    touched += !inside[i] && got[i] != kPoison;
  }
  tally.check(
      touched == 0,
      spec.name() + " " + label + ": " + std::to_string(touched) + " bytes outside written");
}

void Gemm::verifyLocal(const std::string& label) {
  CUDA_OK(cudaDeviceSynchronize());
  verify(d.download<uint8_t>(), label);
}

void Gemm::runAndVerify() {
  CUDA_OK(cudaMemset(d.data, kPoison, d.bytes));
  launch();
  verifyLocal();
}
