#pragma once
// The main loop of those who multiply: wait for a stage, start its products, and give back the
// stage before, whose products are done by then.

#include "mma/descriptor.cuh"
#include "pipeline/shared_layout.cuh"
#include "ptx/cluster.cuh"
#include "ptx/wgmma.cuh"

namespace counterpoint {

template <class Shape>
struct Multiplier {
  using Input = typename Shape::Input;
  using Sum = typename Shape::Sum;
  using Sums = typename Shape::Sums;
  // Which of the two operands lies across K: the weights, or none.
  static constexpr i32 kFirstAcross = Shape::kAcross && Shape::kSwapped;
  static constexpr i32 kSecondAcross = Shape::kAcross && !Shape::kSwapped;
  using Instruction = Wgmma<Input, Shape::kN, kFirstAcross, kSecondAcross>;
  static constexpr u32 kEightRows = 8 * kPanelBytes;
  static constexpr u32 kSpan = 64 * kPanelBytes;  // 64 k of 64 elements: one box across K
  // From one instruction's K to the next: along a row, or sixteen rows further.
  static constexpr u32 kFirstStep = kFirstAcross ? 16 * kPanelBytes : kStepBytes;
  static constexpr u32 kSecondStep = kSecondAcross ? 16 * kPanelBytes : kStepBytes;

  SharedLayout<Shape> shared;
  i32 member;  // place of this warpgroup in its team
  i32 team;
  RingPosition<Shape::kStages> at;
  u32 turnParity = 0;

  // Teams that take turns: one may look at the ring only when the other has seen all that comes
  // before its part complete. A wait tells phases apart by parity alone, so a team that came early
  // by a whole round would take the round before last for the one it wants.
  CP_DEVICE void awaitTurn() {
    if constexpr (Shape::kTurns) {
      // Team 0 begins without being asked.
      awaitPhase(shared.turn(team), turnParity ^ (team == 0));
      turnParity ^= 1;
    }
  }

  // By every lane of every warp: none may be left behind, waiting for a turn that has been passed
  // on and come back.
  CP_DEVICE void passTurn() const {
    if constexpr (Shape::kTurns) {
      __syncwarp();
      if (threadIdx.x % kWarp == 0) {
        arrive(shared.turn(1 - team));
      }
    }
  }

  // Starts all products of one piece and part with the current stage; `add` false to begin anew.
  CP_DEVICE void start(Sum (&sums)[Shape::kSumsEach], i32 piece, i32 part, bool add) const {
    const u32 a = shared.stageA(at.stage);
    const u32 b = shared.stageB(at.stage);
    const u32 pieceOffset = (member * Shape::kPieces + piece) * kPiece * kPanelBytes;
    const u32 partOffset = part * Shape::kN * kPanelBytes;
    const u64 first = operandDescriptor(
        (Shape::kSwapped ? b : a) + pieceOffset, kEightRows, kFirstAcross ? kSpan : 16);
    const u64 second = operandDescriptor(
        (Shape::kSwapped ? a : b) + partOffset, kEightRows, kSecondAcross ? kSpan : 16);
#pragma unroll
    for (i32 step = 0; step < kSteps; step++) {
      Instruction::multiply(sums,
                            descriptorBeyond(first, step * kFirstStep),
                            descriptorBeyond(second, step * kSecondStep),
                            add || step > 0);
    }
  }

  // Each warp tells every block of the cluster, since any of them may have loaded the stage.
  CP_DEVICE void giveBack(i32 stage) const {
    const u32 lane = threadIdx.x % kWarp;
    if constexpr (Shape::kCluster == 1) {
      if (lane == 0) {
        arrive(shared.empty(stage));
      }
    } else if (lane < Shape::kCluster) {
      arriveCluster(clusterAddress(shared.empty(stage), lane));
    }
  }

  static CP_DEVICE void pinAll(Sums& sums) {
#pragma unroll
    for (i32 piece = 0; piece < Shape::kPieces; piece++) {
#pragma unroll
      for (i32 part = 0; part < Shape::kParts; part++) {
#pragma unroll
        for (i32 i = 0; i < Shape::kSumsEach; i++) {
          pin(sums[piece][part][i]);
        }
      }
    }
  }

  CP_DEVICE void multiply(Sums& sums, i32 panels) {
    awaitTurn();
    if (panels == 0) {
      passTurn();
    }
    if constexpr (Input::kTwoLevels) {
      multiplyTwoLevels(sums, panels);
    } else {
      multiplyOneLevel(sums, panels);
    }
  }

  // Sums += A · B over the next panels of the ring.
  CP_DEVICE void multiplyOneLevel(Sums& sums, i32 panels) {
    i32 before = 0;
    pinAll(sums);
#pragma unroll 1
    for (i32 panel = 0; panel < panels; panel++) {
      awaitPhase(shared.full(at.stage), at.parity);
      beginProducts();
#pragma unroll
      for (i32 piece = 0; piece < Shape::kPieces; piece++) {
#pragma unroll
        for (i32 part = 0; part < Shape::kParts; part++) {
          start(sums[piece][part], piece, part, true);
        }
      }
      commitProducts();
      if (panel == panels - 1) {
        passTurn();
      }
      awaitProducts<1>();
      if (panel > 0) {
        giveBack(before);
      }
      before = at.stage;
      at.advance();
    }
    awaitProducts<0>();
    pinAll(sums);
    if (panels > 0) {
      giveBack(before);
    }
  }

  // The same, adding up each panel's 128 of K apart and taking it over with full precision.
  CP_DEVICE void multiplyTwoLevels(Sums& sums, i32 panels) {
#pragma unroll 1
    for (i32 panel = 0; panel < panels; panel++) {
      awaitPhase(shared.full(at.stage), at.parity);
      if (panel == panels - 1) {
        passTurn();
      }
#pragma unroll
      for (i32 piece = 0; piece < Shape::kPieces; piece++) {
#pragma unroll
        for (i32 part = 0; part < Shape::kParts; part++) {
          Sum lower[Shape::kSumsEach] = {};
#pragma unroll
          for (i32 i = 0; i < Shape::kSumsEach; i++) {
            pin(lower[i]);
          }
          beginProducts();
          start(lower, piece, part, false);
          commitProducts();
          awaitProducts<0>();
#pragma unroll
          for (i32 i = 0; i < Shape::kSumsEach; i++) {
            pin(lower[i]);
            sums[piece][part][i] += lower[i];
          }
        }
      }
      giveBack(at.stage);
      at.advance();
    }
  }
};

}  // namespace counterpoint
