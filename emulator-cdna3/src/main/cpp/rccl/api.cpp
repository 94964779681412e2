// RCCL's functions.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "rccl/clique.h"

extern "C" hipError_t hipGetDevice(int*);
extern "C" hipError_t hipSetDevice(int);
extern "C" hipError_t hipMemGetAddressRange(hipDeviceptr_t*, size_t*, hipDeviceptr_t);

using namespace emu;

namespace {

constexpr auto JOIN_LIMIT = std::chrono::seconds(120);
std::mutex cliquesLock;
std::map<std::string, std::shared_ptr<Clique>> cliques;  // by unique id, until all have joined
thread_local std::string lastError;

struct Group {
  int depth = 0;
  std::vector<std::shared_ptr<Clique>> joining;
  struct Deferred {
    hipStream_t stream;
    bool collective;
    CollectiveCall call;
    PointToPoint transfers;
  };
  std::vector<Deferred> work;
};
thread_local Group group;

ncclResult_t refuse(ncclResult_t result, const std::string& text) {
  lastError = text;
  return result;
}

bool inside(const void* pointer, size_t bytes) {
  if (bytes == 0) return true;
  hipDeviceptr_t base;
  size_t size;
  if (hipMemGetAddressRange(&base, &size, const_cast<void*>(pointer)) != hipSuccess) return false;
  return static_cast<const char*>(pointer) + bytes <= static_cast<char*>(base) + size;
}

ncclResult_t enqueue(const Group::Deferred& d) {
  hipError_t error;
  if (d.collective) {
    error = hipEmuEnqueueExternal(
        d.stream, [](void* data, void* token) { static_cast<CollectiveCall*>(data)->comm->clique->arrive(*static_cast<CollectiveCall*>(data), token); },
        new CollectiveCall(d.call), [](void* data) { delete static_cast<CollectiveCall*>(data); });
  } else {
    error = hipEmuEnqueueExternal(
        d.stream, [](void* data, void* token) { static_cast<PointToPoint*>(data)->comm->clique->arrive(*static_cast<PointToPoint*>(data), token); },
        new PointToPoint(d.transfers), [](void* data) { delete static_cast<PointToPoint*>(data); });
  }
  return error == hipSuccess ? ncclSuccess : refuse(ncclUnhandledCudaError, "the stream refused the operation");
}

ncclResult_t collective(const CollectiveCall& call, hipStream_t stream) {
  if (!call.comm) return refuse(ncclInvalidArgument, "no communicator");
  if (call.type < 0 || call.type >= ncclTypes || call.op < 0 || call.op > ncclAvg) return refuse(ncclInvalidArgument, "type or operation unknown");
  const size_t ranks = call.comm->clique->comms.size(), bytes = call.count * sizeOf(call.type);
  if (call.root < 0 || call.root >= int(ranks)) return refuse(ncclInvalidArgument, "root out of range");
  const bool manySent = call.kind == Collective::REDUCE_SCATTER || call.kind == Collective::ALL_TO_ALL;
  const bool manyReceived = call.kind == Collective::ALL_GATHER || call.kind == Collective::ALL_TO_ALL;
  const bool isRoot = call.comm->rank == call.root;
  const bool sends = call.kind != Collective::BROADCAST || isRoot, receives = call.kind != Collective::REDUCE || isRoot;
  if ((sends && !inside(call.send, manySent ? bytes * ranks : bytes)) || (receives && !inside(call.receive, manyReceived ? bytes * ranks : bytes)))
    return refuse(ncclInvalidArgument, "a buffer is not device memory or too small");
  Group::Deferred d{stream, true, call, {}};
  if (group.depth == 0) return enqueue(d);
  group.work.push_back(d);
  return ncclSuccess;
}

ncclResult_t transfer(ncclComm_t comm, const PointToPoint::Part& part, hipStream_t stream) {
  if (!comm) return refuse(ncclInvalidArgument, "no communicator");
  if (part.peer < 0 || part.peer >= int(comm->clique->comms.size())) return refuse(ncclInvalidArgument, "peer out of range");
  if (!inside(part.data, part.bytes)) return refuse(ncclInvalidArgument, "a buffer is not device memory or too small");
  if (group.depth == 0) return enqueue({stream, false, {}, {comm, {part}}});
  for (Group::Deferred& d : group.work)
    if (!d.collective && d.stream == stream && d.transfers.comm == comm) {
      d.transfers.parts.push_back(part);
      return ncclSuccess;
    }
  group.work.push_back({stream, false, {}, {comm, {part}}});
  return ncclSuccess;
}

ncclResult_t awaitJoined(const std::shared_ptr<Clique>& clique) {
  std::unique_lock<std::mutex> hold(clique->lock);
  if (!clique->changed.wait_for(hold, JOIN_LIMIT, [&] { return clique->joined == int(clique->comms.size()); }))
    return refuse(ncclSystemError, "not all ranks joined the communicator in time (all must be in this process)");
  return ncclSuccess;
}

}  // namespace

