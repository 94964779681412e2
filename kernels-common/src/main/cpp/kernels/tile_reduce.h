#pragma once
// The sum of staged partials, block of rows by block of rows, each as soon as its gates are open.

#include "epilogue/elements.h"
#include "params/tile_reduce.h"
#include "signal/post.h"
#include "signal/wait.h"

namespace counterpoint {

// By all threads: waits for every slot's word of a block. False: leave.
CP_DEVICE bool awaitBlock(const TileReduceParams& p, i32 block) {
  if (p.gateWords == 0) {
    return true;  // and threads that are done with a unit may begin the next
  }
  bool open = true;
  if (threadIndex() < kWarp) {
    const i64 epoch = static_cast<i64>(loadPlain<u64>(p.epoch));
    for (i32 slot = threadIndex(); slot < p.slots && open; slot += kWarp) {
      const i64 entry = static_cast<i64>(block) * p.slots + slot;
      const i64 word = tableEntry(p.gateIndex, entry);
      if (word >= 0) {
        const i64 perEpoch = static_cast<i64>(addressEntry(p.gatePerEpoch, entry));
        const Wanted wanted{perEpoch * epoch, word, block, p.gateArray, kReduceGate};
        open = awaitWord(p.operation, p.gateWords + word * sizeof(u64), wanted);
      }
    }
  }
  return syncAll(open);
}

// By all threads: waits until every target may be overwritten. False: leave.
CP_DEVICE bool awaitTargets(const TileReduceParams& p) {
  bool clear = true;
  if (p.clearanceWords != 0 && threadIndex() < kWarp) {
    const i64 value = targetValue(p.clearanceTarget);
    for (i32 target = threadIndex(); target < p.targetCount && clear; target += kWarp) {
      const i64 word = tableEntry(p.clearanceIndex, target);
      const Wanted wanted{value, word, -1, p.clearanceArray, kClearance};
      clear = awaitWord(p.operation, p.clearanceWords + word * sizeof(u64), wanted);
    }
  }
  return syncAll(clear);
}

// Eight columns of one row: slot 0 first, in the accumulator type, rounded once.
CP_DEVICE void sumEight(const TileReduceParams& p, i32 row, i32 col, i32 count) {
  const i32 inBytes = elementBytes(p.inputType);
  const i32 outBytes = elementBytes(p.outputType);
  const bool isFloat = p.inputType != kInt32;
  const bool vector = isAligned(p.staging, p.stagingStride, inBytes) && p.slotBytes % 16 == 0;
  const u64 first = p.staging + (row * p.stagingStride + col) * inBytes;
  u32 sum[kEight];
  loadEight(sum, first, p.inputType, count, vector);
#pragma unroll 2
  for (i32 slot = 1; slot < p.slots; slot++) {
    u32 part[kEight];
    loadEight(part, first + slot * p.slotBytes, p.inputType, count, vector);
#pragma unroll
    for (i32 i = 0; i < kEight; i++) {
      sum[i] = isFloat ? bitsOf(floatOf(sum[i]) + floatOf(part[i])) : sum[i] + part[i];
    }
  }
  const i32 targets = maximum(p.targetCount, 1);
#pragma unroll 1
  for (i32 target = 0; target < targets; target++) {
    const u64 matrix = p.targetCount == 0 ? p.target : addressEntry(p.targets, target);
    storeEight(matrix + (row * p.targetStride + col) * outBytes,
               sum,
               p.outputType,
               count,
               isAligned(matrix, p.targetStride, outBytes));
  }
}

// ---- Many groups at once: 16-bit elements, whole groups, everything at multiples of sixteen bytes
//
// What a multiprocessor can read depends on how much it has asked for: beside a GEMM there are few
// of them, each of which has to have tens of kilobytes under way.

constexpr i32 kAtOnce = 4;

CP_DEVICE bool isPlain(const TileReduceParams& p) {
  return elementBytes(p.inputType) == 2 && p.cols % kEight == 0 && p.slotBytes % 16 == 0 &&
         isAligned(p.staging, p.stagingStride, 2) &&
         static_cast<i64>(p.blockRows) * p.cols < 0x7fffffff;
}

template <i32 TYPE>
CP_DEVICE f32 elementOf(const Vector16& part, i32 i) {
  return floatOf(widen(static_cast<u16>(part.word[i / 2] >> (i % 2 * 16)), TYPE));
}

// Groups `begin` + this thread's number, and every blockThreads() from there, before `end`; counted
// from row `firstRow`.
template <i32 TYPE>
CP_DEVICE void sumPlain(
    const TileReduceParams& p, i64 firstRow, i32 begin, i32 end, i32 groupsPerRow) {
  const i32 outBytes = elementBytes(p.outputType);
  const i32 targets = maximum(p.targetCount, 1);
#pragma unroll 1
  for (i32 i = begin + threadIndex(); i < end; i += kAtOnce * blockThreads()) {
    i64 rows[kAtOnce];
    i32 cols[kAtOnce];
    u64 from[kAtOnce];
#pragma unroll
    for (i32 n = 0; n < kAtOnce; n++) {
      // Beyond the end the first again, which is read and not stored.
      const i32 group = i + n * blockThreads() < end ? i + n * blockThreads() : i;
      const i32 row = group / groupsPerRow;
      rows[n] = firstRow + row;
      cols[n] = (group - row * groupsPerRow) * kEight;
      from[n] = p.staging + (rows[n] * p.stagingStride + cols[n]) * 2;
    }
    f32 sums[kAtOnce][kEight];
    Vector16 part[kAtOnce];
#pragma unroll
    for (i32 n = 0; n < kAtOnce; n++) {
      part[n] = loadVector(from[n]);
    }
    // The next slot is on its way while one is added.
#pragma unroll 1
    for (i32 slot = 0; slot < p.slots; slot++) {
      Vector16 next[kAtOnce] = {};
      if (slot + 1 < p.slots) {
#pragma unroll
        for (i32 n = 0; n < kAtOnce; n++) {
          next[n] = loadVector(from[n] + (slot + 1) * p.slotBytes);
        }
      }
#pragma unroll
      for (i32 n = 0; n < kAtOnce; n++) {
#pragma unroll
        for (i32 e = 0; e < kEight; e++) {
          const f32 element = elementOf<TYPE>(part[n], e);
          sums[n][e] = slot == 0 ? element : sums[n][e] + element;
        }
        part[n] = next[n];
      }
    }
#pragma unroll 1
    for (i32 target = 0; target < targets; target++) {
      const u64 matrix = p.targetCount == 0 ? p.target : addressEntry(p.targets, target);
      const bool vector = isAligned(matrix, p.targetStride, outBytes);
#pragma unroll
      for (i32 n = 0; n < kAtOnce; n++) {
        if (i + n * blockThreads() < end) {
          u32 words[kEight];
#pragma unroll
          for (i32 e = 0; e < kEight; e++) {
            words[e] = bitsOf(sums[n][e]);
          }
          storeEight(matrix + (rows[n] * p.targetStride + cols[n]) * outBytes,
                     words,
                     p.outputType,
                     kEight,
                     vector);
        }
      }
    }
  }
}

CP_DEVICE void postBlock(const TileReduceParams& p, i32 block) {
  if (p.postWords == 0) {
    return;
  }
  syncBeforeSignal();
  if (threadIndex() == 0 && arriveLast(p.arrivals + block * 4ll, p.parts)) {
    const i32 word = tableEntry(p.postIndex, block);
    for (i32 target = 0; word >= 0 && target < p.targetCount; target++) {
      postOne(addressEntry(p.postWords, target), word);
    }
  }
}

CP_DEVICE void tileReduce(const TileReduceParams& p) {
  if (syncAny(hasFailed(p.operation)) || !awaitTargets(p)) {
    return;
  }
  const i32 groupsPerRow = (p.cols + kEight - 1) / kEight;
#pragma unroll 1
  for (i32 unit = blockIndex(); unit < p.blocks * p.parts; unit += blockCount()) {
    const i32 block = unit / p.parts;
    const i32 part = unit - block * p.parts;
    if (!awaitBlock(p, block)) {
      return;
    }
    // A part is a range of the block's groups of eight columns, row by row.
    const i64 firstRow = static_cast<i64>(block) * p.blockRows;
    const i64 groups = minimum(static_cast<i64>(p.blockRows), p.rows - firstRow) * groupsPerRow;
    const i64 begin = groups * part / p.parts;
    const i64 end = groups * (part + 1) / p.parts;
    if (isPlain(p)) {
      const i32 first = static_cast<i32>(begin);
      const i32 last = static_cast<i32>(end);
      if (p.inputType == kBf16) {
        sumPlain<kBf16>(p, firstRow, first, last, groupsPerRow);
      } else {
        sumPlain<kFp16>(p, firstRow, first, last, groupsPerRow);
      }
    } else {
#pragma unroll 1
      for (i64 i = begin + threadIndex(); i < end; i += blockThreads()) {
        const i64 row = i / groupsPerRow;
        const i32 col = static_cast<i32>(i - row * groupsPerRow) * kEight;
        sumEight(p, static_cast<i32>(firstRow + row), col, minimum(kEight, p.cols - col));
      }
    }
    postBlock(p, block);
  }
}

}  // namespace counterpoint
