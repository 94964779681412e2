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

Operands::Operands(const std::vector<Problem>& problems)
    : a(mostBytes(problems, &Problem::m, &Problem::k)),
      b(mostBytes(problems, &Problem::n, &Problem::k)),
      d(mostBytes(problems, &Problem::m, &Problem::n)) {
  fillRandomBf16(a);
  fillRandomBf16(b);
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

std::vector<Trial> trialsOf(const Problem& s, bool nk, const Operands& operands) {
  std::vector<Trial> trials;
  for (int tile = 0; tile < kTileCount; tile++) {
    const TileConfig& config = kTiles[tile];
    if (!hasKernel(config, kBf16) || config.rows >= 2 * std::max(16, s.m) ||
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
        trials.push_back({tile, splits, raster, blocks, p});
      }
    }
  }
  return trials;
}
