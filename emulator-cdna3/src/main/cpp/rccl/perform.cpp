// What collectives do to the data. Sums run in order of rank, in f32 for the 16-bit and 8-bit floats, rounded once.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "rccl/clique.h"
#include "rccl/numbers.h"

namespace emu {
namespace {

template <class T> T combine(ncclRedOp_t op, T a, T b) {
  switch (op) {
    case ncclProd: return T(a * b);
    case ncclMax: return std::max(a, b);
    case ncclMin: return std::min(a, b);
    default: return T(a + b);
  }
}

/// receive[k] = op over ranks of send[rank][k], `offset` elements into each.
template <class Number> void reduceAs(const std::vector<CollectiveCall>& calls, size_t offset, size_t count, void* receive) {
  using Stored = typename Number::Stored;
  using Value = typename Number::Value;
  std::vector<Stored> result(count);  // sends and receive may be the same memory
  const ncclRedOp_t op = calls[0].op;
  for (size_t k = 0; k < count; k++) {
    Value sum{};
    for (size_t r = 0; r < calls.size(); r++) {
      Stored stored;
      std::memcpy(&stored, static_cast<const Stored*>(calls[r].send) + offset + k, sizeof stored);
      const Value value = Number::load(stored);
      sum = r == 0 ? value : combine(op, sum, value);
    }
    if (op == ncclAvg) sum = Value(sum / Value(calls.size()));
    result[k] = Number::store(sum);
  }
  std::memcpy(receive, result.data(), count * sizeof(Stored));
}

void reduce(const std::vector<CollectiveCall>& calls, size_t offset, size_t count, void* receive) {
  switch (calls[0].type) {
    case ncclInt8: return reduceAs<Plain<signed char>>(calls, offset, count, receive);
    case ncclUint8: return reduceAs<Plain<unsigned char>>(calls, offset, count, receive);
    case ncclInt32: return reduceAs<Plain<int>>(calls, offset, count, receive);
    case ncclUint32: return reduceAs<Plain<unsigned>>(calls, offset, count, receive);
    case ncclInt64: return reduceAs<Plain<long long>>(calls, offset, count, receive);
    case ncclUint64: return reduceAs<Plain<unsigned long long>>(calls, offset, count, receive);
    case ncclFloat16: return reduceAs<HalfNumber>(calls, offset, count, receive);
    case ncclFloat32: return reduceAs<Plain<float>>(calls, offset, count, receive);
    case ncclFloat64: return reduceAs<Plain<double>>(calls, offset, count, receive);
    case ncclBfloat16: return reduceAs<BrainNumber>(calls, offset, count, receive);
    case ncclFloat8e4m3: return reduceAs<Fp8Number>(calls, offset, count, receive);
    default: return reduceAs<Bf8Number>(calls, offset, count, receive);
  }
}

}  // namespace

size_t sizeOf(ncclDataType_t type) {
  static const size_t SIZES[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1};
  return SIZES[type];
}

void perform(const std::vector<CollectiveCall>& calls) {
  const CollectiveCall& first = calls[0];
  const size_t count = first.count, bytes = count * sizeOf(first.type), ranks = calls.size();
  const auto at = [](void* base, size_t offset) { return static_cast<char*>(base) + offset; };
  if (count == 0) return;
  // Results are made aside: a rank may receive into what another still sends.
  std::vector<std::vector<char>> results(ranks);
  switch (first.kind) {
    case Collective::ALL_REDUCE:
    case Collective::REDUCE:
      results[0].resize(bytes);
      reduce(calls, 0, count, results[0].data());
      for (const CollectiveCall& c : calls)
        if (first.kind == Collective::ALL_REDUCE || c.comm->rank == first.root) std::memcpy(c.receive, results[0].data(), bytes);
      return;
    case Collective::BROADCAST:
      for (const CollectiveCall& c : calls) std::memmove(c.receive, calls[size_t(first.root)].send, bytes);
      return;
    case Collective::REDUCE_SCATTER:
      for (size_t r = 0; r < ranks; r++) {
        results[r].resize(bytes);
        reduce(calls, r * count, count, results[r].data());
      }
      for (size_t r = 0; r < ranks; r++) std::memcpy(calls[r].receive, results[r].data(), bytes);
      return;
    case Collective::ALL_GATHER:
      results[0].resize(bytes * ranks);
      for (size_t r = 0; r < ranks; r++) std::memcpy(at(results[0].data(), r * bytes), calls[r].send, bytes);
      for (const CollectiveCall& c : calls) std::memcpy(c.receive, results[0].data(), bytes * ranks);
      return;
    case Collective::ALL_TO_ALL:
      for (size_t r = 0; r < ranks; r++) {
        results[r].resize(bytes * ranks);
        for (size_t s = 0; s < ranks; s++)
          std::memcpy(at(results[r].data(), s * bytes), static_cast<const char*>(calls[s].send) + r * bytes, bytes);
      }
      for (size_t r = 0; r < ranks; r++) std::memcpy(calls[r].receive, results[r].data(), bytes * ranks);
      return;
  }
}

}  // namespace emu
