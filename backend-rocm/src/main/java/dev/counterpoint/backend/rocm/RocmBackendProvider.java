package dev.counterpoint.backend.rocm;

import dev.counterpoint.backend.gpu.GpuSetup;
import dev.counterpoint.backend.rocm.internal.Natives;
import dev.counterpoint.backend.rocm.internal.RocmPlatform;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Probe;

/**
 * Provides the ROCm backend: every local GPU is a rank of this JVM.
 *
 * <p>Properties, all optional: {@code rocm.devices} (the GPU of each rank, such as {@code 0,1,3}; a
 * GPU may be named twice, for tests), {@code rocm.signal} ({@code copy} or {@code kernel}: how a
 * put by copy engine raises its signal), {@code rocm.tile} (tile of the tile GEMM, such as {@code
 * 128x256}), {@code rocm.splits} (how often K is split; 0 chooses), {@code rocm.collectives}
 * ({@code auto}, {@code library} or {@code copies}), {@code rocm.kernels} (a folder of built
 * kernels to look into first), {@code rocm.cache} (folder of the kernel cache, or {@code off}).
 *
 * <p>Where the libraries lie, when the dynamic linker does not know: the system properties {@code
 * counterpoint.rocm.hip} and {@code counterpoint.rocm.rccl}, or the environment variables {@code
 * COUNTERPOINT_ROCM_HIP} and {@code COUNTERPOINT_ROCM_RCCL}; each names a file or a directory.
 */
public final class RocmBackendProvider implements BackendProvider {
  /** For {@link java.util.ServiceLoader}; touches nothing native. */
  public RocmBackendProvider() {}

  @Override
  public String name() {
    return "rocm";
  }

  @Override
  public int priority() {
    return 100;
  }

  @Override
  public Probe probe() {
    return new Natives().probe(null);
  }

  @Override
  public Backend open(BackendOptions options) {
    return GpuSetup.open(new RocmPlatform(), new Natives(), options);
  }
}
