// How a line of a *_calls.h becomes a function that finds its library when first called.
//
// Parameters are numbers, as the calling convention of x86-64 passes them: handles and addresses as
// Handle, whatever the library calls their type, and enumerations as int. A pointer to a result
// says how large the result is. AbiTest compares every line with the real headers.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "library.h"

namespace counterpoint {

/// A handle or an address, as JNI passes Java's long.
using Handle = long long;
/// A size that is a result.
using Size = long long;
using Text = const char*;
/// Bytes that Java gives or gets: texts and opaque ids.
using Bytes = signed char*;

/// Ids that the libraries take by value.
struct Bytes64 {
  char bytes[64];
};
struct Bytes128 {
  char bytes[128];
};

class Symbol {
 public:
  constexpr Symbol(Library library, const char* name) : library(library), name(name) {}

  template <class... Parameter>
  int call(Parameter... values) {
    void* function = address();
    return function ? reinterpret_cast<int (*)(Parameter...)>(function)(values...)
                    : missing(library, name);
  }

  /// Of a function without result: 0.
  template <class... Parameter>
  int run(Parameter... values) {
    void* function = address();
    if (!function) {
      return missing(library, name);
    }
    reinterpret_cast<void (*)(Parameter...)>(function)(values...);
    return 0;
  }

  /// Of a function that answers an address: 0, and the address.
  template <class... Parameter>
  int get(Handle* result, Parameter... values) {
    void* function = address();
    if (!function) {
      return missing(library, name);
    }
    *result = reinterpret_cast<Handle (*)(Parameter...)>(function)(values...);
    return 0;
  }

  template <class... Parameter>
  Text text(Parameter... values) {
    void* function = address();
    const char* answer =
        function ? reinterpret_cast<Text (*)(Parameter...)>(function)(values...) : nullptr;
    return answer ? answer : "(no text)";
  }

 private:
  void* address() {
    void* known = function.load(std::memory_order_acquire);
    if (!known) {
      known = find(library, name);
      function.store(known, std::memory_order_release);
    }
    return known;
  }

  const Library library;
  const char* const name;
  std::atomic<void*> function{nullptr};
};

}  // namespace counterpoint

/// Defines a function that a library has under the same name: its parameters, then their names.
#define ROCM_CALL(library, name, parameters, ...)       \
  inline int name parameters {                          \
    static Symbol symbol(library, #name);               \
    return symbol.call(__VA_ARGS__);                    \
  }

/// The same for a function that answers a text.
#define ROCM_TEXT(library, name, parameters, ...)       \
  inline Text name parameters {                         \
    static Symbol symbol(library, #name);               \
    return symbol.text(__VA_ARGS__);                    \
  }
