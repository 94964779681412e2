#pragma once
// The sum of one matrix of every rank, for all of them, by one kernel on each.
//
// Two workspaces take turns, and nobody asks whether one may be overwritten: a rank ends a launch
// only with parts of it, or sums, that all ranks had a part in, so all have begun it, and have
// ended the one before and read its workspace, which the next launch uses again.
//
// Block b of a rank waits only for what blocks b of the others send before they wait themselves, or
// after waits of which that is true. So blocks need not all be resident; grids must be alike.

#include "params/all_reduce.h"
#include "signal/packets.h"
#include "signal/post.h"
#include "signal/wait.h"

namespace counterpoint {

// By all threads, first of all: the number of this launch. The last block to have read the counter
// advances it, so that a replayed launch counts too. 0: the world has failed.
CP_DEVICE u64 beginLaunch(const AllReduceParams& p) {
  if (syncAny(hasFailed(p.operation))) {
    return 0;
  }
  const u64 launch = loadPlain<u64>(p.launches) + 1;
  syncBeforeArrival();
  if (threadIndex() == 0 &&
      addAcquireReleaseDevice(p.arrivals, 1) == static_cast<u32>(blockCount()) - 1) {
    storePlain<u32>(p.arrivals, 0);
    storePlain<u64>(p.launches, launch);
  }
  return launch;
}

CP_DEVICE i32 firstPlace() {
  return blockIndex() * blockThreads() + threadIndex();
}
CP_DEVICE i32 nextPlace(i32 place) {
  return place + blockCount() * blockThreads();
}

CP_DEVICE i32 groupsPerRow(const AllReduceParams& p) {
  return (p.cols + kEight - 1) / kEight;
}

// The group at a place of a share, or −1 where the share is shorter.
CP_DEVICE i32 groupAt(const AllReduceParams& p, i32 share, i32 place) {
  const i64 group = static_cast<i64>(share) * p.places + place;
  return group < static_cast<i64>(p.rows) * groupsPerRow(p) ? static_cast<i32>(group) : -1;
}

// Others in turn, everyone beginning with another one.
CP_DEVICE i32 peerAt(const AllReduceParams& p, i32 step) {
  const i32 peer = p.rank + step;
  return peer < p.ranks ? peer : peer - p.ranks;
}

template <i32 TYPE>
CP_DEVICE Packed<TYPE> readGroup(const AllReduceParams& p, i32 group) {
  const i32 row = group / groupsPerRow(p);
  const i32 col = (group - row * groupsPerRow(p)) * kEight;
  return loadPacked<TYPE>(p.input + (row * p.inputStride + col) * Packed<TYPE>::kBytes,
                          p.cols - col,
                          isAligned(p.input, p.inputStride, Packed<TYPE>::kBytes));
}

template <i32 TYPE>
CP_DEVICE void writeGroup(const AllReduceParams& p, i32 group, const Packed<TYPE>& packed) {
  const i32 row = group / groupsPerRow(p);
  const i32 col = (group - row * groupsPerRow(p)) * kEight;
  storePacked<TYPE>(p.output + (row * p.outputStride + col) * Packed<TYPE>::kBytes,
                    packed,
                    p.cols - col,
                    isAligned(p.output, p.outputStride, Packed<TYPE>::kBytes));
}

template <i32 TYPE>
CP_DEVICE void addTo(f32 (&sum)[kEight], const Packed<TYPE>& part, bool first) {
#pragma unroll
  for (i32 i = 0; i < kEight; i++) {
    const f32 value = valueOf<TYPE>(part, i);
    sum[i] = first ? value : sum[i] + value;
  }
}

// A launch by packets. Of each workspace's two halves, the parts that a rank receives come first,
// by source, and behind them, with two shots, the sums.
template <i32 TYPE>
struct PacketExchange {
  // Sources that are looked at together, so that their ways from memory overlap.
  static constexpr i32 kAtOnce = TYPE == kFp32 ? 2 : 4;

  const AllReduceParams& p;
  u64 launch;
  i32 slots;  // of a half

  // Where a rank receives what a source sends.
  CP_DEVICE u64 slotAt(i32 rank, i32 slot) const {
    const i64 bytes = static_cast<i64>(p.places) * Packets<TYPE>::kVectors * 16;
    const i64 number = static_cast<i64>(launch & 1) * slots + slot;
    return addressEntry(p.workspaces, rank) + number * bytes;
  }

  CP_DEVICE void send(i32 peer, i32 slot, i32 place, const Packed<TYPE>& packed) const {
    sendPackets<TYPE>(slotAt(peer, slot), p.places, place, static_cast<u32>(launch), packed);
  }

  CP_DEVICE void look(Packets<TYPE>& packets, i32 slot, i32 place) const {
    loadAll<TYPE>(packets, slotAt(p.rank, slot), p.places, place);
  }

