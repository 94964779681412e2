#pragma once
// Everything in a block's shared memory, by address: the ring of stages, the way out (outboxes, or
// a patch for each multiplying warp to turn its sums around in), barriers, and a few words.

#include "mma/shape.cuh"
#include "ptx/mbarrier.cuh"

namespace counterpoint {

// Sixteen rows of 128 bytes, or as much of 32-bit sums, padded so that nothing conflicts; see
// epilogue/patch.cuh.
constexpr i32 kPatchBytes = 2304;

template <class Shape>
struct SharedLayout {
  // From row to row of an outbox: sixteen bytes more than a row of 16-bit elements, so that eight
  // rows of a column fall into different banks.
  static constexpr i32 kOutboxPitch = Shape::kCols * 2 + 16;
  static constexpr i32 kOutboxBytes = Shape::kShare * kOutboxPitch;
  static constexpr i32 kWayOut = Shape::kStages * Shape::kStageBytes;
  static constexpr i32 kFull = kWayOut + (Shape::kOutboxes == 0 ? kGroups * 4 * kPatchBytes
                                                                : Shape::kOutboxes * kOutboxBytes);
  static constexpr i32 kEmpty = kFull + Shape::kStages * kBarrierBytes;
  // Barriers and words of two teams, or two warpgroups, whether there are two or not: what the host
  // computes depends on fewer things.
  static constexpr i32 kCleared = kEmpty + Shape::kStages * kBarrierBytes;
  static constexpr i32 kStored = kCleared + kGroups * kBarrierBytes;
  static constexpr i32 kTurn = kStored + kGroups * kBarrierBytes;
  static constexpr i32 kBoxFree = kTurn + kGroups * kBarrierBytes;
  static constexpr i32 kFailed = kBoxFree + kGroups * kBarrierBytes;
  static constexpr i32 kLast = kFailed + 4;
  static constexpr i32 kEnd = kLast + kGroups * 2 * 4;
  // What the host asks for: whole multiples, so that the manifest is easy to compute.
  static constexpr i32 kBytes = (kEnd + 127) / 128 * 128;
  static_assert(kBytes <= 227 * 1024, "fits the shared memory that a block of SM90 may have");
  static_assert(Shape::kStageBytes % 1024 == 0, "the swizzle's pattern repeats every 1024 bytes");

  u32 base;

  CP_DEVICE u32 stageA(i32 stage) const { return base + stage * Shape::kStageBytes; }
  CP_DEVICE u32 stageB(i32 stage) const { return stageA(stage) + Shape::kABytes; }
  // All bytes of a stage have arrived; all who read a stage have done so.
  CP_DEVICE u32 full(i32 stage) const { return base + kFull + stage * kBarrierBytes; }
  CP_DEVICE u32 empty(i32 stage) const { return base + kEmpty + stage * kBarrierBytes; }
  // A team may store its tile; a team has stored its tile.
  CP_DEVICE u32 cleared(i32 team) const { return base + kCleared + team * kBarrierBytes; }
  CP_DEVICE u32 stored(i32 team) const { return base + kStored + team * kBarrierBytes; }
  // A warpgroup may go on with the ring where the other has left off; or, where both share a tile,
  // may begin its product, since the other is in the middle of its own.
  CP_DEVICE u32 turn(i32 group) const { return base + kTurn + group * kBarrierBytes; }
  // A warpgroup of the team may fill its outbox.
  CP_DEVICE u32 boxFree(i32 member) const { return base + kBoxFree + member * kBarrierBytes; }
  // Not 0: from now on nothing may be stored or posted.
  CP_DEVICE u32 failed() const { return base + kFailed; }
  // Not 0: the team's tile of this turn is complete, that is, it was the last split of it to
  // arrive. Of two turns, since a clerk may be one behind.
  CP_DEVICE u32 last(i32 team, i32 turn) const { return base + kLast + (team * 2 + turn % 2) * 4; }
  CP_DEVICE u32 patch(i32 warp) const { return base + kWayOut + warp * kPatchBytes; }
  CP_DEVICE u32 outbox(i32 member) const { return base + kWayOut + member * kOutboxBytes; }
};

// A position in the ring: a stage, and the parity of how often the ring has been gone round.
template <i32 STAGES>
struct RingPosition {
  i32 stage = 0;
  u32 parity = 0;

  CP_DEVICE void advance() {
    if (++stage == STAGES) {
      stage = 0;
      parity ^= 1;
    }
  }
  CP_DEVICE void advance(i32 panels) {
    const i32 at = stage + panels;
    parity ^= at / STAGES & 1;
    stage = at % STAGES;
  }
};

// The same in one register.
template <i32 STAGES>
struct PackedPosition {
  u32 word;  // twice the stage, plus the parity

  CP_DEVICE explicit PackedPosition(const RingPosition<STAGES>& at)
      : word(static_cast<u32>(at.stage) * 2 + at.parity) {}
  CP_DEVICE RingPosition<STAGES> unpacked() const { return {stage(), parity()}; }

  CP_DEVICE i32 stage() const { return static_cast<i32>(word / 2); }
  CP_DEVICE u32 parity() const { return word % 2; }

  CP_DEVICE void advance() {
    word += 2;
    if (word >= 2 * STAGES) {
      word = parity() ^ 1;
    }
  }
};

}  // namespace counterpoint
