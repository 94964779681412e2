// A librocshmem.so with its C++ names: the arguments go to FAKE_LOG.
#include <array>

#include "fake.h"

struct ihipModule_t;
struct ihipStream_t;

namespace rocshmem {

using rocshmem_uniqueid_t = std::array<uint8_t, 128>;
struct rocshmem_init_attr_t {
  int32_t rank;
  int32_t nranks;
  rocshmem_uniqueid_t uid;
  void* mpi_comm;
};

static long long number(const void* address) { return reinterpret_cast<long long>(address); }

int rocshmem_get_uniqueid(rocshmem_uniqueid_t* id) {
  id->fill(7);
  return 0;
}
int rocshmem_set_attr_uniqueid_args(int rank,
                                    int ranks,
                                    rocshmem_uniqueid_t* id,
                                    rocshmem_init_attr_t* out) {
  *out = {rank, ranks, *id, nullptr};
  return 0;
}
int rocshmem_init_attr(unsigned flags, rocshmem_init_attr_t* attributes) {
  const int last = attributes->uid[127];
  fake::record("rocshmem_init_attr", flags, attributes->rank, attributes->nranks, last);
  return 0;
}
int rocshmem_my_pe() { return 3; }
int rocshmem_n_pes() { return 8; }
void* rocshmem_malloc(size_t bytes) { return reinterpret_cast<void*>(bytes + 1); }
void rocshmem_free(void* address) { fake::record("rocshmem_free", number(address)); }
void* rocshmem_ptr(const void* address, int pe) {
  return reinterpret_cast<void*>(number(address) + pe);
}
void rocshmem_barrier_all() { fake::record("rocshmem_barrier_all"); }
int rocshmem_hipmodule_init(ihipModule_t* module, ihipStream_t* stream) {
  return fake::record("rocshmem_hipmodule_init", number(module), number(stream));
}
void rocshmem_finalize() { fake::record("rocshmem_finalize"); }

}  // namespace rocshmem
