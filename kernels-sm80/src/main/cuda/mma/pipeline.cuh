#pragma once
// The main loop: a ring of stages in shared memory, filled asynchronously STAGES − 1 panels ahead,
// and two sets of fragments in registers, loaded one step ahead.

#include "copy/panel_copy.cuh"
#include "mma/block_factors.cuh"
#include "mma/fragments.cuh"
#include "mma/operands.h"
#include "mma/tile_shape.cuh"
#include "ptx/mma.cuh"

namespace counterpoint {

template <class Input, template <i32, i32, i32> class Layout, class Shape>
struct Pipeline {
  using Sum = typename Input::Sum;
  using Sums = Sum[Shape::kRowPieces][Shape::kColPieces][4];
  using Weights = Layout<Shape::kColPieces, Shape::kCols, Input::kBytes>;
  using PanelA = AlongK<Shape::kRows>;
  using PanelB = typename Weights::Panel;
  static constexpr i32 kPanelK = kPanelBytes / Input::kBytes;
  static constexpr i32 kAhead = Shape::kStages - 1;
  static constexpr i32 kPanelABytes = PanelA::kRows * PanelA::kRowBytes;
  // Only 8-bit floats come with factors for blocks of K.
  static constexpr bool kScaled = Input::kBytes == 1 && Sum(0.5) != Sum(0);
  static_assert(kPanelABytes + PanelB::kRows * PanelB::kRowBytes == Shape::kStageBytes,
                "a stage is one panel of each operand");

  struct Fragments {
    u32 a[Shape::kRowPieces][4];
    u32 b[Shape::kColPieces / 2][2][2];
  };

  const TileGemmParams& p;
  RowLayout layoutA;
  RowLayout layoutB;
  PanelCopier<PanelA, Shape::kThreads> copierA;
  PanelCopier<PanelB, Shape::kThreads> copierB;
  AlongKReader<PanelA, false> readerA;
  Weights readerB;
  u32 shared;
  i32 stage;   // the next to be read
  i32 panels;  // of the unit

  CP_DEVICE Pipeline(const TileGemmParams& params, u32 sharedMemory)
      : p(params),
        layoutA(rowLayout(params.a, params.aStride * Input::kBytes)),
        layoutB(rowLayout(params.b, params.bStride * Input::kBytes)),
        readerA(Shape::warpRow()),
        readerB(Shape::warpCol()),
        shared(sharedMemory),
        stage(0) {}

  CP_DEVICE u32 stageAddress(i32 ahead) const {
    const i32 at = stage + ahead;
    return shared + (at >= Shape::kStages ? at - Shape::kStages : at) * Shape::kStageBytes;
  }

  // Not used from the end of one unit's multiply to the beginning of the next one's.
  CP_DEVICE u32 spareStage() const { return stageAddress(kAhead); }

  CP_DEVICE void copyA(u32 target) {
    copierA.copy(target, layoutA);
    copierA.advanceBytes(kPanelBytes);
  }

  CP_DEVICE void copyB(u32 target) {
    copierB.copy(target + kPanelABytes, layoutB);
    if constexpr (Weights::kAlongK) {
      copierB.advanceBytes(kPanelBytes);
    } else {
      copierB.advanceRows(kPanelK, layoutB.pitch);
    }
  }

  // Starts the loads of a unit's first panels. Every thread commits one group for each panel,
  // whether there is one or not, so that waiting counts groups and not panels.
  CP_DEVICE void fill(const Operands& of) {
    copierA.begin(of.a, layoutA.pitch, of.aRows, of.aRowBytes);
    copierB.begin(of.b, layoutB.pitch, of.bRows, of.bRowBytes);
    panels = of.panels;
#pragma unroll 1
    for (i32 ahead = 0; ahead < kAhead; ahead++) {
      if (ahead < panels) {
        copyA(stageAddress(ahead));
        copyB(stageAddress(ahead));
      }
      commitAsyncCopies();
    }
  }

  CP_DEVICE void load(Fragments& f, u32 at, i32 step) const {
#pragma unroll
    for (i32 piece = 0; piece < Shape::kRowPieces; piece++) {
      readerA.load(f.a[piece], at, piece, step);
    }
    readerB.load(f.b, at + kPanelABytes, step);
  }

