#pragma once
// The tiles of this module's kernels, and how one is launched: with tensor maps, in clusters. The
// checks themselves are those of kernels-sm80.

#include <string>
#include <vector>

#include "support.h"

struct TileConfig {
  int rows;
  int cols;
  int stages;
  int cluster;
};

inline const TileConfig kTiles[] = {{128, 256, 4, 2},
                                    {128, 128, 6, 2},
                                    {64, 256, 5, 1},
                                    {64, 128, 8, 1},
                                    {32, 128, 10, 1},
                                    {16, 128, 10, 1}};
constexpr int kTileCount = 6;

// Input types that have kernels.
std::vector<int> inputTypes();
// Whether a kernel takes operands like these; what it does not, kernels-sm80 does.
bool serves(int in, bool nk, const TileGemmParams& params);
// Blocks that fit one multiprocessor.
int blocksPerMultiprocessor(const TileConfig& tile);
// Launches on at most so many blocks, but on one cluster at least.
void launchTile(int in,
                bool nk,
                const TileConfig& tile,
                const TileGemmParams& params,
                int blocks,
                cudaStream_t stream = nullptr);
