#pragma once
// The main loop of those who multiply: wait for a stage, start its products, and give back the
// stage before, whose products are done by then.

#include "mma/descriptor.cuh"
#include "pipeline/block_factors.cuh"
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

  // Warpgroups in relay: one begins a product when the other's is under way, and so multiplies while
  // the other adds. Nothing but time depends on it. `product` counts them, its
  // lowest bit at least.
  CP_DEVICE void awaitRelay(i32 group, u32 product) const {
    if constexpr (Shape::kRelay != kNoRelay) {
      awaitPhase(shared.turn(group), (product ^ (group == 0)) & 1);
    }
  }

  template <Relay HERE>
  CP_DEVICE void passRelay() const {
    if constexpr (Shape::kRelay == HERE) {
      __syncwarp();
      if (threadIdx.x % kWarp == 0) {
        arrive(shared.turn(1 - placeInTeam()));
      }
    }
  }

  // Of this warpgroup. Computed anew each time, so that it need not be held beside the sums.
  CP_DEVICE static i32 placeInTeam() {
    return Shape::kTurns ? 0 : static_cast<i32>(static_cast<u32>(threadAnew()) / kWarpgroup) - 1;
  }

  // Starts products of one piece and part with a stage: COUNT steps of its K from FIRST on. `add`
  // is false to begin anew, `member` the warpgroup's place in its team.
  template <i32 FIRST = 0, i32 COUNT = kSteps>
  CP_DEVICE void start(Sum (&sums)[Shape::kSumsEach],
                       i32 member,
                       i32 stage,
                       i32 piece,
                       i32 part,
                       bool add) const {
    const u32 a = shared.stageA(stage);
    const u32 b = shared.stageB(stage);
    const u32 pieceOffset = (member * Shape::kPieces + piece) * kPiece * kPanelBytes;
    const u32 partOffset = part * Shape::kN * kPanelBytes;
    const u64 first = operandDescriptor(
        (Shape::kSwapped ? b : a) + pieceOffset, kEightRows, kFirstAcross ? kSpan : 16);
    const u64 second = operandDescriptor(
        (Shape::kSwapped ? a : b) + partOffset, kEightRows, kSecondAcross ? kSpan : 16);
#pragma unroll
    for (i32 step = FIRST; step < FIRST + COUNT; step++) {
      Instruction::multiply(sums,
                            descriptorBeyond(first, step * kFirstStep),
                            descriptorBeyond(second, step * kSecondStep),
                            add || step > FIRST);
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

  static CP_DEVICE void pinEach(Sum (&sums)[Shape::kSumsEach]) {
#pragma unroll
    for (i32 i = 0; i < Shape::kSumsEach; i++) {
      pin(sums[i]);
    }
  }

  static CP_DEVICE void pinAll(Sums& sums) {
#pragma unroll
    for (i32 piece = 0; piece < Shape::kPieces; piece++) {
#pragma unroll
      for (i32 part = 0; part < Shape::kParts; part++) {
        pinEach(sums[piece][part]);
      }
    }
  }

  // Sums += A · B over the next panels of the ring.
  CP_DEVICE void multiply(Sums& sums, i32 panels) {
    awaitTurn();
    if (panels == 0) {
      passTurn();
    }
    const i32 member = placeInTeam();
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
          start(sums[piece][part], member, at.stage, piece, part, true);
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

  // The same over a turn's share of K, adding up each panel's 128 of K apart and taking it over with
  // full precision, times the factors of its block.
  CP_DEVICE void multiplyTwoLevels(const TileGemmParams& p, i32 index, Sums& sums) {
    static_assert(!Shape::kTurns, "both warpgroups share the tile");
    const PanelRange panels = panelsOf<Shape>(p, splitOf(p, index));
    const Tile tile = turnAt<Shape>(p, forget(index)).unit.tile;
    BlockFactors<Shape> factors(p, tile, placeInTeam());
    if (panels.count == 0) {
      return;
    }
    awaitPhase(shared.full(at.stage), at.parity);
    factors.fetch(panels.first);
    PackedPosition<Shape::kStages> place(at);
    const i32 end = panels.first + panels.count;
#pragma unroll 1
    for (i32 panel = panels.first; panel < end; panel++) {
      awaitPhase(shared.full(place.stage()), place.parity());
#pragma unroll
      for (i32 piece = 0; piece < Shape::kPieces; piece++) {
#pragma unroll
        for (i32 part = 0; part < Shape::kParts; part++) {
          const bool last = piece == Shape::kPieces - 1 && part == Shape::kParts - 1;
          Sum lower[Shape::kSumsEach];
          multiplyApart(lower, place, piece, part);
          passRelay<kFromStart>();
          const typename BlockFactors<Shape>::Taken taken = factors.take(panel, piece, part);
          awaitProducts<1>();
          passRelay<kFromMiddle>();
          awaitProducts<0>();
          pinEach(lower);
          if (last) {
            giveBack(place.stage());
          }
#pragma unroll
          for (i32 i = 0; i < Shape::kSumsEach; i++) {
            sums[piece][part][i] += lower[i] * taken.of(i);
          }
        }
      }
      place.advance();
      // Behind the last use of those before, and a product ahead of the first of these.
      if (panel % kAhead == kAhead - 1) {
        factors.fetch(panel + 1);
      }
    }
    at = place.unpacked();
  }

  // Starts one piece and part in two groups, so that the middle can be awaited.
  CP_DEVICE void multiplyApart(Sum (&lower)[Shape::kSumsEach],
                               const PackedPosition<Shape::kStages>& place,
                               i32 piece,
                               i32 part) const {
    // Products are counted by the ring, since registers are dear here.
    static_assert(Shape::kRelay == kNoRelay || Shape::kStages * Shape::kPieces * Shape::kParts % 2 == 0,
                  "odd and even products take turns where the ring begins anew, too");
    const i32 member = placeInTeam();
    awaitRelay(member, (place.stage() * Shape::kPieces + piece) * Shape::kParts + part);
#pragma unroll
    for (i32 i = 0; i < Shape::kSumsEach; i++) {
      leaveUndefined(lower[i]);
    }
    beginProducts();
    start<0, kSteps / 2>(lower, member, place.stage(), piece, part, false);
    commitProducts();
    start<kSteps / 2, kSteps / 2>(lower, member, place.stage(), piece, part, true);
    commitProducts();
  }
};

}  // namespace counterpoint
