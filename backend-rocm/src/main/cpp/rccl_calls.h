// RCCL: NCCL's interface, and an all-to-all of its own.
#pragma once
#include <cstring>

#include "forward.h"

// clang-format off: a table, one function per line

namespace counterpoint {

ROCM_CALL(RCCL, ncclGetVersion, (int* version), version)
ROCM_CALL(RCCL, ncclGetUniqueId, (Bytes id), id)
ROCM_CALL(RCCL, ncclCommInitRank, (Handle* communicator, int ranks, Bytes128 id, int rank), communicator, ranks, id, rank)
ROCM_CALL(RCCL, ncclCommInitAll, (Handle* communicators, int count, int* devices), communicators, count, devices)
ROCM_CALL(RCCL, ncclCommDestroy, (Handle communicator), communicator)
ROCM_CALL(RCCL, ncclCommAbort, (Handle communicator), communicator)
ROCM_CALL(RCCL, ncclCommGetAsyncError, (Handle communicator, int* status), communicator, status)
ROCM_CALL(RCCL, ncclGroupStart, ())
ROCM_CALL(RCCL, ncclGroupEnd, ())
ROCM_CALL(RCCL, ncclAllGather, (Handle send, Handle receive, size_t sendCount, int type, Handle communicator, Handle stream), send, receive, sendCount, type, communicator, stream)
ROCM_CALL(RCCL, ncclReduceScatter, (Handle send, Handle receive, size_t receiveCount, int type, int operation, Handle communicator, Handle stream), send, receive, receiveCount, type, operation, communicator, stream)
ROCM_CALL(RCCL, ncclAllReduce, (Handle send, Handle receive, size_t count, int type, int operation, Handle communicator, Handle stream), send, receive, count, type, operation, communicator, stream)
ROCM_CALL(RCCL, ncclBroadcast, (Handle send, Handle receive, size_t count, int type, int root, Handle communicator, Handle stream), send, receive, count, type, root, communicator, stream)
ROCM_CALL(RCCL, ncclAllToAll, (Handle send, Handle receive, size_t count, int type, Handle communicator, Handle stream), send, receive, count, type, communicator, stream)
ROCM_CALL(RCCL, ncclSend, (Handle send, size_t count, int type, int peer, Handle communicator, Handle stream), send, count, type, peer, communicator, stream)
ROCM_CALL(RCCL, ncclRecv, (Handle receive, size_t count, int type, int peer, Handle communicator, Handle stream), receive, count, type, peer, communicator, stream)
ROCM_TEXT(RCCL, ncclGetErrorString, (int status), status)
ROCM_TEXT(RCCL, ncclGetLastError, (Handle communicator), communicator)

inline int ncclCommInitRank(Handle* communicator, int ranks, Bytes id, int rank) {
  Bytes128 copy;
  std::memcpy(&copy, id, sizeof copy);
  return ncclCommInitRank(communicator, ranks, copy, rank);
}

}  // namespace counterpoint
