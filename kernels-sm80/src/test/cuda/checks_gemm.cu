// The GEMM without hooks: all types, layouts and tiles, awkward shapes, the epilogue.

#include "checks.h"
#include "gemm_case.h"

static void run(const GemmSpec& spec) {
  if (!hasKernel(kTiles[spec.tile], spec.in)) {
    return;
  }
  Gemm gemm(spec);
  if (gemm.isServed()) {
    gemm.runAndVerify();
  }
}

// One of the tiles that have kernels for a type.
static int tileFor(int in, int number) {
  int tile = number % kTileCount;
  while (!hasKernel(kTiles[tile], in)) {
    tile = (tile + 1) % kTileCount;
  }
  return tile;
}

// Every entry once, with more than one tile each way and ragged everywhere.
static void everyEntry(bool quick) {
  for (int in : inputTypes()) {
    for (bool nk : {true, false}) {
      for (int tile = 0; tile < kTileCount; tile++) {
        GemmSpec spec;
        spec.in = in;
        spec.out = in == kInt8 ? kInt32 : in == kFp32 ? kFp32 : kBf16;
        spec.nk = nk;
        spec.tile = tile;
        spec.rows = kTiles[tile].rows + 7;
        spec.cols = kTiles[tile].cols + 16;
        spec.k = 464;
        spec.pad = 16;
        run(spec);
        if (!quick) {
          spec.pad = 0;
          spec.rows = 2 * kTiles[tile].rows;
          spec.cols = 2 * kTiles[tile].cols;
          spec.k = 1024;
          spec.splits = 3;
          if (!hasKernel(kTiles[tile], in)) {
            continue;
          }
          Gemm gemm(spec);
          if (!gemm.isServed()) {
            continue;
          }
          gemm.params.splits = 1;
          gemm.runAndVerify();
          gemm.spec.grid =
              1;  // one block computes all: loads of the next tile behind each epilogue
          gemm.runAndVerify();
          gemm.params.splits = 3;
          gemm.runAndVerify();
          gemm.spec.grid = 0;
          gemm.runAndVerify();
        }
      }
    }
  }
}

// Rows of sixteen bytes' alignment around shapes that divide nothing: what every module serves.
static void paddedShapes() {
  const int shapes[][3] = {
      {1, 1, 1}, {13, 17, 17}, {3, 257, 65}, {129, 1, 65}, {200, 300, 556}, {65, 8, 8}};
  for (int in : inputTypes()) {
    for (bool nk : {true, false}) {
      for (int tile = 0; tile < kTileCount; tile++) {
        for (const auto& shape : shapes) {
          GemmSpec spec;
          spec.in = in;
          spec.out = in == kInt8 ? kInt32 : kBf16;
          spec.nk = nk;
          spec.tile = tile;
          spec.rows = shape[0];
          spec.cols = shape[1];
          spec.k = shape[2];
          spec.pad = 16 - shape[2] % 16;  // columns and K leave the same remainder
          run(spec);
        }
      }
    }
  }
}

// Alignments from sixteen bytes down to one element, shapes that divide nothing.
static void awkwardShapes(bool quick) {
  const int shapes[][3] = {{1, 1, 1},
                           {1, 1, 0},
                           {13, 17, 19},
                           {127, 129, 131},
                           {3, 257, 67},
                           {129, 1, 65},
                           {0, 5, 5},
                           {65, 8, 1},
                           {16, 128, 64},
                           {33, 250, 129}};
  for (int in : inputTypes()) {
    for (bool nk : {true, false}) {
      for (const auto& shape : shapes) {
        for (int pad : {0, 1, 4}) {
          for (int offset : {0, 1, 2}) {
            if (quick && (pad + offset) % 3 != 0) {
              continue;
            }
            GemmSpec spec;
            spec.in = in;
            spec.out = in == kInt8 ? kInt32 : pad == 1 ? kFp32 : kFp16;
            spec.nk = nk;
            spec.tile = tileFor(in, shape[0] + pad + offset);
            spec.rows = shape[0];
            spec.cols = shape[1];
            spec.k = shape[2];
            spec.pad = pad;
            spec.offset = offset;
            run(spec);
          }
        }
      }
    }
  }
}

static void epilogues() {
  for (int out : {kBf16, kFp16, kFp32}) {
    for (int mask = 0; mask < 2 * 16; mask++) {
      GemmSpec spec;
      spec.out = out;
      spec.tile = mask % kTileCount;
      spec.rows = 150;
      // The second time, rows that begin and end at multiples of sixteen bytes.
      const bool aligned = mask >= 16;
      spec.cols = aligned ? 136 + mask % 3 * 72 : 137 + mask % 3 * 7;
      spec.k = 72;
      spec.pad = aligned ? mask % 2 * 8 : mask % 5;
      spec.alpha = mask & 1 ? 0.75f : 1.0f;
      spec.beta = mask & 2 ? -1.5f : 0.0f;
      spec.bias = (mask & 4) != 0;
      spec.scales = (mask & 8) != 0;
      spec.windowFirst = mask % 16 * 3;
      spec.windowRows = 50 + mask;
      spec.splits = 1 + mask % 3;
      run(spec);
    }
  }
  GemmSpec integers;
  integers.in = kInt8;
  integers.out = kInt32;
  integers.rows = 70;
  integers.cols = 90;
  integers.k = 304;
  integers.beta = 1;
  integers.bias = true;
  integers.windowRows = 33;
  run(integers);
}

// Factors of blocks of 128 of K: every tile, K of one block and of more than are fetched together,
// parts that begin within these.
static void blockFactors(bool quick) {
  const int shapes[][3] = {{1, 1, 1}, {13, 130, 127}, {70, 390, 1300}, {135, 272, 464}};
  for (int in : {kFp8E4m3, kFp8E5m2}) {
    for (int tile = 0; tile < kTileCount; tile++) {
      for (const auto& shape : shapes) {
        GemmSpec spec;
        spec.in = in;
        spec.tile = tile;
        spec.blocks = true;
        spec.rows = shape[0];
        spec.cols = shape[1];
        spec.k = shape[2];
        spec.pad = 16 - shape[2] % 16;
        run(spec);
        spec.out = kFp16;
        spec.splits = shape[2] > 1000 ? 3 : 1;
        spec.grid = quick ? 0 : 2;
        spec.scales = true;
        spec.bias = true;
        spec.beta = -1.5f;
        run(spec);
      }
    }
  }
}

// Splits, orders and grids do not change a bit of the result; split counts may.
static void repeatable(bool quick) {
  GemmSpec spec;
  spec.rows = quick ? 150 : 300;
  spec.cols = quick ? 300 : 700;
  spec.k = quick ? 496 : 2000;
  spec.splits = 4;
  Gemm gemm(spec);
  gemm.launch();
  CUDA_OK(cudaDeviceSynchronize());
  const auto first = gemm.d.download<uint8_t>();
  for (int i = 0; i < (quick ? 4 : 20); i++) {
    gemm.spec.grid = 1 + i * 7;
    gemm.params.rasterRows = 1 + i % 4;
    gemm.launch();
    CUDA_OK(cudaDeviceSynchronize());
    tally.check(first == gemm.d.download<uint8_t>(), "repeatable: launch " + std::to_string(i));
  }
}

void checkGemm(bool quick) {
  everyEntry(quick);
  paddedShapes();
  awkwardShapes(quick);
  epilogues();
  if (takesBlockFactors()) {
    blockFactors(quick);
  }
  repeatable(quick);
}