HIPEMU_EXPORT ncclResult_t ncclGetVersion(int* version) {
  if (!version) return ncclInvalidArgument;
  *version = 22105;
  return ncclSuccess;
}
HIPEMU_EXPORT const char* ncclGetErrorString(ncclResult_t result) {
  static const char* const TEXTS[] = {"no error", "unhandled cuda error", "unhandled system error", "internal error",
                                      "invalid argument", "invalid usage", "remote process exited or there was a network error",
                                      "operation in progress"};
  return result >= 0 && result <= ncclInProgress ? TEXTS[result] : "unknown result code";
}
HIPEMU_EXPORT const char* ncclGetLastError(ncclComm_t) { return lastError.c_str(); }

HIPEMU_EXPORT ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  if (!id) return ncclInvalidArgument;
  static std::atomic<unsigned> next{0};
  std::memset(id, 0, sizeof *id);
  std::snprintf(id->internal, sizeof id->internal, "gfx942-emulated %d %u", int(getpid()), next++);
  return ncclSuccess;
}

HIPEMU_EXPORT ncclResult_t ncclCommInitRank(ncclComm_t* out, int ranks, ncclUniqueId id, int rank) {
  if (!out || ranks < 1 || rank < 0 || rank >= ranks) return refuse(ncclInvalidArgument, "rank or size out of range");
  int process = -1;
  unsigned number = 0;
  if (std::sscanf(id.internal, "gfx942-emulated %d %u", &process, &number) != 2)
    return refuse(ncclInvalidArgument, "this unique id is not of the emulated library");
  if (process != int(getpid())) return refuse(ncclSystemError, "the emulated RCCL connects ranks of one process only");
  auto comm = new ncclComm();
  hipGetDevice(&comm->device);
  comm->rank = rank;
  {
    std::lock_guard<std::mutex> hold(cliquesLock);
    auto& clique = cliques[id.internal];
    if (!clique) clique = std::make_shared<Clique>(ranks);
    comm->clique = clique;
  }
  {
    std::lock_guard<std::mutex> hold(comm->clique->lock);
    if (int(comm->clique->comms.size()) != ranks || comm->clique->comms[size_t(rank)]) {
      delete comm;
      return refuse(ncclInvalidArgument, "the size differs between ranks, or this rank has joined already");
    }
    comm->clique->comms[size_t(rank)] = comm;
    comm->clique->joined++;
    comm->clique->changed.notify_all();
  }
  *out = comm;
  if (group.depth == 0) return awaitJoined(comm->clique);
  group.joining.push_back(comm->clique);
  return ncclSuccess;
}
HIPEMU_EXPORT ncclResult_t ncclCommInitRankConfig(ncclComm_t* out, int ranks, ncclUniqueId id, int rank, void*) {
  return ncclCommInitRank(out, ranks, id, rank);
}
HIPEMU_EXPORT ncclResult_t ncclCommInitAll(ncclComm_t* comms, int ranks, const int* devices) {
  if (!comms || ranks < 1) return refuse(ncclInvalidArgument, "no communicators asked for");
  auto clique = std::make_shared<Clique>(ranks);
  for (int r = 0; r < ranks; r++) {
    comms[r] = new ncclComm();
    comms[r]->clique = clique;
    comms[r]->rank = r;
    comms[r]->device = devices ? devices[r] : r;
    clique->comms[size_t(r)] = comms[r];
  }
  clique->joined = ranks;
  return ncclSuccess;
}

