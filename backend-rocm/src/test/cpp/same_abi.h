// Whether two functions are called alike on x86-64. The first is the real one.
#pragma once
#include <type_traits>

#include "forward.h"

template <class Real, class Ours>
constexpr bool sameValue() {
  if constexpr (std::is_same_v<Real, Ours>) {
    return true;
  } else if constexpr (std::is_pointer_v<Real> && std::is_pointer_v<Ours>) {
    using To = std::remove_cv_t<std::remove_pointer_t<Real>>;
    using OurTo = std::remove_cv_t<std::remove_pointer_t<Ours>>;
    if constexpr (std::is_void_v<OurTo>) {
      return true;
    } else if constexpr (sizeof(OurTo) == 1) {
      return true;  // bytes of an id, or a text
    } else if constexpr (std::is_void_v<To>) {
      return false;
    } else {
      return sizeof(To) == sizeof(OurTo) &&
             std::is_floating_point_v<To> == std::is_floating_point_v<OurTo>;
    }
  } else {
    return sizeof(Real) == sizeof(Ours) && std::is_class_v<Real> == std::is_class_v<Ours> &&
           std::is_floating_point_v<Real> == std::is_floating_point_v<Ours> &&
           !std::is_pointer_v<Ours>;
  }
}

template <class Real, class Ours>
struct SameAbi : std::false_type {};

template <class RealResult, class... Real, class OurResult, class... Ours>
struct SameAbi<RealResult(Real...), OurResult(Ours...)> {
  static constexpr bool parameters() {
    if constexpr (sizeof...(Real) != sizeof...(Ours)) {
      return false;
    } else {
      return (sameValue<Real, Ours>() && ...);
    }
  }
  static constexpr bool value = sameValue<RealResult, OurResult>() && parameters();
};
