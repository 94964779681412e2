#pragma once
// What every bounded wait needs, and what it leaves behind when it expires.

#include "params/layout.h"

namespace counterpoint {

enum WaitSite : i32 {
  kGate = 1,
  kClearance = 2,
  kAwait = 3,
  kBarrier = 4,
  kReduceGate = 5,
  kPart = 6
};

// What a wait that expired was waiting for; in memory that the host reads while kernels run, one
// for each rank.
struct alignas(8) FaultRecord {
  u32 state;  // 0: nothing yet; 1: the rest is complete
  i32 kind;   // 1: a wait expired
  i32 rank;
  i32 operation;  // as given by the parameter block of the kernel
  i32 site;       // WaitSite: what the kernel was about to do
  i32 array;      // id of the signal array
  i64 word;       // index in the array
  i64 tile;       // tile, block or -1
  i64 seen;
  i64 wanted;
  i64 elapsedNanos;
  i64 reserved;
};

CP_SIZE(FaultRecord, 72);
CP_FIELD(FaultRecord, state, 0, u32);
CP_FIELD(FaultRecord, kind, 4, i32);
CP_FIELD(FaultRecord, rank, 8, i32);
CP_FIELD(FaultRecord, operation, 12, i32);
CP_FIELD(FaultRecord, site, 16, i32);
CP_FIELD(FaultRecord, array, 20, i32);
CP_FIELD(FaultRecord, word, 24, i64);
CP_FIELD(FaultRecord, tile, 32, i64);
CP_FIELD(FaultRecord, seen, 40, i64);
CP_FIELD(FaultRecord, wanted, 48, i64);
CP_FIELD(FaultRecord, elapsedNanos, 56, i64);
CP_FIELD(FaultRecord, reserved, 64, i64);

// One for each rank and world, in that rank's memory, constant while the world lives.
struct alignas(8) WaitContext {
  u64 record;      // FaultRecord of this rank, host-visible
  u64 claim;       // u32: 0 until the record is taken
  u64 localAbort;  // u32 in this rank's memory: not 0 once the world has failed
  u64 hostAbort;   // u32 that the host reads and may raise; 0 for none
  u64 peerAborts;  // table of u64: localAbort of the other ranks that can be written from here
  i32 peerAbortCount;
  i32 rank;
  i64 timeoutNanos;
  i64 reserved;
};

CP_SIZE(WaitContext, 64);
CP_FIELD(WaitContext, record, 0, u64);
CP_FIELD(WaitContext, claim, 8, u64);
CP_FIELD(WaitContext, localAbort, 16, u64);
CP_FIELD(WaitContext, hostAbort, 24, u64);
CP_FIELD(WaitContext, peerAborts, 32, u64);
CP_FIELD(WaitContext, peerAbortCount, 40, i32);
CP_FIELD(WaitContext, rank, 44, i32);
CP_FIELD(WaitContext, timeoutNanos, 48, i64);
CP_FIELD(WaitContext, reserved, 56, i64);

// What a word must have reached: perEpoch times the epoch, plus the offset.
struct alignas(8) Target {
  u64 epoch;  // launch counter of this rank: u64
  i64 perEpoch;
  i64 offset;
};

CP_SIZE(Target, 24);
CP_FIELD(Target, epoch, 0, u64);
CP_FIELD(Target, perEpoch, 8, i64);
CP_FIELD(Target, offset, 16, i64);

// Who runs: names the culprit in a fault record, and tells a kernel that the world has failed.
struct alignas(8) Operation {
  u64 context;    // WaitContext; 0 for a kernel that runs alone and waits for nothing
  u64 abort;      // localAbort once more, so that a kernel sees it by one load; 0 for none
  i32 operation;  // id of the plan's operation; the host knows its label
  i32 reserved;
};

CP_SIZE(Operation, 24);
CP_FIELD(Operation, context, 0, u64);
CP_FIELD(Operation, abort, 8, u64);
CP_FIELD(Operation, operation, 16, i32);
CP_FIELD(Operation, reserved, 20, i32);

}  // namespace counterpoint
