package dev.counterpoint.backend.rocm.internal;

import dev.counterpoint.backend.gpu.CodeFormat;
import dev.counterpoint.backend.gpu.Platform;
import dev.counterpoint.backend.gpu.TileKernels;
import dev.counterpoint.backend.gpu.TileShapes;
import dev.counterpoint.backend.gpu.TileShapes.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Platform} of AMD's GPUs. */
public final class RocmPlatform implements Platform {
  /** What there are kernels for: MI300A, MI300X, MI325X. */
  static final String ARCHITECTURE = "gfx942";

  /** The tiles of kernels-cdna3. Their rates are guesses: nothing has been measured. */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(128, 256, 2, 1, 1.00),
          new Shape(128, 128, 3, 1, 0.94),
          new Shape(64, 128, 4, 1, 0.80),
          new Shape(32, 128, 3, 2, 0.50),
          new Shape(16, 128, 3, 2, 0.34));

  /** Bytes of K in one stage: the kernels' panels. */
  private static final int STAGE_BYTES = 64;

  /** LDS of a compute unit. */
  private static final int SHARED_BYTES = 64 << 10;

  /** LDS that a block has beside its panels, for the votes of its waves; rounded up. */
  private static final int STATIC_SHARED_BYTES = 512;

  private static final CodeFormat CODE =
      new CodeFormat(
          ".hsaco",
          ".hip",
          architecture -> List.of("--offload-arch=" + architecture, "-std=c++17", "-O3"));

  /** Touches nothing native. */
  public RocmPlatform() {}

  @Override
  public String name() {
    return "rocm";
  }

  @Override
  public String collectiveLibrary() {
    return "RCCL";
  }

  @Override
  public List<String> kernelModules() {
    return List.of("cdna3");
  }

  @Override
  public CodeFormat code() {
    return CODE;
  }

  @Override
  public List<TileKernels> tileKernels(String architecture) {
    TileShapes shapes = new TileShapes(SHAPES, STAGE_BYTES, SHARED_BYTES, STATIC_SHARED_BYTES);
    return List.of(TileKernels.general("cdna3", architecture, shapes));
  }

  @Override
  public boolean multipliesFullFp32() {
    return true;
  }

  @Override
  public boolean reducesOverPeers() {
    return true;
  }

  /** The matrix cores take FNUZ; the kernels convert from and to OCP's formats. */
  @Override
  public @Nullable String noFp8(String architecture) {
    return null;
  }

  @Override
  public boolean takesBlockFactors() {
    return false;
  }

  @Override
  public String peerRemedy() {
    return "look at rocm-smi --showtopo, at iommu=pt of the kernel's command line, and at the"
        + " isolation settings of containers";
  }
}