  static CP_DEVICE void multiplyStep(Sums& sums, Fragments& f) {
#pragma unroll
    for (i32 row = 0; row < Shape::kRowPieces; row++) {
#pragma unroll
      for (i32 i = 0; i < 4; i++) {
        f.a[row][i] = Input::prepare(f.a[row][i]);
      }
    }
#pragma unroll
    for (i32 col = 0; col < Shape::kColPieces; col++) {
      u32(&b)[2] = f.b[col / 2][col % 2];
      b[0] = Input::prepare(b[0]);
      b[1] = Input::prepare(b[1]);
#pragma unroll
      for (i32 i = 0; i < Shape::kRowPieces; i++) {
        // There and back again: neighbouring instructions share a register of A or of B.
        const i32 row = col % 2 == 0 ? i : Shape::kRowPieces - 1 - i;
        Input::multiply(sums[row][col], f.a[row], b);
      }
    }
  }

  // The same with factors of blocks: what a panel gives is summed by itself first, for sixteen columns
  // at a time. Its steps are a loop, since unrolled they would take more registers than there are.
  CP_DEVICE void multiplyPanelScaled(Sums& sums, u32 at, const UnitOrigin& origin) const {
#pragma unroll
    for (i32 pair = 0; pair < Shape::kColPieces / 2; pair++) {
      Sum lower[Shape::kRowPieces][2][4] = {};
#pragma unroll 1
      for (i32 step = 0; step < kSteps; step++) {
        u32 b[2][2];
        readerB.loadPair(b, at + kPanelABytes, pair, step);
#pragma unroll
        for (i32 row = 0; row < Shape::kRowPieces; row++) {
          u32 a[4];
          readerA.load(a, at, row, step);
          Input::multiply(lower[row][0], a, b[0]);
          Input::multiply(lower[row][1], a, b[1]);
        }
      }
#pragma unroll
      for (i32 row = 0; row < Shape::kRowPieces; row++) {
#pragma unroll
        for (i32 half = 0; half < 2; half++) {
          const f32 factor = blockFactor<Shape>(p, origin, row, half);
#pragma unroll
          for (i32 i = 0; i < 4; i++) {
            const i32 of = 2 * half + i % 2;
            sums[row][2 * pair + i / 2][of] += lower[row][i / 2][of] * factor;
          }
        }
      }
    }
  }

  // Sums += A · B over the unit's panels, which `fill` has begun to load.
  CP_DEVICE void multiply(Sums& sums) {
    awaitAsyncCopies<kAhead - 1>();
    __syncthreads();
    if (panels == 0) {
      return;
    }
    Fragments fragments[2];
    u32 reading = stageAddress(0);
    load(fragments[0], reading, 0);

#pragma unroll 1
    for (i32 left = panels; left > 0; left--) {
      const bool more = left > kAhead;
      const u32 writing = stageAddress(kAhead);
#pragma unroll
      for (i32 step = 0; step < kSteps; step++) {
        if (step == kSteps - 1) {
          // All fragments of this stage are loaded: it may be written again, and the next is read,
          // as soon as everyone's part of it is there. After the last panel this loads what nobody
          // uses, which costs less than asking.
          awaitAsyncCopies<kAhead - 1>();
          __syncthreads();
          stage = stage + 1 == Shape::kStages ? 0 : stage + 1;
          reading = stageAddress(0);
        }
        load(fragments[(step + 1) % 2], reading, (step + 1) % kSteps);
        multiplyStep(sums, fragments[step % 2]);
        // Panels are requested early in a stage, one operand after the other, where only one set of
        // fragments is alive.
        if (step == 0 && more) {
          copyA(writing);
        }
        if (step == 1) {
          if (more) {
            copyB(writing);
          }
          commitAsyncCopies();
        }
      }
    }
  }

  // The same with factors of blocks.
  CP_DEVICE void multiplyScaled(Sums& sums, UnitOrigin origin) {
    awaitAsyncCopies<kAhead - 1>();
    __syncthreads();
#pragma unroll 1
    for (i32 left = panels; left > 0; left--) {
      if (left > kAhead) {
        copyA(stageAddress(kAhead));
        copyB(stageAddress(kAhead));
      }
      commitAsyncCopies();
      multiplyPanelScaled(sums, stageAddress(0), origin);
      awaitAsyncCopies<kAhead - 1>();
      __syncthreads();
      stage = stage + 1 == Shape::kStages ? 0 : stage + 1;
      origin.panel++;
    }
  }
};

}  // namespace counterpoint
