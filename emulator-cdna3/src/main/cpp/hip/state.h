// Streams, events and graphs as the API knows them. One lock guards them all; enqueuing is short.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "device/code_object.h"
#include "device/device.h"
#include "device/operation.h"
#include "device/options.h"
#include "hip/hip_emu_api.h"

namespace emu {

/// Makes the operation anew for each enqueue or replay.
using Factory = std::function<OperationPointer()>;

struct GraphNode {
  Factory make;
  std::vector<int> after;
  hipEvent_t records = nullptr;  // an event that each replay records here
  hipEvent_t awaits = nullptr;   // an event whose latest point each replay waits for here
};

struct Capture;
}  // namespace emu

struct ihipGraph_t {
  std::vector<emu::GraphNode> nodes;
};

struct ihipGraphExec_t {
  std::vector<emu::GraphNode> nodes;
  emu::OperationPointer last;  // end of the latest launch: launches of one graph do not overlap
};

struct ihipStream_t {
  int device = 0;
  unsigned flags = 0;
  bool legacy = false;
  int priority = 0;
  emu::OperationPointer tail;
  std::shared_ptr<emu::Capture> capture;
  std::vector<int> captureTail;  // nodes that the next captured one follows
};

struct ihipEvent_t {
  unsigned flags = 0;
  emu::OperationPointer point;
  std::shared_ptr<emu::Capture> capture;  // when the latest record was captured
  std::vector<int> nodes;
};

struct ihipModule_t {
  std::shared_ptr<emu::CodeObject> code;
  std::map<std::string, std::unique_ptr<ihipFunction_t>> functions;
};

struct ihipFunction_t {
  std::shared_ptr<emu::CodeObject> code;
  const emu::Kernel* kernel = nullptr;
};

namespace emu {

struct Capture {
  std::unique_ptr<ihipGraph_t> graph = std::make_unique<ihipGraph_t>();
  hipStream_t origin = nullptr;
  std::set<hipStream_t> streams;
  hipStreamCaptureMode mode = hipStreamCaptureModeGlobal;
  unsigned long long id = 0;
  bool active = true;
};

struct State {
  std::mutex lock;
  std::set<hipStream_t> streams;                // all that live, the default ones included
  std::vector<hipStream_t> defaults;            // by device
  std::set<hipEvent_t> events;
  std::set<hipModule_t> modules;
  std::set<hipGraph_t> graphs;
  std::set<hipGraphExec_t> executables;
  unsigned captures = 0;                        // active ones in global mode
  static State& get();
};

/// The calling thread's device and last error.
struct ThreadState {
  int device = 0;
  hipError_t last = hipSuccess;
};
ThreadState& thread();

/// Remembers an error for hipGetLastError and returns it.
hipError_t report(hipError_t error);
/// The error that stopped a device, or success.
hipError_t deviceError(int device);

/// The stream of a handle, 0 being the current device's default; null when there is no such stream. Lock held.
hipStream_t resolve(hipStream_t stream);
/// Enqueues (or captures) at the end of a stream. Lock held.
hipError_t enqueue(hipStream_t stream, const Factory& make, OperationPointer* made = nullptr);
/// Adds a wait of everything later on the stream for an operation. Lock held.
void addDependency(hipStream_t stream, const OperationPointer& operation);

/// Everything enqueued on a device so far.
std::vector<OperationPointer> tailsOf(int device);
hipError_t synchronizeDevice(int device);

Factory marker(int device);
Factory hostWork(int device, std::function<void()> body);

}  // namespace emu

#define HIPEMU_REQUIRE(condition, error) \
  do {                                   \
    if (!(condition)) return emu::report(error); \
  } while (false)
