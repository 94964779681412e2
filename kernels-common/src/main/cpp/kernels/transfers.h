#pragma once
// Copies by compute units: put (one row or many, with a signal behind it), unpack, fill.

#include "copy/rectangle.h"
#include "params/transfer.h"
#include "schedule/tile.h"
#include "signal/fault.h"
#include "signal/post.h"

namespace counterpoint {

CP_DEVICE i64 gridThread() {
  return static_cast<i64>(blockIndex()) * blockThreads() + threadIndex();
}
CP_DEVICE i64 gridThreads() {
  return static_cast<i64>(blockCount()) * blockThreads();
}

// The last block to finish raises the signal: then all bytes of all blocks are there.
CP_DEVICE void put(const PutParams& p) {
  if (syncAny(hasFailed(p.operation))) {
    return;
  }
  const Rectangle bytes{p.source, p.target, p.sourcePitch, p.targetPitch, p.rowBytes, p.rows};
  copyRectangle(bytes, gridThread(), gridThreads());
  if (p.signal != 0) {
    syncBeforeSignal();
    if (threadIndex() == 0 && arriveLast(p.arrivals, blockCount())) {
      raiseSignal(p.signal, loadPlain<u64>(p.epoch));
    }
  }
}

// One tile to a block at a time.
CP_DEVICE void unpack(const UnpackParams& p) {
  if (syncAny(hasFailed(p.operation))) {
    return;
  }
  const Grid grid{p.rows, p.cols, p.rowsPerShard, p.tileRowsPerShard, p.tileColumns};
  const i64 packedPitch = static_cast<i64>(p.tileCols) * p.elementBytes;
  const i64 outputPitch = p.outputStride * p.elementBytes;
  const i32 tiles = p.shards * p.tileRowsPerShard * p.tileColumns;
  for (i32 id = blockIndex(); id < tiles; id += blockCount()) {
    const Tile tile = tileOf(grid, p.tileRows, p.tileCols, id);
    const i32 slot = tableEntry(p.slots, id);
    if (tile.rows <= 0 || slot < 0) {
      continue;
    }
    const Rectangle elements{
        p.packed + slot * (packedPitch * p.tileRows),
        p.output + tile.firstRow * outputPitch + tile.firstCol * p.elementBytes,
        packedPitch,
        outputPitch,
        static_cast<i64>(tile.cols) * p.elementBytes,
        tile.rows};
    copyRectangle(elements, threadIndex(), blockThreads());
  }
}

CP_DEVICE void fill(const FillParams& p) {
  if (syncAny(hasFailed(p.operation))) {
    return;
  }
  const u32 four = (p.value & 0xff) * 0x01010101u;
  const Vector16 sixteen{{four, four, four, four}};
  // Bytes up to the first multiple of sixteen, vectors, and the bytes behind them.
  const i64 head = minimum(p.bytes, static_cast<i64>(-p.target & 15));
  const i64 vectors = (p.bytes - head) / 16;
  const i64 tail = head + vectors * 16;
  for (i64 i = gridThread(); i < vectors; i += gridThreads()) {
    storeVector(p.target + head + i * 16, sixteen);
  }
  for (i64 i = gridThread(); i < head; i += gridThreads()) {
    storePlain<u8>(p.target + i, static_cast<u8>(four));
  }
  for (i64 i = tail + gridThread(); i < p.bytes; i += gridThreads()) {
    storePlain<u8>(p.target + i, static_cast<u8>(four));
  }
}

}  // namespace counterpoint
