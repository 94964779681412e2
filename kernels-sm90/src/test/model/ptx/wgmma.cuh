#pragma once
// Twin of the kernels' ptx/wgmma.cuh.

#include "hopper.h"
#include "mma/input.cuh"

namespace counterpoint {

CP_DEVICE void beginProducts() {
  model::productsBegin();
}
CP_DEVICE void commitProducts() {
  model::productsCommit();
}
template <i32 PENDING>
CP_DEVICE void awaitProducts() {
  model::productsAwait(PENDING);
}
CP_DEVICE void pin(f32&) {}
CP_DEVICE void pin(i32&) {}
CP_DEVICE void leaveUndefined(f32& sum) {
  sum = __uint_as_float(0x7fdeadad);
}

template <class Input>
constexpr model::Element kElement = model::Element::kBf16;
template <>
constexpr model::Element kElement<Fp16> = model::Element::kFp16;
template <>
constexpr model::Element kElement<E4m3> = model::Element::kE4m3;
template <>
constexpr model::Element kElement<E5m2> = model::Element::kE5m2;
template <>
constexpr model::Element kElement<Int8> = model::Element::kInt8;

template <class Input, i32 N, i32 FIRST_ACROSS, i32 SECOND_ACROSS>
struct Wgmma {
  static CP_DEVICE void multiply(typename Input::Sum (&d)[N / 2], u64 first, u64 second, bool add) {
    model::productStart(
        {kElement<Input>, N, FIRST_ACROSS != 0, SECOND_ACROSS != 0, first, second, add},
        reinterpret_cast<u32*>(d));
  }
};

}  // namespace counterpoint