  CP_DEVICE bool await(Packets<TYPE>& packets, i32 slot, i32 source, i32 place) const {
    const Wanted wanted{static_cast<i64>(launch), source, -1, p.array, kPart};
    return awaitPackets<TYPE>(packets, p.operation, slotAt(p.rank, slot), p.places, place, wanted);
  }

  // The sum of one group of the own share, rank 0 first. False: leave.
  CP_DEVICE bool sum(i32 group, i32 place, Packed<TYPE>& result) const {
    const Packed<TYPE> own = readGroup<TYPE>(p, group);
    f32 total[kEight];
#pragma unroll 1
    for (i32 first = 0; first < p.ranks; first += kAtOnce) {
      Packets<TYPE> parts[kAtOnce];
#pragma unroll
      for (i32 n = 0; n < kAtOnce; n++) {
        if (first + n < p.ranks && first + n != p.rank) {
          look(parts[n], first + n, place);
        }
      }
#pragma unroll
      for (i32 n = 0; n < kAtOnce; n++) {
        const i32 source = first + n;
        if (source == p.rank) {
          addTo<TYPE>(total, own, source == 0);
        } else if (source < p.ranks) {
          if (!await(parts[n], source, source, place)) {
            return false;
          }
          addTo<TYPE>(total, dataOf<TYPE>(parts[n]), source == 0);
        }
      }
    }
    result = packedOf<TYPE>(total);
    return true;
  }
};

// Everyone sends all it has to everyone, and sums all itself.
template <i32 TYPE>
CP_DEVICE void oneShot(const AllReduceParams& p, u64 launch) {
  const PacketExchange<TYPE> exchange{p, launch, p.ranks};
#pragma unroll 1
  for (i32 place = firstPlace(); place < p.places; place = nextPlace(place)) {
    const Packed<TYPE> own = readGroup<TYPE>(p, place);
#pragma unroll 1
    for (i32 step = 1; step < p.ranks; step++) {
      exchange.send(peerAt(p, step), p.rank, place, own);
    }
  }
#pragma unroll 1
  for (i32 place = firstPlace(); place < p.places; place = nextPlace(place)) {
    Packed<TYPE> sum;
    if (!exchange.sum(place, place, sum)) {
      return;
    }
    writeGroup<TYPE>(p, place, sum);
  }
}

// Everyone sums a share, and sends the sums to everyone.
template <i32 TYPE>
CP_DEVICE void twoShot(const AllReduceParams& p, u64 launch) {
  const PacketExchange<TYPE> exchange{p, launch, 2 * p.ranks};
#pragma unroll 1
  for (i32 place = firstPlace(); place < p.places; place = nextPlace(place)) {
#pragma unroll 1
    for (i32 step = 1; step < p.ranks; step++) {
      const i32 owner = peerAt(p, step);
      const i32 group = groupAt(p, owner, place);
      if (group >= 0) {
        exchange.send(owner, p.rank, place, readGroup<TYPE>(p, group));
      }
    }
  }
#pragma unroll 1
  for (i32 place = firstPlace(); place < p.places; place = nextPlace(place)) {
    const i32 group = groupAt(p, p.rank, place);
    if (group >= 0) {
      Packed<TYPE> sum;
      if (!exchange.sum(group, place, sum)) {
        return;
      }
#pragma unroll 1
      for (i32 step = 1; step < p.ranks; step++) {
        exchange.send(peerAt(p, step), p.ranks + p.rank, place, sum);
      }
      writeGroup<TYPE>(p, group, sum);
    }
  }
#pragma unroll 1
  for (i32 place = firstPlace(); place < p.places; place = nextPlace(place)) {
#pragma unroll 1
    for (i32 step = 1; step < p.ranks; step++) {
      const i32 owner = peerAt(p, step);
      const i32 group = groupAt(p, owner, place);
      Packets<TYPE> sum;
      if (group >= 0) {
        exchange.look(sum, p.ranks + owner, place);
        if (!exchange.await(sum, p.ranks + owner, owner, place)) {
          return;
        }
        writeGroup<TYPE>(p, group, dataOf<TYPE>(sum));
      }
    }
  }
}

// ---- The same with one signal behind all that a block sends to a peer ----

template <i32 TYPE>
struct BulkExchange {
  const AllReduceParams& p;
  u64 launch;

  CP_DEVICE u64 vectorAt(i32 rank, i32 slot, i32 place, i32 plane) const {
    const i64 planes = Packed<TYPE>::kWords / 4;
    const i64 number = static_cast<i64>(launch & 1) * 2 * p.ranks + slot;
    return addressEntry(p.workspaces, rank) + ((number * planes + plane) * p.places + place) * 16;
  }

  CP_DEVICE void send(i32 peer, i32 slot, i32 place, const Packed<TYPE>& packed) const {
#pragma unroll
    for (i32 i = 0; i < Packed<TYPE>::kWords; i += 4) {
      storeVector(
          vectorAt(peer, slot, place, i / 4),
          Vector16{{packed.word[i], packed.word[i + 1], packed.word[i + 2], packed.word[i + 3]}});
    }
  }

