#pragma once
// One GEMM: its operands, its parameter block, what it should give, and whether it did.

#include "elements.h"
#include "tile_launch.h"

struct GemmSpec {
  int in = kBf16;
  int out = kBf16;
  bool nk = true;
  int tile = 1;
  int rows = 1;
  int cols = 1;
  int k = 1;
  int pad = 0;     // elements beyond each row of A, B, C and D
  int offset = 0;  // elements by which operands begin late: misaligns them
  float alpha = 1;
  float beta = 0;
  bool bias = false;
  bool scales = false;
  bool blocks = false;  // a factor for each block of 128 of K
  int windowFirst = 0;
  int windowRows = 1 << 30;
  int shards = 1;
  int splits = 1;
  int grid = 0;  // 0: as many blocks as there are multiprocessors

  std::string name() const {
    char text[200];
    std::snprintf(text,
                  sizeof text,
                  "gemm %s→%s %s tile %s m%d n%d k%d pad%d off%d shards%d splits%d%s%s%s%s",
                  nameOf(in),
                  nameOf(out),
                  nk ? "nk" : "kn",
                  nameOf(kTiles[tile]).c_str(),
                  rows,
                  cols,
                  k,
                  pad,
                  offset,
                  shards,
                  splits,
                  beta != 0 ? " beta" : "",
                  bias ? " bias" : "",
                  scales ? " scales" : "",
                  blocks ? " blocks" : "");
    return text;
  }
};

struct Gemm {
  GemmSpec spec;
  int inBytes, outBytes, strideA, strideB, strideC, strideD, strideScales, windowRows;
  std::vector<uint8_t> hostA, hostB, hostC, hostBias, hostRow, hostCol, hostAScales, hostBScales;
  Buffer a, b, c, d, bias, rowScale, colScale, aScales, bScales, partials, arrivals, trace;
  TileGemmParams params{};

  explicit Gemm(const GemmSpec& s);
  int tileRowsPerShard() const { return params.tileRowsPerShard; }
  int tileCount() const { return params.shards * params.tileRowsPerShard * params.tileColumns; }
  int rowsPerShard() const { return params.rowsPerShard; }
  // Rows and columns of a tile; rows may be 0 or less.
  void extent(int tile, int& row, int& rows, int& col, int& cols) const;
  bool isServed() const { return serves(spec.in, spec.nk, kTiles[spec.tile], params); }
  void launch(cudaStream_t stream = nullptr);
  // Compares a matrix of all rows with the bound of rule NUM-1, and everything around it with the
  // poison that it was filled with.
  void verify(const std::vector<uint8_t>& got, const std::string& label);
  void verifyLocal(const std::string& label = "");
  void runAndVerify();

 private:
  std::vector<double> wanted, allowed;
  void reference();
  void finish(int row, int col, double& value, double& bound) const;
};
