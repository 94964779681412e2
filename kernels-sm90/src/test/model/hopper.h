#pragma once
// What SM90 adds to the machine of fibers: mbarriers that count bytes, the tensor copy engine,
// wgmma, registers that move, clusters. Written from the PTX ISA's text on these instructions, not
// from the kernels.

#include <array>
#include <deque>
#include <list>

#include "machine.h"

namespace model {

// ---- mbarrier ----

// Data that a copy has brought, and that nobody may see before its phase is complete.
struct Landed {
  u32 address;
  std::vector<u8> bytes;
};

struct TransactionBarrier {
  u32 arrivals = 0;  // expected in each phase
  u32 pending = 0;
  i64 bytes = 0;  // announced and not yet there; negative while they come early
  u64 phase = 0;
  bool fenced = false;  // its initialization is known beyond the thread that made it
  Thread* initializer = nullptr;
  Clock clock;
  std::vector<Landed> landed;
  WaitQueue queue;
};

// ---- wgmma ----

enum class Element { kBf16, kFp16, kE4m3, kE5m2, kInt8 };

int bytesOf(Element element);

struct Product {
  Element element;
  u32 columns;
  bool firstAcross;
  bool secondAcross;
  u64 first;
  u64 second;
  bool add;
};

// Sums that products of one warp are adding to: what the registers will hold when all is done.
struct SumsUnderWay {
  std::array<u32*, 32> registers{};  // of each lane
  std::array<std::vector<u32>, 32> values;
  u32 unfinished = 0;  // products
};

struct WarpProduct {
  Product product;
  u64 group;
  SumsUnderWay* sums;
};

struct WarpState {
  bool begun = false;  // wgmma.fence since the registers were last touched
  u64 group = 0;
  std::deque<WarpProduct> products;
  std::map<u32*, std::unique_ptr<SumsUnderWay>> sums;  // by the first lane's registers
};

// ---- Bulk stores ----

// Stores of one thread that it waits for together.
struct StoreGroup {
  bool committed = false;
  u32 unread = 0;      // whose source is still to be read
  u32 incomplete = 0;  // whose target is still to be written
};

struct StoreState {
  std::deque<std::shared_ptr<StoreGroup>> groups;
  WaitQueue queue;
};

// Shared memory that the copy engine is still to read.
struct SharedRange {
  u32 from;
  u32 end;
};

// The last ordinary store to a word of shared memory, told by how many proxy fences its thread had
// made before.
struct WordWriter {
  u32 thread = 0;
  u32 fences = 0;
  bool any = false;
};

// ---- Blocks ----

struct HopperBlock : BlockExtension {
  void write(u32 address, u32 size) override;

  std::vector<StoreState> stores;   // by thread
  std::list<SharedRange> unread;    // of all threads
  std::vector<WordWriter> writers;  // by word of four bytes
  std::vector<u32> fences;          // towards the async proxy, by thread
  std::map<u32, TransactionBarrier> barriers;
  std::deque<WarpState> warps;
  std::vector<Meeting> groups;  // warpgroups
  u32 spareRegisters = 0;
  std::vector<u32> registers;  // of a thread, by warpgroup
  WaitQueue registerQueue;
};

HopperBlock& hopper(Block& block);

// ---- Tensor maps ----

// What the driver would encode: rows of `inner` elements, `outer` of them, `pitch` bytes apart, cut
// in boxes; chunks of 16 bytes permuted by the 128-byte swizzle.
struct TensorMapModel {
  u64 base;
  u64 inner;
  u64 outer;
  u64 pitch;
  u32 boxInner;
  u32 boxOuter;
  u32 elementBytes;
  u32 magic;
};

void encodeTensorMap(void* map, const TensorMapModel& model);

// ---- Instructions ----

// An address of shared memory may carry the rank of another block of the cluster.
u32 mapToRank(u32 address, u32 rank);

void barrierInit(u32 address, u32 arrivals);
void barrierFence();
void barrierArrive(u32 address, u32 announced);
void barrierAwait(u32 address, u32 parity);
void loadBox(u32 target, u64 map, int inner, int outer, u32 barrier, u32 blocks);
void storeBulk(u64 to, u32 from, u32 bytes);
void storesCommit();
void storesAwait(bool readOnly);
void proxyFence();
void sharedProxyFence();
void clusterSync();
void namedBarrier(int barrier, u32 threads, bool waits);
void changeRegisters(u32 registers, bool more);

void productsBegin();
void productStart(const Product& product, u32* sums);
void productsCommit();
void productsAwait(u32 pending);

}  // namespace model
