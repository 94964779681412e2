package dev.counterpoint.backend.rocm.internal.hip;

import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The part of rocSHMEM's host interface that can be called without its headers.
 *
 * <p><b>What it can do.</b> With a shared {@code librocshmem.so} of ROCm 7.0 or newer: begin a
 * world of processes by an id that they exchange, allocate symmetric memory, tell where another
 * PE's part of it lies, wait for all PEs, end.
 *
 * <p><b>What it cannot.</b> A PE is a process with one device, so it does not serve several devices
 * of one JVM. Functions that kernels call are bitcode to be linked into them; nothing here does
 * that. Beginning by MPI, teams, contexts and host-side puts are not bound. Most installations have
 * a static {@code librocshmem.a} alone, which no process can load: then every function answers
 * {@link BindingStatus#LIBRARY_MISSING}. The names are those of C++, so another standard library
 * than GNU's, or a change of signature, shows as {@link BindingStatus#SYMBOL_MISSING}.
 *
 * <p>Functions without a result in C++ answer 0. This class has never run against the library.
 */
@Platform(include = "bindings.h", library = Bindings.JNI_LIBRARY)
@Namespace("counterpoint")
@NoException
public final class RocShmem {
  static {
    Bindings.require();
  }

  private RocShmem() {}

  /** Makes the 128 bytes that every PE must be given. */
  public static native int rocshmem_get_uniqueid(byte[] id);

  /**
   * Begins a world of {@code ranks} processes that were given the same id; returns when all are
   * there.
   */
  public static native int initWithUniqueId(int rank, int ranks, byte[] id);

  public static native int rocshmem_my_pe();

  public static native int rocshmem_n_pes();

  /** Collective: every PE allocates the same. */
  public static native int rocshmem_malloc(long[] address, long bytes);

  /** Collective. */
  public static native int rocshmem_free(long address);

  /**
   * Where this PE's kernels find another PE's part of an allocation; 0 when they cannot load and
   * store there.
   */
  public static native int rocshmem_ptr(long[] address, long local, int pe);

  public static native int rocshmem_barrier_all();

  /**
   * Gives a loaded module, linked with rocSHMEM's device bitcode, the world's state. Recent
   * versions only.
   */
  public static native int rocshmem_hipmodule_init(long module, long stream);

  public static native int rocshmem_finalize();

  static String nameOf(int status) {
    return RocmLibrary.numbered(status, "ROCSHMEM_SUCCESS", "ROCSHMEM_ERROR");
  }
}
