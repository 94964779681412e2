#pragma once
// Data that says by itself that it has come: eight bytes, four of data and four of the launch that
// they belong to, are stored and seen as one, so that no signal follows and nothing is fenced.
// Twice the bytes, half the latency (NCCL's LL protocol).
//
// A slot holds vectors of two packets in planes: the first vectors of all groups, then the second
// ones, so that neighbouring threads store neighbouring vectors.

#include "epilogue/packed.h"
#include "signal/fault.h"

namespace counterpoint {

template <i32 TYPE>
struct Packets {
  static constexpr i32 kVectors = Packed<TYPE>::kWords / 2;
  Vector16 vector[kVectors];
};

template <i32 TYPE>
CP_DEVICE void sendPackets(
    u64 slot, i32 places, i32 place, u32 launch, const Packed<TYPE>& packed) {
#pragma unroll
  for (i32 i = 0; i < Packets<TYPE>::kVectors; i++) {
    const Vector16 v{{packed.word[2 * i], launch, packed.word[2 * i + 1], launch}};
    storePackets(slot + (static_cast<i64>(i) * places + place) * 16, v);
  }
}

template <i32 TYPE>
CP_DEVICE void loadAll(Packets<TYPE>& packets, u64 slot, i32 places, i32 place) {
#pragma unroll
  for (i32 i = 0; i < Packets<TYPE>::kVectors; i++) {
    packets.vector[i] = loadPackets(slot + (static_cast<i64>(i) * places + place) * 16);
  }
}

// What a launch is told by is compared for equality: what a slot held before is of the launch
// before the last.
template <i32 TYPE>
CP_DEVICE bool areOf(const Packets<TYPE>& packets, u32 launch) {
  bool all = true;
#pragma unroll
  for (i32 i = 0; i < Packets<TYPE>::kVectors; i++) {
    all &= packets.vector[i].word[1] == launch && packets.vector[i].word[3] == launch;
  }
  return all;
}

template <i32 TYPE>
CP_DEVICE Packed<TYPE> dataOf(const Packets<TYPE>& packets) {
  Packed<TYPE> packed;
#pragma unroll
  for (i32 i = 0; i < Packets<TYPE>::kVectors; i++) {
    packed.word[2 * i] = packets.vector[i].word[0];
    packed.word[2 * i + 1] = packets.vector[i].word[2];
  }
  return packed;
}

constexpr u32 kLooksBetween = 128;  // as kPollsBetween of wait.h
constexpr u32 kPacketPause = 128;   // nanoseconds, once it takes long

// By one thread: looks until all packets are those of the launch. False when the wait expired (and
// has been reported) or the world failed meanwhile: then nothing that depended on them may be done.
template <i32 TYPE>
CP_DEVICE bool awaitPackets(Packets<TYPE>& packets,
                            const Operation& operation,
                            u64 slot,
                            i32 places,
                            i32 place,
                            const Wanted& wanted) {
  const u32 launch = static_cast<u32>(wanted.value);
  if (areOf(packets, launch)) {
    return true;
  }
  const WaitContext& context = *reinterpret_cast<const WaitContext*>(operation.context);
  const u64 start = globalNanos();
#pragma unroll 1
  for (u32 looks = 1;; looks++) {
    loadAll(packets, slot, places, place);
    if (areOf(packets, launch)) {
      return true;
    }
    if (looks % kLooksBetween == 0) {
      if (failedMeanwhile(context, true)) {
        return false;
      }
      const i64 elapsed = static_cast<i64>(globalNanos() - start);
      if (elapsed > context.timeoutNanos) {
        reportExpired(context, operation.operation, wanted, packets.vector[0].word[1], elapsed);
        return false;
      }
    }
    if (looks >= kLooksBetween) {
      pauseNanos(kPacketPause);
    }
  }
}

}  // namespace counterpoint
