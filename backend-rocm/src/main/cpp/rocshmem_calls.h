// The part of rocSHMEM's host interface that can be had from a shared library. It is C++, so symbols
// are looked up by their mangled names; those that begin a world by an id came with ROCm 7.0.
#pragma once
#include <cstring>

#include "forward.h"

namespace counterpoint {

inline int rocshmem_get_uniqueid(Bytes id) {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem21rocshmem_get_uniqueidEPSt5arrayIhLm128EE");
  return symbol.call(id);
}

inline int initWithUniqueId(int rank, int ranks, Bytes id) {
  static Symbol fill(
      ROCSHMEM,
      "_ZN8rocshmem31rocshmem_set_attr_uniqueid_argsEiiPSt5arrayIhLm128EEPNS_20rocshmem_init_attr_tE");
  static Symbol start(ROCSHMEM, "_ZN8rocshmem18rocshmem_init_attrEjPNS_20rocshmem_init_attr_tE");
  constexpr unsigned WITH_UNIQUE_ID = 1;
  // Their structure has 144 bytes today; it is filled and read by the library alone.
  alignas(16) char attributes[1024] = {};
  const int status = fill.call(rank, ranks, id, static_cast<char*>(attributes));
  return status != 0 ? status : start.call(WITH_UNIQUE_ID, static_cast<char*>(attributes));
}

inline int rocshmem_my_pe() {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem14rocshmem_my_peEv");
  return symbol.call();
}

inline int rocshmem_n_pes() {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem14rocshmem_n_pesEv");
  return symbol.call();
}

inline int rocshmem_malloc(Handle* address, size_t bytes) {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem15rocshmem_mallocEm");
  return symbol.get(address, bytes);
}

inline int rocshmem_free(Handle address) {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem13rocshmem_freeEPv");
  return symbol.run(address);
}

inline int rocshmem_ptr(Handle* address, Handle local, int pe) {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem12rocshmem_ptrEPKvi");
  return symbol.get(address, local, pe);
}

inline int rocshmem_barrier_all() {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem20rocshmem_barrier_allEv");
  return symbol.run();
}

inline int rocshmem_hipmodule_init(Handle module, Handle stream) {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem23rocshmem_hipmodule_initEP12ihipModule_tP12ihipStream_t");
  return symbol.call(module, stream);
}

inline int rocshmem_finalize() {
  static Symbol symbol(ROCSHMEM, "_ZN8rocshmem17rocshmem_finalizeEv");
  return symbol.run();
}

}  // namespace counterpoint
