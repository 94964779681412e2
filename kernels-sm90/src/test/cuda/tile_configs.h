#pragma once
// The tiles of this module's kernels. The checks are those of kernels-sm80.

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
