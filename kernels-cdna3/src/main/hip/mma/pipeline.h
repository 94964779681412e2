#pragma once
// The main loop: a ring of stages in LDS, filled STAGES − 1 panels ahead, and two sets of fragments
// in registers, loaded one step ahead.

#include "amdgcn/mma.h"
#include "copy/panel_copy.h"
#include "mma/fragments.h"
#include "mma/operands.h"
#include "mma/tile_shape.h"

namespace counterpoint {

template <class Sum, i32 COUNT>
struct SumsOf {
  using Type = Sum __attribute__((ext_vector_type(COUNT)));
};

template <bool FIRST, class A, class B>
struct Choice {
  using Type = A;
};
template <class A, class B>
struct Choice<false, A, B> {
  using Type = B;
};

template <class Input, bool WEIGHTS_ALONG_K, class Shape>
struct Pipeline {
  using Piece = typename SumsOf<typename Input::Sum, kSumsOf<Shape::kMma>>::Type;
  using Sums = Piece[Shape::kRowPieces][Shape::kColPieces];
  using PanelA = AlongK<Shape::kRows>;
  using PanelB = AlongK<Shape::kCols>;
  template <class Panel>
  using CopierAlongK = typename Choice<Input::kConverts,
                                       ConvertingCopier<Input, Panel, Shape::kThreads>,
                                       DirectCopier<Input, Panel, Shape::kThreads>>::Type;
  using CopierA = CopierAlongK<PanelA>;
  using CopierB = typename Choice<WEIGHTS_ALONG_K,
                                  CopierAlongK<PanelB>,
                                  TransposingCopier<Input, PanelB, Shape::kThreads>>::Type;
  static constexpr bool kScaled = false;  // no factors of blocks
  static constexpr i32 kPanelK = kPanelBytes / Input::kBytes;
  static constexpr i32 kAhead = Shape::kStages - 1;
  // Loads past the registers that may be under way while a panel is awaited.
  static constexpr i32 kLater = (kAhead - 1) * (CopierA::kAsync + CopierB::kAsync);

  struct Fragments {
    typename Input::Fragment a[Shape::kRowPieces];
    typename Input::Fragment b[Shape::kColPieces];
  };

  RowLayout layoutA;
  RowLayout layoutB;
  CopierA copierA;
  CopierB copierB;
  AlongKReader<PanelA, Shape> readerA;
  AlongKReader<PanelB, Shape> readerB;
  u32 shared;
  i32 stage;   // the next to be read
  i32 panels;  // of the unit

  CP_DEVICE Pipeline(const RowLayout& a, const RowLayout& b, u32 sharedMemory)
      : layoutA(a),
        layoutB(b),
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

  CP_DEVICE void start(u32 target) {
    copierA.start(target, layoutA);
    copierB.start(target + PanelA::kBytes, layoutB);
  }

  CP_DEVICE void finish(u32 target) {
    copierA.finish(target);
    copierB.finish(target + PanelA::kBytes);
  }

  // Starts the loads of a unit's first panels.
  CP_DEVICE void fill(const Operands& of) {
    copierA.begin(of.a, layoutA, of.aRows, of.aRowBytes);
    copierB.begin(of.b, layoutB, of.bRows, of.bRowBytes);
    panels = of.panels;
#pragma unroll 1
    for (i32 ahead = 0; ahead < minimum(kAhead, panels); ahead++) {
      start(stageAddress(ahead));
      finish(stageAddress(ahead));
    }
  }

  // The next panel to be read is there, and the stage read last is free. `later` panels come
  // behind, of which kAhead - 1 have been begun.
  CP_DEVICE void awaitPanel(i32 later) const {
    if (later >= kAhead - 1) {
      awaitVectorMemory<kLater>();
    } else {
      awaitVectorMemory<0>();
    }
    syncBlock();
  }

  CP_DEVICE void load(Fragments& f, u32 at, i32 step) const {
#pragma unroll
    for (i32 piece = 0; piece < Shape::kRowPieces; piece++) {
      f.a[piece] = Input::prepare(readerA.load(at, piece, step));
    }
#pragma unroll
    for (i32 piece = 0; piece < Shape::kColPieces; piece++) {
      f.b[piece] = Input::prepare(readerB.load(at + PanelA::kBytes, piece, step));
    }
  }

  static CP_DEVICE void multiplyStep(Sums& sums, const Fragments& f) {
#pragma unroll
    for (i32 row = 0; row < Shape::kRowPieces; row++) {
#pragma unroll
      for (i32 col = 0; col < Shape::kColPieces; col++) {
        Input::multiply(sums[row][col], f.b[col], f.a[row]);
      }
    }
  }

  // Sums += A · B over the unit's panels, which `fill` has begun to load. In each round a panel is
  // awaited, and the one that the freed stage will hold is begun; while the first fragments come,
  // the last step of the panel before is multiplied.
  CP_DEVICE void multiply(Sums& sums) {
    Fragments fragments[2];
#pragma unroll 1
    for (i32 panel = 0; panel < panels; panel++) {
      const bool more = panel + kAhead < panels;
      awaitPanel(panels - 1 - panel);
      const u32 reading = stageAddress(0);
      load(fragments[0], reading, 0);
      if (more) {
        start(spareStage());
      }
      if (panel > 0) {
        multiplyStep(sums, fragments[1]);
      }
#pragma unroll
      for (i32 step = 1; step < Shape::kSteps; step++) {
        load(fragments[step % 2], reading, step);
        multiplyStep(sums, fragments[(step + 1) % 2]);
      }
      if (more) {
        finish(spareStage());
      }
      if constexpr (Shape::kSteps % 2 == 1) {
        fragments[1] = fragments[0];
      }
      stage = stage + 1 == Shape::kStages ? 0 : stage + 1;
    }
    if (panels > 0) {
      multiplyStep(sums, fragments[1]);
    }
  }
};

}  // namespace counterpoint
