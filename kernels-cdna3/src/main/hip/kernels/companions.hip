// Everything beside the GEMM. Threads to a block are part of each kernel's contract: 256 for what
// moves data, one wave for signals.

#include "kernels/all_reduce.h"
#include "kernels/kernel.h"
#include "kernels/row_norm.h"
#include "kernels/signals.h"
#include "kernels/tile_reduce.h"
#include "kernels/transfers.h"

#define CP_COMPANION(NAME, PARAMS, THREADS, WAVES, BODY)                    \
  CP_KERNEL(NAME, PARAMS, THREADS, WAVES) {                                 \
    counterpoint::BODY(counterpoint::kernelParams<counterpoint::PARAMS>()); \
  }

CP_COMPANION(tile_reduce, TileReduceParams, 256, 2, tileReduce)
CP_COMPANION(all_reduce_one_shot, AllReduceParams, 256, 2, allReduceOneShot)
CP_COMPANION(all_reduce_two_shot, AllReduceParams, 256, 2, allReduceTwoShot)
CP_COMPANION(all_reduce_bulk, AllReduceParams, 256, 2, allReduceBulk)
CP_COMPANION(row_norm, RowNormParams, 256, 4, rowNorm)
CP_COMPANION(put, PutParams, 256, 4, put)
CP_COMPANION(unpack, UnpackParams, 256, 4, unpack)
CP_COMPANION(fill, FillParams, 256, 4, fill)
CP_COMPANION(signal_set, SignalSetParams, 64, 1, signalSet)
CP_COMPANION(signal_add, SignalAddParams, 64, 1, signalAdd)
CP_COMPANION(epoch_advance, EpochAdvanceParams, 64, 1, epochAdvance)
CP_COMPANION(await_words, AwaitParams, 64, 1, await)
CP_COMPANION(barrier_ranks, BarrierParams, 64, 1, barrier)
