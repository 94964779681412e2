// Everything beside the GEMM. Threads to a block are part of each kernel's contract: 256 for what
// moves data, one warp for signals.

#include "kernels/all_reduce.h"
#include "kernels/row_norm.h"
#include "kernels/signals.h"
#include "kernels/tile_reduce.h"
#include "kernels/transfers.h"

#define CP_KERNEL(NAME, PARAMS, THREADS, BLOCKS, BODY)          \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) \
      NAME(const __grid_constant__ counterpoint::PARAMS p) {    \
    counterpoint::BODY(p);                                      \
  }

CP_KERNEL(tile_reduce, TileReduceParams, 256, 2, tileReduce)
CP_KERNEL(all_reduce_one_shot, AllReduceParams, 256, 2, allReduceOneShot)
CP_KERNEL(all_reduce_two_shot, AllReduceParams, 256, 2, allReduceTwoShot)
CP_KERNEL(all_reduce_bulk, AllReduceParams, 256, 2, allReduceBulk)
CP_KERNEL(row_norm, RowNormParams, 256, 3, rowNorm)
CP_KERNEL(put, PutParams, 256, 3, put)
CP_KERNEL(unpack, UnpackParams, 256, 3, unpack)
CP_KERNEL(fill, FillParams, 256, 3, fill)
CP_KERNEL(signal_set, SignalSetParams, 32, 1, signalSet)
CP_KERNEL(signal_add, SignalAddParams, 32, 1, signalAdd)
CP_KERNEL(epoch_advance, EpochAdvanceParams, 32, 1, epochAdvance)
CP_KERNEL(await_words, AwaitParams, 32, 1, await)
CP_KERNEL(barrier_ranks, BarrierParams, 32, 1, barrier)
