package dev.counterpoint.backend.rocm.internal.hip;

/** Calls all that is bound of rocSHMEM. */
final class RocShmemProgram {
  private RocShmemProgram() {}

  public static void main(String[] arguments) {
    byte[] id = new byte[128];
    int zero = RocShmem.rocshmem_get_uniqueid(id);
    System.out.println("id " + id[127]);
    zero |= RocShmem.initWithUniqueId(3, 8, id);
    System.out.println("pe " + RocShmem.rocshmem_my_pe() + " of " + RocShmem.rocshmem_n_pes());
    long[] address = new long[1];
    zero |= RocShmem.rocshmem_malloc(address, 4096);
    System.out.println("malloc " + address[0]);
    long mine = address[0];
    zero |= RocShmem.rocshmem_ptr(address, mine, 5);
    System.out.println("ptr " + address[0]);
    zero |= RocShmem.rocshmem_barrier_all();
    System.out.println("module " + RocShmem.rocshmem_hipmodule_init(11, 12));
    zero |= RocShmem.rocshmem_free(mine);
    zero |= RocShmem.rocshmem_finalize();
    System.out.println("zero " + zero);
  }
}