  CP_DEVICE Packed<TYPE> receive(i32 slot, i32 place) const {
    Packed<TYPE> packed;
#pragma unroll
    for (i32 i = 0; i < Packed<TYPE>::kWords; i += 4) {
      const Vector16 v = loadVector(vectorAt(p.rank, slot, place, i / 4));
#pragma unroll
      for (i32 n = 0; n < 4; n++) {
        packed.word[i + n] = v.word[n];
      }
    }
    return packed;
  }

  // Words only grow, so both halves have the same.
  CP_DEVICE u64 wordAt(i32 rank, i32 slot) const {
    return addressEntry(p.workspaces, rank) + p.flags +
           (static_cast<i64>(slot) * blockCount() + blockIndex()) * 8;
  }

  // By all threads: what this block has stored into a slot at every peer is there.
  CP_DEVICE void signal(i32 slot) const {
    syncBeforeSignal();
    if (threadIndex() < kWarp) {
      fenceBeforeSignal();
      for (i32 peer = threadIndex(); peer < p.ranks; peer += kWarp) {
        if (peer != p.rank) {
          raiseSignal(wordAt(peer, slot), launch);
        }
      }
    }
  }

  // By all threads: waits for the same block of all peers. False: leave.
  CP_DEVICE bool await(i32 firstSlot) const {
    bool there = true;
    if (threadIndex() < kWarp) {
      for (i32 source = threadIndex(); source < p.ranks && there; source += kWarp) {
        if (source != p.rank) {
          const Wanted wanted{static_cast<i64>(launch), source, -1, p.array, kPart};
          there = awaitWord(p.operation, wordAt(p.rank, firstSlot + source), wanted);
        }
      }
    }
    return syncAll(there);
  }
};

template <i32 TYPE>
CP_DEVICE void twoShotBulk(const AllReduceParams& p, u64 launch) {
  const BulkExchange<TYPE> exchange{p, launch};
#pragma unroll 1
  for (i32 place = firstPlace(); place < p.places; place = nextPlace(place)) {
#pragma unroll 1
    for (i32 step = 1; step < p.ranks; step++) {
      const i32 owner = peerAt(p, step);
      const i32 group = groupAt(p, owner, place);
      if (group >= 0) {
        exchange.send(owner, p.rank, place, readGroup<TYPE>(p, group));
      }
    }
  }
  exchange.signal(p.rank);
  if (!exchange.await(0)) {
    return;
  }
#pragma unroll 1
  for (i32 place = firstPlace(); place < p.places; place = nextPlace(place)) {
    const i32 group = groupAt(p, p.rank, place);
    if (group >= 0) {
      f32 total[kEight];
#pragma unroll 2
      for (i32 source = 0; source < p.ranks; source++) {
        const Packed<TYPE> part =
            source == p.rank ? readGroup<TYPE>(p, group) : exchange.receive(source, place);
        addTo<TYPE>(total, part, source == 0);
      }
      const Packed<TYPE> sum = packedOf<TYPE>(total);
#pragma unroll 1
      for (i32 step = 1; step < p.ranks; step++) {
        exchange.send(peerAt(p, step), p.ranks + p.rank, place, sum);
      }
      writeGroup<TYPE>(p, group, sum);
    }
  }
  exchange.signal(p.ranks + p.rank);
  if (!exchange.await(p.ranks)) {
    return;
  }
#pragma unroll 1
  for (i32 place = firstPlace(); place < p.places; place = nextPlace(place)) {
#pragma unroll 1
    for (i32 step = 1; step < p.ranks; step++) {
      const i32 owner = peerAt(p, step);
      const i32 group = groupAt(p, owner, place);
      if (group >= 0) {
        writeGroup<TYPE>(p, group, exchange.receive(p.ranks + owner, place));
      }
    }
  }
}

// ---- What kernels call ----

#define CP_FOR_SUMMED_TYPE(BODY)     \
  const u64 launch = beginLaunch(p); \
  if (launch == 0) {                 \
    return;                          \
  }                                  \
  if (p.type == kBf16) {             \
    BODY<kBf16>(p, launch);          \
  } else if (p.type == kFp16) {      \
    BODY<kFp16>(p, launch);          \
  } else {                           \
    BODY<kFp32>(p, launch);          \
  }

CP_DEVICE void allReduceOneShot(const AllReduceParams& p){CP_FOR_SUMMED_TYPE(oneShot)} CP_DEVICE
    void allReduceTwoShot(const AllReduceParams& p){CP_FOR_SUMMED_TYPE(twoShot)} CP_DEVICE
    void allReduceBulk(const AllReduceParams& p) {
  CP_FOR_SUMMED_TYPE(twoShotBulk)
}

#undef CP_FOR_SUMMED_TYPE

}  // namespace counterpoint
