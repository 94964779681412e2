package dev.counterpoint.backend.cuda;

import dev.counterpoint.backend.cuda.internal.CudaPlatform;
import dev.counterpoint.backend.cuda.internal.Natives;
import dev.counterpoint.backend.gpu.GpuSetup;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Probe;

/**
 * Provides the CUDA backend: every local GPU is a rank of this JVM.
 *
 * <p>Properties, all optional: {@code cuda.devices} (the GPU of each rank, such as {@code 0,1,3}; a
 * GPU may be named twice, for tests), {@code cuda.signal} ({@code copy} or {@code kernel}: how a
 * put by copy engine raises its signal), {@code cuda.tile} (tile of the tile GEMM, such as {@code
 * 128x256}), {@code cuda.splits} (how often K is split; 0 chooses), {@code cuda.collectives}
 * ({@code auto}, {@code library} or {@code copies}), {@code cuda.kernels.arch} ({@code auto},
 * {@code sm80} or {@code sm90}: whose kernels tile GEMMs use), {@code cuda.kernels} (a folder of
 * built kernels to look into first), {@code cuda.cache} (folder of the kernel cache, or {@code
 * off}), {@code cuda.chaos} (seed of delays before whatever is enqueued, for tests).
 */
public final class CudaBackendProvider implements BackendProvider {
  /** For {@link java.util.ServiceLoader}; touches nothing native. */
  public CudaBackendProvider() {}

  @Override
  public String name() {
    return "cuda";
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
    return GpuSetup.open(new CudaPlatform(), new Natives(), options);
  }
}
