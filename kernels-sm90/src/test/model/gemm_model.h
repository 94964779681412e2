#pragma once
// One GEMM on the machine of fibers: operands, parameter blocks, hooks with actors for the other
// ranks, an FP64 reference, and what came out.

#include <random>
#include <string>
#include <vector>

#include "hopper.h"
#include "params/tile_gemm.h"
#include "params/tile_gemm_maps.h"
#include "small_floats.h"

namespace modeltest {

using counterpoint::ElementType;
using counterpoint::FaultRecord;
using counterpoint::i32;
using counterpoint::i64;
using counterpoint::TileGemmMaps;
using counterpoint::TileGemmParams;
using counterpoint::u32;
using counterpoint::u64;
using counterpoint::u8;
using model::DeviceMemory;

constexpr u8 kPoison = 0xa5;  // in outputs, before

inline int bytesOf(ElementType type) {
  return type == counterpoint::kFp32 || type == counterpoint::kInt32  ? 4
         : type == counterpoint::kFp16 || type == counterpoint::kBf16 ? 2
                                                                      : 1;
}

// Of the types that are neither binary32 nor whole numbers.
inline const model::FloatFormat& formatOf(ElementType type) {
  return type == counterpoint::kFp16      ? model::kFp16Format
         : type == counterpoint::kBf16    ? model::kBf16Format
         : type == counterpoint::kFp8E4m3 ? model::kE4m3Format
                                          : model::kE5m2Format;
}

// A kernel of the tile table.
struct Entry {
  std::string name;
  ElementType input;
  bool across;  // weights [K, N]
  int rows, cols, panelK, stages, cluster, outboxes, sharedBytes;
  void (*kernel)(TileGemmParams, TileGemmMaps);
};

const std::vector<Entry>& entries();
const std::vector<Entry>& candidates();
const Entry& entry(ElementType input, bool across, int rows, int cols);

struct Spec {
  const Entry* entry = nullptr;
  ElementType out = counterpoint::kBf16;
  int rows = 1, cols = 1, k = 1;
  int pad = 0;  // elements beyond each row of C and D; operands keep 16-byte rows
  float alpha = 1, beta = 0;
  bool bias = false, scales = false;
  bool blocks = false;  // a factor for each block of 128 of K
  int windowFirst = 0, windowRows = 1 << 30;
  int shards = 1, splits = 1, clusters = 2, raster = 3;
  int orderBy = 0;
  bool gated = false, owners = false, packed = false, posted = false, clearance = false;
  bool traced = false;
  // One column of tiles in an order of its own, each waiting until the one before is told of.
  bool chained = false;

  bool tells() const { return posted || chained; }
  // What is broken on purpose.
  bool gateNeverOpens = false, clearanceNeverComes = false, failedBefore = false;

  std::string text() const;
};

class GemmModel {
 public:
  GemmModel(const Spec& spec, u64 seed);
  ~GemmModel();
  // Runs once; empty, or what is wrong.
  std::string run();

  const FaultRecord& record() const { return *fault.as<FaultRecord>(); }
  u64 postsSeen() const;
  bool outputUntouched() const;
  const DeviceMemory& output() const { return d; }
  u64 steps() const { return nanos; }

 private:
  struct Tile {
    int id, shard, row, rows, col, cols, rowInShard;
  };

  Tile tileAt(int id) const;
  void makeOperands();
  void makeBlockFactors();
  void bringRows(i64 from, i64 to);
  void makeMaps();
  void makeHooks();
  void makeChain();
  bool isTold(int id) const;
  void openGates();
  void watchPosts();
  void giveClearance();
  void decodeOperands();
  std::string verify();
  double factorOf(int row, int col, int k) const;
  double wanted(int row, int col, double& bound) const;
  u8* placeOf(const Tile& tile, int row, int col) const;
  template <class T>
  u64 table(const std::vector<T>& values);
  double valueOf(ElementType type, const void* at) const;

  Spec spec;
  const Entry& tile;
  std::mt19937 random;
  u64 seed;
  u64 nanos = 0;
  int inBytes, outBytes, rowsPerShard, tileRowsPerShard, tileColumns, tiles, kBlocks;
  i64 strideA, strideB, strideC, strideD, ownerStride;
  DeviceMemory a, b, c, d, bias, rowScale, colScale, partials, arrivals, trace;
  DeviceMemory aScales, bScales;
  DeviceMemory hostA, hostAScales;  // what A will hold once all gates are open
  DeviceMemory fault, context, flags, epoch, gateWords, clearWords, postWords;
  std::vector<std::unique_ptr<DeviceMemory>> tables, owners;
  std::vector<double> rowsOfA, colsOfB;
  std::vector<std::vector<u8>> seenAtPost;  // by tile: what was there when it was told of
  TileGemmParams params{};
  TileGemmMaps maps{};
};

}  // namespace modeltest