static ncclResult_t destroy(ncclComm_t comm) {
  if (!comm) return ncclInvalidArgument;
  comm->clique->abandon(comm);
  std::lock_guard<std::mutex> hold(comm->clique->lock);
  // The object stays: a graph may still hold it. It answers as aborted.
  comm->clique->comms[size_t(comm->rank)] = nullptr;
  return ncclSuccess;
}
HIPEMU_EXPORT ncclResult_t ncclCommFinalize(ncclComm_t comm) { return comm ? ncclSuccess : ncclInvalidArgument; }
HIPEMU_EXPORT ncclResult_t ncclCommDestroy(ncclComm_t comm) { return destroy(comm); }
HIPEMU_EXPORT ncclResult_t ncclCommAbort(ncclComm_t comm) { return destroy(comm); }
HIPEMU_EXPORT ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* error) {
  if (!comm || !error) return ncclInvalidArgument;
  *error = comm->error;
  return ncclSuccess;
}
HIPEMU_EXPORT ncclResult_t ncclCommCount(ncclComm_t comm, int* count) {
  if (!comm || !count) return ncclInvalidArgument;
  *count = int(comm->clique->comms.size());
  return ncclSuccess;
}
HIPEMU_EXPORT ncclResult_t ncclCommCuDevice(ncclComm_t comm, int* device) {
  if (!comm || !device) return ncclInvalidArgument;
  *device = comm->device;
  return ncclSuccess;
}
HIPEMU_EXPORT ncclResult_t ncclCommUserRank(ncclComm_t comm, int* rank) {
  if (!comm || !rank) return ncclInvalidArgument;
  *rank = comm->rank;
  return ncclSuccess;
}

HIPEMU_EXPORT ncclResult_t ncclGroupStart(void) {
  group.depth++;
  return ncclSuccess;
}
HIPEMU_EXPORT ncclResult_t ncclGroupEnd(void) {
  if (group.depth == 0) return refuse(ncclInvalidUsage, "ncclGroupEnd without ncclGroupStart");
  if (--group.depth) return ncclSuccess;
  const std::vector<Group::Deferred> work = std::move(group.work);
  const std::vector<std::shared_ptr<Clique>> joining = std::move(group.joining);
  group.work.clear();
  group.joining.clear();
  for (const auto& clique : joining)
    if (ncclResult_t result = awaitJoined(clique)) return result;
  for (const Group::Deferred& d : work)
    if (ncclResult_t result = enqueue(d)) return result;
  return ncclSuccess;
}

HIPEMU_EXPORT ncclResult_t ncclAllReduce(const void* s, void* r, size_t n, ncclDataType_t t, ncclRedOp_t op, ncclComm_t c, hipStream_t q) {
  return collective({c, Collective::ALL_REDUCE, s, r, n, t, op, 0}, q);
}
HIPEMU_EXPORT ncclResult_t ncclReduce(const void* s, void* r, size_t n, ncclDataType_t t, ncclRedOp_t op, int root, ncclComm_t c, hipStream_t q) {
  return collective({c, Collective::REDUCE, s, r, n, t, op, root}, q);
}
HIPEMU_EXPORT ncclResult_t ncclBroadcast(const void* s, void* r, size_t n, ncclDataType_t t, int root, ncclComm_t c, hipStream_t q) {
  return collective({c, Collective::BROADCAST, s, r, n, t, ncclSum, root}, q);
}
HIPEMU_EXPORT ncclResult_t ncclBcast(void* b, size_t n, ncclDataType_t t, int root, ncclComm_t c, hipStream_t q) {
  return collective({c, Collective::BROADCAST, b, b, n, t, ncclSum, root}, q);
}
HIPEMU_EXPORT ncclResult_t ncclAllGather(const void* s, void* r, size_t n, ncclDataType_t t, ncclComm_t c, hipStream_t q) {
  return collective({c, Collective::ALL_GATHER, s, r, n, t, ncclSum, 0}, q);
}
HIPEMU_EXPORT ncclResult_t ncclReduceScatter(const void* s, void* r, size_t n, ncclDataType_t t, ncclRedOp_t op, ncclComm_t c, hipStream_t q) {
  return collective({c, Collective::REDUCE_SCATTER, s, r, n, t, op, 0}, q);
}
HIPEMU_EXPORT ncclResult_t ncclAllToAll(const void* s, void* r, size_t n, ncclDataType_t t, ncclComm_t c, hipStream_t q) {
  return collective({c, Collective::ALL_TO_ALL, s, r, n, t, ncclSum, 0}, q);
}
HIPEMU_EXPORT ncclResult_t ncclSend(const void* s, size_t n, ncclDataType_t t, int peer, ncclComm_t c, hipStream_t q) {
  if (t < 0 || t >= ncclTypes) return refuse(ncclInvalidArgument, "type unknown");
  return transfer(c, {true, const_cast<void*>(s), n * sizeOf(t), peer}, q);
}
HIPEMU_EXPORT ncclResult_t ncclRecv(void* r, size_t n, ncclDataType_t t, int peer, ncclComm_t c, hipStream_t q) {
  if (t < 0 || t >= ncclTypes) return refuse(ncclInvalidArgument, "type unknown");
  return transfer(c, {false, r, n * sizeOf(t), peer}, q);
}
