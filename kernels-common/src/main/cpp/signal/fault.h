#pragma once
// How a world fails on the device: the first wait that expires describes itself, then everyone
// leaves.

#include "device/primitives.h"
#include "params/wait.h"

namespace counterpoint {

// One thing that is waited for, in words that the fault record repeats.
struct Wanted {
  i64 value;
  i64 word;
  i64 tile;
  i32 array;
  WaitSite site;
};

// Whether the world has failed, as far as this rank's own memory says: what a kernel asks before it
// acts, since an earlier wait of its stream may have been the one that expired.
CP_DEVICE bool hasFailed(const Operation& operation) {
  return operation.abort != 0 && loadRelaxedSystem(operation.abort) != 0;
}

CP_DEVICE void raiseAbort(const WaitContext& context) {
  storeReleaseSystem(context.localAbort, 1);
  if (context.hostAbort != 0) {
    storeReleaseSystem(context.hostAbort, 1);
  }
  for (i32 i = 0; i < context.peerAbortCount; i++) {
    storeReleaseSystem(addressEntry(context.peerAborts, i), 1);
  }
}

// The claim makes the first record the only one; the state makes it whole before it is read.
CP_DEVICE void reportExpired(
    const WaitContext& context, i32 operation, const Wanted& wanted, i64 seen, i64 elapsedNanos) {
  if (claimSystem(context.claim)) {
    auto* record = reinterpret_cast<volatile FaultRecord*>(context.record);
    record->kind = 1;
    record->rank = context.rank;
    record->operation = operation;
    record->site = wanted.site;
    record->array = wanted.array;
    record->word = wanted.word;
    record->tile = wanted.tile;
    record->seen = seen;
    record->wanted = wanted.value;
    record->elapsedNanos = elapsedNanos;
    fenceSystem();
    storeReleaseSystem(context.record + CP_OFFSET(FaultRecord, state), 1);
  }
  raiseAbort(context);
}

// The host's flag lies across the bus, so a waiting thread asks for it rarely; its finding is
// passed on to the rank's own flag, which later kernels ask.
CP_DEVICE bool failedMeanwhile(const WaitContext& context, bool askHost) {
  if (loadRelaxedSystem(context.localAbort) != 0) {
    return true;
  }
  if (askHost && context.hostAbort != 0 && loadRelaxedSystem(context.hostAbort) != 0) {
    storeReleaseSystem(context.localAbort, 1);
    return true;
  }
  return false;
}

}  // namespace counterpoint
