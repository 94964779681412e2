#pragma once
// The tiles of this module's kernels; the tests of other modules have a header of the same name.

struct TileConfig {
  int rows;
  int cols;
  int stages;
  int threads;
};

inline const TileConfig kTiles[] = {{128, 256, 3, 256},
                                    {128, 128, 3, 128},
                                    {64, 256, 3, 256},
                                    {64, 128, 3, 128},
                                    {32, 128, 4, 128},
                                    {16, 128, 4, 128}};
constexpr int kTileCount = 6;

// Blocks that compute neighbouring tiles in step.
inline int blocksInStep(const TileConfig&) {
  return 1;
}

// Whether a tile has a kernel for an input type.
inline bool hasKernel(const TileConfig&, int) {
  return true;
}
