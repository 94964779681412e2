#pragma once
// The tiles of this module's kernels, and those that are only measured. The checks are those of
// kernels-sm80.

#include "params/element_type.h"

enum TileOffer { kEveryType, kCandidate, kCandidateFp8 };  // a candidate has bf16, or E4M3

struct TileConfig {
  int rows;
  int cols;
  int stages;
  int cluster;
  int outboxes;
  TileOffer offer;
  const char* variant = "";  // of the name of the type
};

inline const TileConfig kTiles[] = {
    {128, 256, 3, 2, 2, kEveryType}, {128, 128, 6, 2, 0, kEveryType},
    {64, 256, 5, 1, 0, kEveryType},  {64, 128, 8, 1, 0, kEveryType},
    {32, 128, 10, 1, 0, kEveryType}, {16, 128, 10, 1, 0, kEveryType},
    {128, 256, 4, 2, 0, kCandidate}, {128, 192, 4, 2, 2, kCandidate},
    {128, 160, 4, 2, 2, kCandidate}, {128, 160, 5, 2, 0, kCandidate},
    {128, 128, 6, 2, 2, kCandidate}, {64, 64, 12, 1, 0, kCandidate},
    {32, 64, 16, 1, 0, kCandidate},  {16, 64, 20, 1, 0, kCandidate},
    {128, 256, 3, 2, 2, kCandidateFp8, "_free"},
    {128, 256, 3, 2, 2, kCandidateFp8, "_early"},
    {128, 128, 6, 2, 0, kCandidateFp8, "_free"},
    {128, 128, 6, 2, 0, kCandidateFp8, "_early"},
    {128, 128, 6, 2, 2, kCandidateFp8},
    {128, 128, 6, 2, 2, kCandidateFp8, "_free"}};
constexpr int kTileCount = sizeof kTiles / sizeof kTiles[0];

inline int blocksInStep(const TileConfig& tile) {
  return tile.cluster;
}

inline bool hasKernel(const TileConfig& tile, int in) {
  using namespace counterpoint;
  return tile.offer == kEveryType || in == (tile.offer == kCandidate ? kBf16 : kFp8E4m3);
}
