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
    u32 b[Shape::kColPieces][2];
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
  UnitOrigin origin;

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
    if constexpr (kScaled) {
      origin.begin(of);
    }
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

  template <class Factors>
  static CP_DEVICE void multiplyStep(Sums& sums, Fragments& f, const Factors& of) {
#pragma unroll
    for (i32 row = 0; row < Shape::kRowPieces; row++) {
#pragma unroll
      for (i32 i = 0; i < 4; i++) {
        f.a[row][i] = Input::prepare(f.a[row][i]);
      }
    }
#pragma unroll
    for (i32 col = 0; col < Shape::kColPieces; col++) {
      f.b[col][0] = Input::prepare(f.b[col][0]);
      f.b[col][1] = Input::prepare(f.b[col][1]);
#pragma unroll
      for (i32 i = 0; i < Shape::kRowPieces; i++) {
        // There and back again: neighbouring instructions share a register of A or of B.
        const i32 row = col % 2 == 0 ? i : Shape::kRowPieces - 1 - i;
        multiplyPiece(sums[row][col], f.a[row], f.b[col], of, row);
      }
    }
  }

  static CP_DEVICE void multiplyPiece(
      Sum (&sum)[4], const u32 (&a)[4], const u32 (&b)[2], const NoFactors&, i32) {
    Input::multiply(sum, a, b);
  }

  // Adds up what one instruction multiplies by itself first.
  static CP_DEVICE void multiplyPiece(Sum (&sum)[4],
                                      const u32 (&a)[4],
                                      const u32 (&b)[2],
                                      const PanelFactors<Shape>& of,
                                      i32 row) {
    Sum lower[4] = {};
    Input::multiply(lower, a, b);
#pragma unroll
    for (i32 i = 0; i < 4; i++) {
      sum[i] += lower[i] * of.ofRow[row][i / 2];
    }
  }

  // Sums += A · B over the unit's panels, which `fill` has begun to load.
  CP_DEVICE void multiply(Sums& sums) {
    awaitAsyncCopies<kAhead - 1>();
    __syncthreads();
    if (panels == 0) {
      return;
    }
    if constexpr (kScaled) {
      if (p.aScales != 0) {
        multiplyScaled(sums);
        return;
      }
    }
    multiplyPanels(sums);
  }

  CP_DEVICE void multiplyPanels(Sums& sums) {
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
        multiplyStep(sums, fragments[step % 2], NoFactors{});
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

  // The same with factors of blocks. One set of fragments only, since what factors take in registers
  // is taken from all products of the kernel.
  CP_DEVICE void multiplyScaled(Sums& sums) {
#pragma unroll 1
    for (i32 left = panels; left > 0; left--) {
      if (left > kAhead) {
        copyA(stageAddress(kAhead));
        copyB(stageAddress(kAhead));
      }
      commitAsyncCopies();
      const u32 reading = stageAddress(0);
      const PanelFactors<Shape> of(p, origin, panels - left);
#pragma unroll 1
      for (i32 step = 0; step < kSteps; step++) {
        Fragments fragments;
        load(fragments, reading, step);
        multiplyStep(sums, fragments, of);
      }
      awaitAsyncCopies<kAhead - 1>();
      __syncthreads();
      stage = stage + 1 == Shape::kStages ? 0 : stage + 1;
    }
  }
};

}  // namespace counterpoint
