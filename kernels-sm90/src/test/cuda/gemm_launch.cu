// What a host has to do to launch a kernel of this module, as the README says it.

#include <cuda.h>

#include <algorithm>
#include <fstream>

#include "elements.h"
#include "params/tile_gemm_maps.h"
#include "tile_launch.h"

std::vector<int> inputTypes() {
  return {kBf16, kFp16, kFp8E4m3, kFp8E5m2, kInt8};
}

bool serves(int in, bool nk, const TileConfig& tile, const TileGemmParams& p) {
  const i64 bytes = bytesOf(in);
  const u64 bits =
      p.a | p.b | static_cast<u64>(p.aStride * bytes) | static_cast<u64>(p.bStride * bytes);
  return hasKernel(tile, in) && in != kFp32 && (nk || bytes == 2) && (bits & 15) == 0 &&
         p.rows > 0 && p.cols > 0 && p.k > 0;
}

bool takesBlockFactors() {
  return true;
}

std::string nameOf(const TileConfig& tile) {
  return std::to_string(tile.rows) + "x" + std::to_string(tile.cols) + "_s" +
         std::to_string(tile.stages) + "_c" + std::to_string(tile.cluster) + "_o" +
         std::to_string(tile.outboxes) + tile.variant;
}

int blocksPerMultiprocessor(const TileConfig&) {
  return 1;
}

// ---- Tensor maps ----

using Encode = CUresult (*)(CUtensorMap*,
                            CUtensorMapDataType,
                            cuuint32_t,
                            void*,
                            const cuuint64_t*,
                            const cuuint64_t*,
                            const cuuint32_t*,
                            const cuuint32_t*,
                            CUtensorMapInterleave,
                            CUtensorMapSwizzle,
                            CUtensorMapL2promotion,
                            CUtensorMapFloatOOBfill);

static Encode encoder() {
  static const Encode found = [] {
    void* entry = nullptr;
    cudaDriverEntryPointQueryResult result;
    CUDA_OK(cudaGetDriverEntryPointByVersion(
        "cuTensorMapEncodeTiled", &entry, 12000, cudaEnableDefault, &result));
    return reinterpret_cast<Encode>(entry);
  }();
  return found;
}

// A matrix of `outer` rows of `inner` elements, read in boxes of 128 bytes by `boxOuter` rows.
static CUtensorMap mapOf(int in, u64 address, u64 inner, u64 outer, u64 stride, u32 boxOuter) {
  const u64 bytes = static_cast<u64>(bytesOf(in));
  const cuuint64_t extents[] = {inner, outer};
  const cuuint64_t pitches[] = {stride * bytes};
  const cuuint32_t box[] = {static_cast<cuuint32_t>(128 / bytes), boxOuter};
  const cuuint32_t steps[] = {1, 1};
  const CUtensorMapDataType type = in == kBf16   ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                   : in == kFp16 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
                                                 : CU_TENSOR_MAP_DATA_TYPE_UINT8;
  CUtensorMap map;
  const CUresult status = encoder()(&map,
                                    type,
                                    2,
                                    reinterpret_cast<void*>(address),
                                    extents,
                                    pitches,
                                    box,
                                    steps,
                                    CU_TENSOR_MAP_INTERLEAVE_NONE,
                                    CU_TENSOR_MAP_SWIZZLE_128B,
                                    CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                                    CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS) {
    std::printf("FATAL cuTensorMapEncodeTiled: %d\n", static_cast<int>(status));
    std::exit(3);
  }
  return map;
}

static TileGemmMaps mapsOf(int in, bool nk, const TileConfig& tile, const TileGemmParams& p) {
  TileGemmMaps maps;
  static_assert(sizeof(CUtensorMap) == sizeof(TensorMap), "the driver's description");
  const CUtensorMap a = mapOf(in, p.a, p.k, p.rows, p.aStride, tile.rows);
  const CUtensorMap b = nk ? mapOf(in, p.b, p.k, p.cols, p.bStride, tile.cols / tile.cluster)
                           : mapOf(in, p.b, p.cols, p.k, p.bStride, 64 / tile.cluster);
  std::memcpy(&maps.a, &a, sizeof a);
  std::memcpy(&maps.b, &b, sizeof b);
  return maps;
}

// ---- Manifest ----

// The number that the manifest has for an entry.
static int attribute(const std::string& entry, const std::string& name) {
  static const std::vector<std::string> lines = [] {
    std::vector<std::string> all;
    for (const char* folder : {"", "/candidates"}) {
      std::ifstream file(kernels.folder + folder + "/manifest.json");
      for (std::string line; std::getline(file, line);) {
        all.push_back(line);
      }
    }
    return all;
  }();
  for (const std::string& line : lines) {
    const size_t at = line.find("\"" + name + "\": ");
    if (line.find("\"" + entry + "\"") != std::string::npos && at != std::string::npos) {
      return std::atoi(line.c_str() + at + name.size() + 4);
    }
  }
  std::printf("FATAL the manifest has no %s of %s\n", name.c_str(), entry.c_str());
  std::exit(3);
}

void launchTile(int in,
                bool nk,
                const TileConfig& tile,
                const TileGemmParams& params,
                int blocks,
                cudaStream_t stream) {
  if (!serves(in, nk, tile, params)) {
    std::printf("FATAL a kernel was asked for what it does not take\n");
    std::exit(3);
  }
  const std::string family = std::string("tile_gemm_sm90_") + nameOf(in);
  const std::string entry = family + tile.variant + (nk ? "_nk_" : "_kn_") + std::to_string(tile.rows) + "x" +
                            std::to_string(tile.cols) + "x" + std::to_string(128 / bytesOf(in)) +
                            "_s" + std::to_string(tile.stages) + "_c" +
                            std::to_string(tile.cluster) + "_o" + std::to_string(tile.outboxes);
  const std::string file =
      tile.offer != kEveryType ? std::string("candidates/candidates_") + nameOf(in) : family;
  const void* kernel = reinterpret_cast<const void*>(kernels.get(file, entry));
  const int shared = attribute(entry, "sharedBytes");
  CUDA_OK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared));

  // Whole clusters, not more than there are turns.
  const int tiles = params.shards * params.tileRowsPerShard * params.tileColumns;
  const int turns = (tiles + tile.cluster - 1) / tile.cluster * params.splits;
  const int clusters = std::max(1, std::min(turns, blocks / tile.cluster));
  const TileGemmMaps maps = mapsOf(in, nk, tile, params);
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(clusters * tile.cluster);
  config.blockDim = dim3(attribute(entry, "threads"));
  config.dynamicSmemBytes = shared;
  config.stream = stream;
  void* arguments[] = {const_cast<TileGemmParams*>(&params), const_cast<TileGemmMaps*>(&maps)};
  CUDA_OK(cudaLaunchKernelExC(&config, kernel, arguments));
}
