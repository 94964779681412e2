#pragma once
// From panels in shared memory to the registers of mma, 32 bytes of K at a time.
//
// Lane l of a warp is (g, j) = (l / 4, l % 4). mma wants of A, for rows g and g + 8, and of B, for
// column g, the four bytes of K at 4·j and those at 16 + 4·j; ldmatrix hands out exactly that.

#include "memory/panel.cuh"
#include "ptx/matrix_load.cuh"
#include "ptx/memory.cuh"

namespace counterpoint {

// ---- A, and B as [N, K] ----

// One lane's view of a panel along K: which row it names to ldmatrix, and which of the two chunks
// of a step. The four matrices are, for A, (rows 0–7, rows 8–15) × (chunk 0, chunk 1) with rows
// first, and for B with chunks first, since B's two registers of one column come from two chunks.
template <class Panel, bool CHUNKS_FIRST>
struct AlongKReader {
  u32 row;
  u32 chunk;

  // `firstRow` is a multiple of 16.
  CP_DEVICE AlongKReader(i32 firstRow) {
    const i32 lane = threadIdx.x % kWarp;
    const i32 inPiece = CHUNKS_FIRST ? (lane & 7) + (lane >> 4) * 8 : lane & 15;
    const i32 half = CHUNKS_FIRST ? lane >> 3 & 1 : lane >> 4;
    row = (firstRow + inPiece) * Panel::kRowBytes;
    chunk = (half ^ Panel::key(inPiece)) * kChunk;
  }

  // Sixteen rows of one step.
  CP_DEVICE void load(u32 (&r)[4], u32 panel, i32 piece, i32 step) const {
    loadMatrices(r, panel + row + piece * 16 * Panel::kRowBytes + (chunk ^ step * kStepBytes));
  }
};

template <i32 COL_PIECES, i32 COLS, i32 ELEMENT_BYTES>
struct WeightsNk {
  using Panel = AlongK<COLS>;
  static constexpr bool kAlongK = true;
  static constexpr bool kInterleaved = false;
  AlongKReader<Panel, true> reader;

  CP_DEVICE WeightsNk(i32 firstCol) : reader(firstCol) {}

  // Two pieces of eight columns.
  CP_DEVICE void loadPair(u32 (&b)[2][2], u32 panel, i32 pair, i32 step) const {
    u32 r[4];
    reader.load(r, panel, pair, step);
    b[0][0] = r[0];
    b[0][1] = r[1];
    b[1][0] = r[2];
    b[1][1] = r[3];
  }

  CP_DEVICE void load(u32 (&b)[COL_PIECES / 2][2][2], u32 panel, i32 step) const {
#pragma unroll
    for (i32 pair = 0; pair < COL_PIECES / 2; pair++) {
      loadPair(b[pair], panel, pair, step);
    }
  }
};

// ---- B as [K, N] ----

template <i32 COL_PIECES, i32 COLS, i32 ELEMENT_BYTES>
struct WeightsKn {
  using Panel = AlongN<COLS, ELEMENT_BYTES>;
  static constexpr bool kAlongK = false;
  // Bytes have no transposing load of their own; see below what that does to the columns.
  static constexpr bool kInterleaved = ELEMENT_BYTES == 1;
  u32 lanePart;

  // Each load takes k from the lane, and 32 bytes of columns from the piece: the permuted chunk is
  // an exclusive or of both, since `firstCol` starts a whole group of chunks.
  CP_DEVICE WeightsKn(i32 firstCol) {
    const i32 lane = threadIdx.x % kWarp;
    const i32 firstChunk = firstCol * ELEMENT_BYTES / kChunk;
    if constexpr (ELEMENT_BYTES == 2) {
      // Matrices: (k 0–7, k 8–15) × (8 columns, the next 8), k first.
      lanePart = panelOffset<Panel>(lane & 15, firstChunk + (lane >> 4));
    } else if constexpr (ELEMENT_BYTES == 1) {
      // A transposed load gives a lane two bytes, neighbours along N, of rows 2·j and 2·j + 1. With
      // rows 4·j, 4·j + 1 put in those places by one matrix and 4·j + 2, 4·j + 3 by the next, two
      // registers hold four consecutive k of two neighbouring columns.
      const i32 inMatrix = lane & 7;
      const i32 k = (lane >> 4) * 16 + (inMatrix >> 1) * 4 + (inMatrix & 1) + (lane >> 3 & 1) * 2;
      lanePart = panelOffset<Panel>(k, firstChunk);
    } else {
      // Four bytes: ordinary loads of (k = j, column g).
      const i32 g = lane >> 2;
      lanePart = panelOffset<Panel>(lane & 3, firstChunk + (g >> 2)) + (g & 3) * 4;
    }
  }

  CP_DEVICE void loadPair(u32 (&b)[2][2], u32 panel, i32 pair, i32 step) const {
    const u32 rows = panel + step * (kStepBytes / ELEMENT_BYTES) * Panel::kRowBytes;
    if constexpr (ELEMENT_BYTES == 4) {
#pragma unroll
      for (i32 piece = 0; piece < 2; piece++) {
        const u32 at = rows + (lanePart ^ (2 * pair + piece) * 32);
        b[piece][0] = loadShared(at);
        b[piece][1] = loadShared(at + 4 * Panel::kRowBytes);
      }
    } else {
      u32 r[4];
      loadMatricesTransposed(r, rows + (lanePart ^ pair * 16 * ELEMENT_BYTES));
      if constexpr (ELEMENT_BYTES == 2) {
        b[0][0] = r[0];
        b[0][1] = r[1];
        b[1][0] = r[2];
        b[1][1] = r[3];
      } else {
        // Even columns of the 16 make one piece, odd columns the other.
        b[0][0] = __byte_perm(r[0], r[1], 0x6420);
        b[0][1] = __byte_perm(r[2], r[3], 0x6420);
        b[1][0] = __byte_perm(r[0], r[1], 0x7531);
        b[1][1] = __byte_perm(r[2], r[3], 0x7531);
      }
    }
  }

  CP_DEVICE void load(u32 (&b)[COL_PIECES / 2][2][2], u32 panel, i32 step) const {
#pragma unroll
    for (i32 pair = 0; pair < COL_PIECES / 2; pair++) {
      loadPair(b[pair], panel, pair, step);
    }
  }
};

}  // namespace counterpoint
