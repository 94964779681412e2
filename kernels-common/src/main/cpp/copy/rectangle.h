#pragma once
// Copies a rectangle of bytes from anywhere to anywhere, by all threads that take part.

#include "device/primitives.h"

namespace counterpoint {

struct Rectangle {
  u64 source;
  u64 target;
  i64 sourcePitch;
  i64 targetPitch;
  i64 rowBytes;
  i64 rows;
};

template <class T>
CP_DEVICE T loadPiece(u64 address) {
  if constexpr (sizeof(T) == 16) {
    return loadVector(address);
  } else {
    return loadPlain<T>(address);
  }
}

template <class T>
CP_DEVICE void storePiece(u64 address, const T& piece) {
  if constexpr (sizeof(T) == 16) {
    storeVector(address, piece);
  } else {
    storePlain<T>(address, piece);
  }
}

// Pieces firstByte, firstByte + sizeof(T), … of each row, as many as are whole. Several loads are
// under way before the first store.
template <class T>
CP_DEVICE void copyPieces(const Rectangle& r, i64 firstByte, i64 thread, i64 threads) {
  constexpr i32 kBatch = 4;
  const i64 pieces = (r.rowBytes - firstByte) / static_cast<i64>(sizeof(T));
  if (pieces <= 0 || r.rows <= 0) {
    return;
  }
  const i64 rowStep = threads / pieces;
  const i64 pieceStep = threads - rowStep * pieces;
  i64 row = thread / pieces;
  i64 piece = thread - row * pieces;
  while (row < r.rows) {
    T value[kBatch];
    u64 target[kBatch];
#pragma unroll
    for (i32 i = 0; i < kBatch; i++) {
      target[i] = 0;
      if (row < r.rows) {
        const i64 byte = firstByte + piece * static_cast<i64>(sizeof(T));
        value[i] = loadPiece<T>(r.source + row * r.sourcePitch + byte);
        target[i] = r.target + row * r.targetPitch + byte;
      }
      row += rowStep;
      piece += pieceStep;
      if (piece >= pieces) {
        piece -= pieces;
        row++;
      }
    }
#pragma unroll
    for (i32 i = 0; i < kBatch; i++) {
      if (target[i] != 0) {
        storePiece<T>(target[i], value[i]);
      }
    }
  }
}

// The widest pieces that both sides' alignment allows, then what is left of each row byte by byte.
CP_DEVICE void copyRectangle(const Rectangle& r, i64 thread, i64 threads) {
  const u64 pitches = r.rows > 1 ? static_cast<u64>(r.sourcePitch | r.targetPitch) : 0;
  const u64 bits = r.source | r.target | pitches;
  i64 width = 1;
  if ((bits & 15) == 0) {
    width = 16;
    copyPieces<Vector16>(r, 0, thread, threads);
  } else if ((bits & 7) == 0) {
    width = 8;
    copyPieces<u64>(r, 0, thread, threads);
  } else if ((bits & 3) == 0) {
    width = 4;
    copyPieces<u32>(r, 0, thread, threads);
  } else if ((bits & 1) == 0) {
    width = 2;
    copyPieces<u16>(r, 0, thread, threads);
  }
  copyPieces<u8>(r, width == 1 ? 0 : r.rowBytes / width * width, thread, threads);
}

}  // namespace counterpoint
