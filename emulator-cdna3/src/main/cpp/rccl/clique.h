// The ranks of a communicator, and where their operations meet. All ranks live in one process.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rccl/rccl_emu_api.h"

namespace emu {

enum class Collective { ALL_REDUCE, REDUCE, BROADCAST, ALL_GATHER, REDUCE_SCATTER, ALL_TO_ALL };

struct CollectiveCall {
  ncclComm_t comm;
  Collective kind;
  const void* send;
  void* receive;
  size_t count;
  ncclDataType_t type;
  ncclRedOp_t op;
  int root;
};

/// Sends and receives that were grouped: they make progress together.
struct PointToPoint {
  struct Part {
    bool send;
    void* data;
    size_t bytes;
    int peer;
  };
  ncclComm_t comm;
  std::vector<Part> parts;
};

struct Clique {
  explicit Clique(int ranks) : comms(size_t(ranks)) {}
  std::mutex lock;
  std::condition_variable changed;
  std::vector<ncclComm_t> comms;
  int joined = 0;

  /// A collective has reached the head of its stream; `token` is finished when all ranks have, and the data has moved.
  void arrive(const CollectiveCall& call, void* token);
  void arrive(const PointToPoint& call, void* token);
  /// Ends everything that this rank waits for.
  void abandon(ncclComm_t comm);

 private:
  struct Arrival {
    CollectiveCall call;
    void* token;
  };
  struct Group {
    ncclComm_t comm;
    void* token;
    size_t open;
  };
  struct Side {
    void* data;
    size_t bytes;
    std::shared_ptr<Group> group;
  };
  void fail(const std::string& text);
  std::map<unsigned long long, std::vector<Arrival>> meetings;  // by the number of the collective on each rank
  std::map<std::pair<int, int>, std::deque<Side>> sends, receives;  // by source and destination
};

/// Moves the data of a collective; arrivals are in order of rank.
void perform(const std::vector<CollectiveCall>& calls);
size_t sizeOf(ncclDataType_t type);

}  // namespace emu

struct ncclComm {
  std::shared_ptr<emu::Clique> clique;
  int rank = 0, device = 0;
  unsigned long long executed = 0;
  bool aborted = false;
  ncclResult_t error = ncclSuccess;
};
