// Everything beside the GEMM. Threads to a block are part of each kernel's contract: 256 for what
// moves data, one wave for signals.

#include "kernels/kernel.h"
#include "kernels/signals.h"
#include "kernels/tile_reduce.h"
#include "kernels/transfers.h"

#define CP_COMPANION(NAME, PARAMS, THREADS, BODY)                       \
  CP_KERNEL(NAME, PARAMS, THREADS, 1) {                                 \
    counterpoint::BODY(counterpoint::kernelParams<counterpoint::PARAMS>()); \
  }

CP_COMPANION(tile_reduce, TileReduceParams, 256, tileReduce)
CP_COMPANION(put, PutParams, 256, put)
CP_COMPANION(unpack, UnpackParams, 256, unpack)
CP_COMPANION(fill, FillParams, 256, fill)
CP_COMPANION(signal_set, SignalSetParams, 64, signalSet)
CP_COMPANION(signal_add, SignalAddParams, 64, signalAdd)
CP_COMPANION(epoch_advance, EpochAdvanceParams, 64, epochAdvance)
CP_COMPANION(await_words, AwaitParams, 64, await)
CP_COMPANION(barrier_ranks, BarrierParams, 64, barrier)
