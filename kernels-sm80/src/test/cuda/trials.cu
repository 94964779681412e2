#include "trials.h"

static size_t mostBytes(const std::vector<Problem>& problems,
                        int Problem::*one,
                        int Problem::*two) {
  size_t most = 0;
  for (const Problem& p : problems) {
    most = std::max(most, static_cast<size_t>(p.*one) * (p.*two) * 2);
  }
  return most;
}

Operands::Operands(const std::vector<Problem>& problems, int in)
    : a(mostBytes(problems, &Problem::m, &Problem::k)),
      b(mostBytes(problems, &Problem::n, &Problem::k)),
      d(mostBytes(problems, &Problem::m, &Problem::n)) {
  for (const Buffer* operand : {&a, &b}) {
    if (in == kBf16) {
      fillRandomBf16(*operand);
    } else {
      fillRandomE4m3(*operand);
    }
  }
}

static TileGemmParams paramsOf(const Problem& s,
                               bool nk,
                               const TileConfig& tile,
                               const Operands& operands) {
  TileGemmParams p{};
  p.a = operands.a.at();
  p.b = operands.b.at();
  p.d = operands.d.at();
  p.rows = s.m;
  p.cols = s.n;
  p.k = s.k;
  p.aStride = s.k;
  p.bStride = nk ? s.k : s.n;
  p.dStride = s.n;
  p.outputType = kBf16;
  p.alpha = 1;
  p.windowRows = s.m;
  p.shards = 1;
  p.rowsPerShard = s.m;
  p.tileRowsPerShard = (s.m + tile.rows - 1) / tile.rows;
  p.tileColumns = (s.n + tile.cols - 1) / tile.cols;
  p.splits = 1;
  p.partials = operands.partials.at();
  p.arrivals = operands.arrivals.at();
  return p;
}

std::vector<Trial> trialsOf(const Problem& s, bool nk, const Operands& operands, int in) {
  std::vector<Trial> trials;
  for (int tile = 0; tile < kTileCount; tile++) {
    const TileConfig& config = kTiles[tile];
    if (!hasKernel(config, in) || config.rows >= 2 * std::max(16, s.m) ||
        s.m > 64 * config.rows) {
      continue;
    }
    TileGemmParams p = paramsOf(s, nk, config, operands);
    const int tiles = p.tileRowsPerShard * p.tileColumns;
    const bool full = tiles >= 2 * kernels.multiprocessors;
    for (int splits : {1, 2, 3, 4, 6, 8, 12, 16}) {
      if ((splits > 1 && full) || s.k / splits < 256 ||
          size_t(tiles) * splits * config.rows * config.cols * 4 > operands.partials.bytes) {
        continue;
      }
      for (int raster : full ? std::vector<int>{4, 8, 16, 32} : std::vector<int>{8}) {
        p.splits = splits;
        p.rasterRows = raster;
        const int blocks = kernels.multiprocessors * blocksPerMultiprocessor(config);
        trials.push_back({in, tile, splits, raster, blocks, p});
      }
    }
  }
  return trials;
}

static __device__ float bf16At(const uint16_t* data, size_t i) {
  return __uint_as_float(static_cast<uint32_t>(data[i]) << 16);
}

// Elements that are further apart than two roundings to bf16 bring them: a panel of K that is
// missing changes most by ten times as much.
__global__ void findDifferent(const uint16_t* one,
                               const uint16_t* other,
                              size_t count,
                              unsigned* different) {
  for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < count;
       i += size_t(gridDim.x) * blockDim.x) {
    const float x = bf16At(one, i), y = bf16At(other, i);
    if (!(fabsf(x - y) <= 0.01f * fabsf(x) + 0.1f)) {
      atomicAdd(different, 1);
    }
  }
}

unsigned countDifferent(const Buffer& one, const Buffer& other, const Problem& s) {
  Buffer count(4);
  findDifferent<<<512, 256>>>(reinterpret_cast<const uint16_t*>(one.data),
                              reinterpret_cast<const uint16_t*>(other.data),
                              size_t(s.m) * s.n,
                              reinterpret_cast<unsigned*>(count.data));
  CUDA_OK(cudaDeviceSynchronize());
  return count.download<unsigned>()[0];
}
