#pragma once
// How one output tile is shared out: a block computes it with one warpgroup that loads and two that
// multiply.
//
// wgmma takes 64 rows of one operand and up to 256 columns of the other. With many rows, the 64 are
// rows of A. With few, the operands change places: the 64 are columns of B, and the rows of A, as
// few as 16, are the instruction's columns.
//
// Both multiplying warpgroups share a tile (kTogether), each with half of the 64-row pieces; or
// each has tiles of its own and they take turns (kInTurns), so that one multiplies while the other
// stores: better where K is short, but tiles are smaller, or half as many registers a thread. With
// two levels of sums they share tiles always, and operands change places where a tile has rows for
// one of them only: a warpgroup that multiplies alone leaves the tensor cores idle while it adds.

#include "mma/input.cuh"
#include "ptx/special.cuh"

namespace counterpoint {

enum Sharing { kTogether, kInTurns };
enum Orientation { kRowsFirst, kColsFirst };

// Two levels of sums: when the other warpgroup may begin its product, so that it multiplies while
// this one adds. Whenever it can, once half of this one's product is done, or once this one's has
// begun.
enum Relay { kNoRelay, kFromMiddle, kFromStart };

constexpr i32 kPanelBytes = 128;  // of K in one stage
constexpr i32 kStepBytes = 32;    // of K in one instruction
constexpr i32 kSteps = kPanelBytes / kStepBytes;
constexpr i32 kPiece = 64;  // rows of the first operand in one instruction
constexpr i32 kWarpgroup = 128;
constexpr i32 kGroups = 2;  // warpgroups that multiply
constexpr i32 kThreads = kWarpgroup * (1 + kGroups);

// A tile leaves through patches, by 16-byte stores of those who computed it (epilogue/patch.cuh);
// or through outboxes, by the copy engine (epilogue/outbox.cuh). An outbox has room for what one
// warpgroup computes of a tile, and each has its own.

// WEIGHTS_ACROSS: B is [K, N], not [N, K]. CLUSTER blocks compute neighbouring tiles and share
// their columns of B where those are the same. OUTBOXES: 0 for patches.
template <class INPUT,
          bool WEIGHTS_ACROSS,
          i32 ROWS,
          i32 COLS,
          i32 STAGES,
          i32 CLUSTER,
          Sharing SHARING,
          Orientation ORIENTATION,
          i32 OUTBOXES,
          Relay RELAY = kFromMiddle>
struct Shape {
  using Input = INPUT;
  using Sum = typename Input::Sum;
  static constexpr i32 kRows = ROWS;
  static constexpr i32 kCols = COLS;
  static constexpr i32 kStages = STAGES;
  static constexpr i32 kCluster = CLUSTER;
  static constexpr bool kAcross = WEIGHTS_ACROSS;
  static constexpr bool kTurns = SHARING == kInTurns && !Input::kTwoLevels;
  static constexpr bool kSwapped =
      ORIENTATION == kColsFirst || (Input::kTwoLevels && ROWS < kPiece * kGroups);
  static constexpr i32 kOutboxes = OUTBOXES;

  // Panels of A and B in one stage. Across K, B comes in boxes of 64 columns, of the last of which
  // a part may be nobody's; there is room for it either way, so that both layouts need the same.
  static constexpr i32 kPanelK = kPanelBytes / Input::kBytes;
  static constexpr i32 kBoxes = (COLS + 63) / 64;
  static constexpr i32 kABytes = ROWS * kPanelBytes;
  static constexpr i32 kBBytes = kBoxes * 64 * kPanelBytes;
  static constexpr i32 kStageBytes = kABytes + kBBytes;
  static constexpr i32 kLoadedBytes = kABytes + (WEIGHTS_ACROSS ? kBBytes : COLS * kPanelBytes);

  // What one warpgroup computes: kPieces × kParts products of 64 × kN.
  static constexpr i32 kFirst = kSwapped ? COLS : ROWS;
  static constexpr i32 kSecond = kSwapped ? ROWS : COLS;
  static constexpr i32 kTeam = kTurns ? 1 : kGroups;  // warpgroups on one tile
  static constexpr i32 kTeams = kGroups / kTeam;
  static constexpr i32 kTeamThreads = kTeam * kWarpgroup;
  static constexpr i32 kPieces = kFirst / kPiece / kTeam;
  static constexpr i32 kShare = kPieces * kPiece;  // rows of the first operand of one warpgroup
  // With two levels of sums there are registers for at most 64 × 128 of the lower one.
  static constexpr i32 kMostN = Input::kTwoLevels ? 128 : 256;
  static constexpr i32 kN = kSecond < kMostN ? kSecond : kMostN;
  static constexpr i32 kParts = kSecond / kN;
  static constexpr i32 kSumsEach = kN / 2;
  static constexpr i32 kSums = kPieces * kParts * kSumsEach;  // registers of a thread
  // Warpgroups multiply and add in opposite phases where products are long enough to be worth it.
  static constexpr Relay kRelay = Input::kTwoLevels && kN == kMostN ? RELAY : kNoRelay;
  using Sums = Sum[kPieces][kParts][kSumsEach];

  static_assert(kFirst % (kPiece * kTeam) == 0, "warpgroups cover the tile in pieces of 64");
  static_assert(kSecond % kN == 0, "instructions cover the other extent");
  static_assert(kSums + (Input::kTwoLevels ? kSumsEach : 0) <= 192,
                "sums and addresses fit the registers that a multiplying thread has");
  static_assert(CLUSTER == 1 || CLUSTER == 2, "one block, or a pair");
  static_assert(!WEIGHTS_ACROSS || Input::kBytes == 2,
                "the tensor core transposes 16-bit types only");
  static_assert(COLS / CLUSTER % 8 == 0 && COLS / CLUSTER <= 256 && ROWS % 8 == 0 && ROWS <= 256,
                "a box of the copy engine, in whole groups of eight rows");
  static_assert(OUTBOXES == 0 || (SHARING == kTogether && ORIENTATION == kRowsFirst),
                "two warpgroups share a tile of which each has rows");
  static_assert(OUTBOXES == 0 || OUTBOXES == kGroups, "an outbox for each warpgroup, or none");
  static_assert(OUTBOXES == 0 || COLS % 32 == 0, "sums are turned around by 32 columns");
};

// The warpgroup of the calling thread among those that multiply, and where it stands in its team.
CP_DEVICE i32 groupOfThread() {
  return static_cast<i32>(threadIdx.x) / kWarpgroup - 1;
}

}  // namespace counterpoint
