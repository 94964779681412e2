#include <algorithm>

#include "elements.h"
#include "tile_launch.h"

std::vector<int> inputTypes() {
  std::vector<int> types = {kBf16, kFp16, kFp32, kInt8};
  cudaDeviceProp properties;
  CUDA_OK(cudaGetDeviceProperties(&properties, 0));
  if (properties.major * 10 + properties.minor >= 89) {
    types.push_back(kFp8E4m3);
    types.push_back(kFp8E5m2);
  }
  return types;
}

bool serves(int, bool, const TileConfig&, const TileGemmParams&) {
  return true;
}

bool takesBlockFactors() {
  return true;
}

std::string nameOf(const TileConfig& tile) {
  return std::to_string(tile.rows) + "x" + std::to_string(tile.cols) + "_s" +
         std::to_string(tile.stages);
}

static int sharedBytes(const TileConfig& tile) {
  return tile.stages * (tile.rows + tile.cols) * 128;
}

int blocksPerMultiprocessor(const TileConfig& tile) {
  const int byRegisters = tile.threads == 256 ? 1 : tile.rows >= 128 ? 2 : 3;
  return std::max(1, std::min(227 * 1024 / (sharedBytes(tile) + 1024), byRegisters));
}

void launchTile(int in,
                bool nk,
                const TileConfig& tile,
                const TileGemmParams& params,
                int blocks,
                cudaStream_t stream) {
  const std::string family = std::string("tile_gemm_") + nameOf(in);
  const std::string entry = family + (nk ? "_nk_" : "_kn_") + std::to_string(tile.rows) + "x" +
                            std::to_string(tile.cols) + "x" + std::to_string(128 / bytesOf(in)) +
                            "_s" + std::to_string(tile.stages);
  const int units = params.shards * params.tileRowsPerShard * params.tileColumns * params.splits;
  const int grid = std::min(std::max(1, units), blocks);
  kernels.launch(family, entry, grid, tile.threads, sharedBytes(tile), params, stream);
}
