#pragma once
// The one GEMM: a persistent loop over units of work with four hooks. Read `run` top to bottom,
// then what it calls. How tiles are loaded, multiplied and stored is the vendor's: its Engine names
//
//   Input, Shape, Pipe      the input type, the shape of a tile and the main loop
//   kWeightsAlongK          whether B lies as [N, K]
//   pipe(params, shared)    a main loop for these operands, in this shared memory
//   store(p, tile, to, sums, pipe)    the way out of a whole tile, by all threads

#include "epilogue/split.h"
#include "mma/operands.h"
#include "schedule/gate.h"
#include "signal/post.h"

namespace counterpoint {

// Of a split of K: equal shares, and one more for the first few.
template <i32 PANEL_K>
CP_DEVICE i32 firstPanelOf(const TileGemmParams& p, i32 split) {
  const i32 panels = p.k / PANEL_K + (p.k % PANEL_K != 0);
  const i32 share = panels / p.splits;
  const i32 more = panels - share * p.splits;
  return share * split + minimum(split, more);
}

// The rectangles of A and B that a unit multiplies, and its share of K. Bytes of one row of K are
// counted in 32 bits (Java refuses longer rows).
template <class Input, i32 PANEL_K, bool ALONG_K>
CP_DEVICE Operands operandsOf(const TileGemmParams& p, const Unit& unit) {
  constexpr i32 kPanelK = PANEL_K;
  constexpr i32 kPanelBytes = PANEL_K * Input::kBytes;
  const i32 first = firstPanelOf<PANEL_K>(p, unit.split);
  const i32 end = firstPanelOf<PANEL_K>(p, unit.split + 1);
  Operands of;
  of.a = p.a + unit.tile.firstRow * p.aStride * Input::kBytes + first * kPanelBytes;
  of.aRows = unit.tile.rows;
  of.aRowBytes = p.k * Input::kBytes - first * kPanelBytes;
  if constexpr (ALONG_K) {
    of.b = p.b + unit.tile.firstCol * p.bStride * Input::kBytes + first * kPanelBytes;
    of.bRows = unit.tile.cols;
    of.bRowBytes = of.aRowBytes;
  } else {
    const i32 firstK = first * kPanelK;
    of.b = p.b + (firstK * p.bStride + unit.tile.firstCol) * Input::kBytes;
    of.bRows = p.k - firstK;
    of.bRowBytes = unit.tile.cols * Input::kBytes;
  }
  of.panels = end - first;
  return of;
}

// Spans are written as they happen, so that tracing costs no registers.
CP_DEVICE void traceTime(const TileGemmParams& p, i32 unit, i32 fieldOffset) {
  if (p.trace != 0 && threadIndex() == 0) {
    storePlain<u64>(p.trace + unit * static_cast<i64>(sizeof(TileSpan)) + fieldOffset,
                    globalNanos());
  }
}

CP_DEVICE void traceEnd(const TileGemmParams& p, const Unit& unit) {
  traceTime(p, unit.index, CP_OFFSET(TileSpan, endNanos));
  if (p.trace != 0 && threadIndex() == 0) {
    auto* span = reinterpret_cast<TileSpan*>(p.trace) + unit.index;
    span->tile = unit.tile.id;
    span->multiprocessor = static_cast<i32>(multiprocessor());
  }
}

// Fourth hook, by all threads: everything the block stored is there before the word grows.
CP_DEVICE void postTile(const TileGemmParams& p, const Unit& unit) {
  if (p.postIndex == 0) {
    return;
  }
  syncBeforeSignal();
  if (threadIndex() == 0) {
    const i32 word = tableEntry(p.postIndex, unit.tile.id);
    if (word >= 0) {
      postOne(addressEntry(p.postWords, unit.tile.shard), word);
      traceTime(p, unit.index, CP_OFFSET(TileSpan, postedNanos));
    }
  }
}

template <class Engine>
struct TileGemm {
  using Input = typename Engine::Input;
  using Shape = typename Engine::Shape;
  using Pipe = typename Engine::Pipe;
  using Sum = typename Input::Sum;
  const TileGemmParams& p;
  Pipe pipeline;

