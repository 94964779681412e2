#pragma once
// The tiles of this module's kernels, and how one is launched; the other modules' tests have a
// header of the same name.

#include <string>
#include <vector>

#include "support.h"

struct TileConfig {
  int rows;
  int cols;
  int stages;
  int threads;
};

inline const TileConfig kTiles[] = {{128, 256, 3, 256},
                                    {128, 128, 3, 128},
                                    {64, 128, 3, 128},
                                    {32, 128, 4, 128},
                                    {16, 128, 4, 128}};
constexpr int kTileCount = 5;

// Input types that have kernels.
std::vector<int> inputTypes();
// Whether a kernel takes operands like these; what it does not, another module's does.
bool serves(int in, bool nk, const TileGemmParams& params);
// Blocks that fit one multiprocessor.
int blocksPerMultiprocessor(const TileConfig& tile);
// Launches on at most so many blocks.
void launchTile(int in,
                bool nk,
                const TileConfig& tile,
                const TileGemmParams& params,
                int blocks,
                cudaStream_t stream = nullptr);
