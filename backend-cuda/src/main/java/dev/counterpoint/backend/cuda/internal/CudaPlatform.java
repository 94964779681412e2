package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.backend.gpu.CodeFormat;
import dev.counterpoint.backend.gpu.KernelStore;
import dev.counterpoint.backend.gpu.Platform;
import dev.counterpoint.backend.gpu.TileKernels;
import dev.counterpoint.backend.gpu.TileShapes;
import dev.counterpoint.backend.gpu.TileShapes.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Platform} of NVIDIA's GPUs. */
public final class CudaPlatform implements Platform {
  private static final int FIRST_WITH_FP8 = 89;
  private static final int HOPPER = 90;

  /**
   * The tiles of kernels-sm80. The last is for what kernels-sm90 chose the tile for and cannot
   * read.
   */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(128, 256, 3, 1, 1.00),
          new Shape(128, 128, 3, 2, 0.94),
          new Shape(64, 128, 3, 3, 0.80),
          new Shape(32, 128, 4, 4, 0.50),
          new Shape(16, 128, 4, 4, 0.34),
          new Shape(64, 256, 3, 1, 0));

  /**
   * The tiles of kernels-sm90. That of 128 × 128 is what was measured with N 1280 and 6144; the
   * others are worked out from the bytes that a product takes through the second-level cache.
   */
  private static final List<Shape> HOPPER_SHAPES =
      List.of(
          throughOutboxes(128, 256, 3, 2, 1.00),
          inTurns(128, 128, 6, 2, 0.86),
          inTurns(64, 256, 5, 1, 0.72),
          together(64, 128, 8, 1, 0.60),
          together(32, 128, 10, 1, 0.38),
          together(16, 128, 10, 1, 0.21));

  /**
   * Bytes of K that are multiplied in the time of an epilogue that is exposed: storing 16 bits for
   * each sum at some 25 bytes a cycle and multiprocessor, against 4096 operations a cycle.
   */
  private static final int EXPOSED_BYTES = 320;

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
    return List.of("sm90", "sm80");
  }

  @Override
  public CodeFormat code() {
    return CODE;
  }

  @Override
  public List<TileKernels> tileKernels(String architecture) {
    int number = KernelStore.number(architecture);
    int sharedBytes =
        switch (number) {
          case 80, 87 -> 164 << 10;
          case 86, 88, 89, 120, 121 -> 100 << 10;
          default -> 228 << 10;
        };
    TileKernels general = TileKernels.general("sm80", architecture, shapes(SHAPES, sharedBytes));
    if (number != HOPPER) {
      return List.of(general);
    }
    TileKernels hopper =
        new TileKernels(
            "sm90",
            "tile_gemm_sm90_",
            "sm_90a",
            shapes(HOPPER_SHAPES, sharedBytes),
            TileKernels.Access.MAPS,
            CudaPlatform::isForHopper);
    return List.of(hopper, general);
  }

  private static TileShapes shapes(List<Shape> shapes, int sharedBytes) {
    return new TileShapes(shapes, STAGE_BYTES, sharedBytes, SYSTEM_SHARED_BYTES);
  }

  /** Both multiplying warpgroups on one tile, whose end nothing covers. */
  private static Shape together(int rows, int cols, int stages, int cluster, double rate) {
    return hopper(rows, cols, stages, cluster, rate, 0, EXPOSED_BYTES);
  }

  /** The same, but the copy engine stores, while the next tile is multiplied. */
  private static Shape throughOutboxes(int rows, int cols, int stages, int cluster, double rate) {
    return hopper(rows, cols, stages, cluster, rate, 2, 0);
  }

  /** A tile for each of them: one stores while the other multiplies. */
  private static Shape inTurns(int rows, int cols, int stages, int cluster, double rate) {
    return hopper(rows, cols, stages, cluster, rate, 0, 0);
  }

  /** Shared memory as in {@code pipeline/shared_layout.cuh} of kernels-sm90. */
  private static Shape hopper(
      int rows, int cols, int stages, int cluster, double rate, int outboxes, int exposed) {
    int wayOut = outboxes == 0 ? 8 * 2304 : outboxes * rows / 2 * (2 * cols + 16);
    int barriers = 8 * (2 * stages + 8);
    int words = 4 * 5;
    int extra = (wayOut + barriers + words + 127) / 128 * 128;
    String suffix = "_c" + cluster + "_o" + outboxes;
    return new Shape(rows, cols, stages, 1, rate, cluster, extra, exposed, suffix);
  }

  /**
   * The tensor core transposes only 16-bit types, and its sums of FP8 are narrower than an FP32
   * output may be.
   */
  private static boolean isForHopper(DType input, DType output, WeightLayout layout) {
    return switch (input) {
      case BF16, FP16 -> true;
      case INT8 -> layout == WeightLayout.NK;
      case FP8_E4M3, FP8_E5M2 -> layout == WeightLayout.NK && output != DType.FP32;
      case FP32, INT32 -> false;
    };
  }

  /** FP32 is multiplied as TF32. */
  @Override
  public boolean multipliesFullFp32() {
    return false;
  }

  @Override
  public boolean reducesOverPeers() {
    return true;
  }

  @Override
  public @Nullable String noFp8(String architecture) {
    return KernelStore.number(architecture) >= FIRST_WITH_FP8
        ? null
        : "FP8 needs sm_89 or newer on every device";
  }

  @Override
  public boolean takesBlockFactors() {
    return true;
  }

  @Override
  public String peerRemedy() {
    return "look at nvidia-smi topo -p2p rw, and at the isolation settings of containers and"
        + " bridges";
  }
}
