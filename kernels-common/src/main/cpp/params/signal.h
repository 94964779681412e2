#pragma once
// Parameters of what signals do in stream order.

#include "params/layout.h"
#include "params/wait.h"

namespace counterpoint {

// Raises one word, or the same word at several ranks, to the epoch.
struct alignas(8) SignalSetParams {
  Operation operation;
  u64 words;  // table of u64 addresses, when count is more than 0
  u64 word;   // the word, when count is 0
  u64 epoch;
  i32 count;
  i32 reserved;
};

CP_SIZE(SignalSetParams, 56);
CP_FIELD(SignalSetParams, operation, 0, Operation);
CP_FIELD(SignalSetParams, words, 24, u64);
CP_FIELD(SignalSetParams, word, 32, u64);
CP_FIELD(SignalSetParams, epoch, 40, u64);
CP_FIELD(SignalSetParams, count, 48, i32);
CP_FIELD(SignalSetParams, reserved, 52, i32);

// Adds to one word.
struct alignas(8) SignalAddParams {
  Operation operation;
  u64 word;
  u64 delta;
};

CP_SIZE(SignalAddParams, 40);
CP_FIELD(SignalAddParams, operation, 0, Operation);
CP_FIELD(SignalAddParams, word, 24, u64);
CP_FIELD(SignalAddParams, delta, 32, u64);

// Adds one to a launch counter.
struct alignas(8) EpochAdvanceParams {
  Operation operation;
  u64 epoch;
};

CP_SIZE(EpochAdvanceParams, 32);
CP_FIELD(EpochAdvanceParams, operation, 0, Operation);
CP_FIELD(EpochAdvanceParams, epoch, 24, u64);

// Holds the stream until consecutive words have reached the target.
struct alignas(8) AwaitParams {
  Operation operation;
  u64 words;  // address of the first word
  Target target;
  i32 count;
  i32 array;
  i64 firstWord;  // index of the first word, for the fault record
};

CP_SIZE(AwaitParams, 72);
CP_FIELD(AwaitParams, operation, 0, Operation);
CP_FIELD(AwaitParams, words, 24, u64);
CP_FIELD(AwaitParams, target, 32, Target);
CP_FIELD(AwaitParams, count, 56, i32);
CP_FIELD(AwaitParams, array, 60, i32);
CP_FIELD(AwaitParams, firstWord, 64, i64);

// Tells every rank that this one is here, and waits until all are.
struct alignas(8) BarrierParams {
  Operation operation;
  u64 announce;  // table of u64: this rank's word at each rank
  u64 words;     // this rank's words, one for each rank
  Target target;
  i32 count;
  i32 array;
};

CP_SIZE(BarrierParams, 72);
CP_FIELD(BarrierParams, operation, 0, Operation);
CP_FIELD(BarrierParams, announce, 24, u64);
CP_FIELD(BarrierParams, words, 32, u64);
CP_FIELD(BarrierParams, target, 40, Target);
CP_FIELD(BarrierParams, count, 64, i32);
CP_FIELD(BarrierParams, array, 68, i32);

}  // namespace counterpoint
