#pragma once
// What there is to try for a plain product with bf16 output: tiles, splits of K and rasters.

#include "gemm_case.h"
#include "timing.h"
#include "vendor.h"

// Operands of the largest problem, and room for splits, kept from one problem to the next.
struct Operands {
  Buffer a, b, d;
  Buffer partials{size_t(512) << 20};
  Buffer arrivals{1 << 20};

  // Bf16, or E4M3 in the same room.
  explicit Operands(const std::vector<Problem>& problems, int in = kBf16);
};

struct Trial {
  int in;
  int tile;
  int splits;
  int raster;
  int blocks;  // of a launch, at most
  TileGemmParams params;

  void launch(bool nk, cudaStream_t stream = nullptr) const {
    launchTile(in, nk, kTiles[tile], params, blocks, stream);
  }
};

// Everything that may be worth it.
std::vector<Trial> trialsOf(const Problem& problem,
                            bool nk,
                            const Operands& operands,
                            int in = kBf16);

// Elements of two results in bf16 that are further apart than rounding explains.
unsigned countDifferent(const Buffer& one, const Buffer& other, const Problem& problem);
