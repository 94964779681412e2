#pragma once
// How a tile's kernel is launched: each module of kernels has a gemm_launch.cu of its own, and a
// tile_configs.h, found by the include path.

#include <tile_configs.h>

#include <string>
#include <vector>

#include "support.h"

// Input types that have kernels.
std::vector<int> inputTypes();
// Whether a tile's kernel takes operands like these; what one module's do not, another's do.
bool serves(int in, bool nk, const TileConfig& tile, const TileGemmParams& params);
// Whether kernels take factors for blocks of 128 of K with 8-bit floats.
bool takesBlockFactors();
// In a few words, with all that tells it from others.
std::string nameOf(const TileConfig& tile);
// Blocks that fit one multiprocessor.
int blocksPerMultiprocessor(const TileConfig& tile);
// Launches on at most so many blocks, but on one cluster at least.
void launchTile(int in,
                bool nk,
                const TileConfig& tile,
                const TileGemmParams& params,
                int blocks,
                cudaStream_t stream = nullptr);
