package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.backend.gpu.CodeFormat;
import dev.counterpoint.backend.gpu.KernelStore;
import dev.counterpoint.backend.gpu.Platform;
import dev.counterpoint.backend.gpu.TileShapes;
import dev.counterpoint.backend.gpu.TileShapes.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Platform} of NVIDIA's GPUs. */
public final class CudaPlatform implements Platform {
  private static final int FIRST_WITH_FP8 = 89;

  /** The tiles of kernels-sm80. */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(128, 256, 3, 1, 1.00),
          new Shape(128, 128, 3, 2, 0.94),
          new Shape(64, 128, 3, 3, 0.80),
          new Shape(32, 128, 4, 4, 0.50),
          new Shape(16, 128, 4, 4, 0.34));

  /** Bytes of K in one stage: the kernels' panels. */
  private static final int STAGE_BYTES = 128;

  /** Shared memory that the system takes of each block. */
  private static final int SYSTEM_SHARED_BYTES = 1 << 10;

  private static final CodeFormat CODE =
      new CodeFormat(
          ".fatbin",
          ".cu",
          architecture -> List.of("--gpu-architecture=" + architecture, "--std=c++17"));

  /** Touches nothing native. */
  public CudaPlatform() {}

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String collectiveLibrary() {
    return "NCCL";
  }

  @Override
  public List<String> kernelModules() {
    return List.of("sm80");
  }

  @Override
  public CodeFormat code() {
    return CODE;
  }

  @Override
  public TileShapes tiles(String architecture) {
    int sharedBytes =
        switch (KernelStore.number(architecture)) {
          case 80, 87 -> 164 << 10;
          case 86, 88, 89, 120, 121 -> 100 << 10;
          default -> 228 << 10;
        };
    return new TileShapes(SHAPES, STAGE_BYTES, sharedBytes, SYSTEM_SHARED_BYTES);
  }

  /** FP32 is multiplied as TF32. */
  @Override
  public boolean multipliesFullFp32() {
    return false;
  }

  @Override
  public @Nullable String noFp8(String architecture) {
    return KernelStore.number(architecture) >= FIRST_WITH_FP8
        ? null
        : "FP8 needs sm_89 or newer on every device";
  }

  @Override
  public String peerRemedy() {
    return "look at nvidia-smi topo -p2p rw, and at the isolation settings of containers and"
        + " bridges";
  }
}
