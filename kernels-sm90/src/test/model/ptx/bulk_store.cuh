#pragma once
// Twin of the kernels' ptx/bulk_store.cuh.

#include "base/types.h"
#include "hopper.h"

namespace counterpoint {

CP_DEVICE void storeBulk(u64 to, u32 from, u32 bytes) {
  model::storeBulk(to, from, bytes);
}
CP_DEVICE void commitStores() {
  model::storesCommit();
}
CP_DEVICE void awaitStoresRead() {
  model::storesAwait(true);
}
CP_DEVICE void awaitStores() {
  model::storesAwait(false);
}

}  // namespace counterpoint