  CP_DEVICE TileGemm(const TileGemmParams& params, u32 shared)
      : p(params), pipeline(Engine::pipe(params, shared)) {}

  CP_DEVICE i32 indexFrom(i32 index) const {
    return nextIndex(p, Shape::kRows, Shape::kCols, index);
  }

  CP_DEVICE Unit unitOf(i32 index) const { return unitAt(p, Shape::kRows, Shape::kCols, index); }

  CP_DEVICE void fill(const Unit& unit) {
    traceTime(p, unit.index, CP_OFFSET(TileSpan, startNanos));
    pipeline.fill(operandsOf<Input, Pipe::kPanelK, Engine::kWeightsAlongK>(p, unit));
  }

  // Waits for a unit's gate and begins to load it. False: leave.
  CP_DEVICE bool begin(i32 index) {
    const Unit unit = unitOf(index);
    traceTime(p, index, CP_OFFSET(TileSpan, waitNanos));
    if (!awaitGate(p, unit)) {
      return false;
    }
    fill(unit);
    return true;
  }

  // Begins to load a unit if its gate is open already. Also the barrier after which the stages of
  // the unit before may be overwritten.
  CP_DEVICE bool beginEarly(i32 index) {
    if (index < 0) {
      syncBlock();
      return false;
    }
    const Unit unit = unitOf(index);
    if (!gateIsOpen(p, unit)) {
      return false;
    }
    traceTime(p, index, CP_OFFSET(TileSpan, waitNanos));
    fill(unit);
    return true;
  }

  CP_DEVICE void multiply(typename Pipe::Sums& sums, i32 index) {
    if constexpr (Pipe::kScaled) {
      if (p.aScales != 0) {
        // The unit is computed anew, so that nobody else holds it.
        const Unit unit = unitOf(forget(index));
        const i32 panel = firstPanelOf<Pipe::kPanelK>(p, unit.split);
        pipeline.multiplyScaled(sums, UnitOrigin{unit.tile.firstRow, unit.tile.firstCol, panel});
        return;
      }
    }
    pipeline.multiply(sums);
  }

  // Waits for permission, stores, posts; with split K, only the last block of a tile. False: leave.
  CP_DEVICE bool finish(const Unit& unit, const typename Pipe::Sums& sums) {
    const bool split = p.splits > 1;
    if (!split && !awaitClearance(p, unit.tile)) {
      return false;
    }
    const Destination to = destinationOf<Shape>(p, unit.tile);
    Engine::store(p,
                  unit.tile,
                  split ? partialOf<Shape, Sum>(p, unit.tile.id, unit.split) : to,
                  sums,
                  pipeline);
    if (split) {
      if (!isLastSplit(p, unit.tile)) {
        traceEnd(p, unit);
        return true;
      }
      if (!awaitClearance(p, unit.tile)) {
        return false;
      }
      storeSumOfSplits<Shape, Sum>(p, unit.tile, to);
    }
    traceEnd(p, unit);
    postTile(p, unit);
    return true;
  }

  CP_DEVICE void run() {
    // The flag is asked for here and looked at behind the first loads.
    const bool failed = hasFailed(p.operation);
    i32 index = indexFrom(firstUnit());
    bool begun = false;
    bool checked = false;
    while (index >= 0) {
      if (!begun && !begin(index)) {
        return;
      }
      if (!checked && syncAny(failed)) {
        return;
      }
      checked = true;

      // Multiply.
      typename Pipe::Sums sums = {};
      multiply(sums, index);
      traceTime(p, index, CP_OFFSET(TileSpan, computedNanos));

      // If the next unit may be read already, its loads run behind this one's epilogue; if not,
      // this one is finished first, since someone may wait for it.
      index = forget(index);
      const i32 next = indexFrom(index + blockCount());
      begun = beginEarly(next);

      // Finish.
      const Unit unit = unitOf(index);
      if (!finish(unit, sums)) {
        return;
      }
      index = next;
    }
  }
};

}  // namespace counterpoint
