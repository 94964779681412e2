package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The platform of {@link FakeDriver}; for some tests with kernels that read through maps. */
class FakePlatform implements Platform {
  static final TileShapes TILES =
      new TileShapes(
          List.of(
              new TileShapes.Shape(128, 256, 3, 1, 1.00),
              new TileShapes.Shape(128, 128, 3, 2, 0.94),
              new TileShapes.Shape(64, 128, 3, 3, 0.80),
              new TileShapes.Shape(32, 128, 4, 4, 0.50),
              new TileShapes.Shape(16, 128, 4, 4, 0.34)),
          128,
          228 << 10,
          1 << 10);

  static final TileKernels GENERAL = TileKernels.general("plain", "sm_90", TILES);

  /** Like the tiles above, but one in pairs, and one that the general kernels have for it alone. */
  static final TileKernels MAPPED =
      new TileKernels(
          "mapped",
          "tile_gemm_mapped_",
          "sm_90x",
          new TileShapes(
              List.of(
                  new TileShapes.Shape(128, 256, 4, 1, 1.00, 2, 18560, 320, "_c2"),
                  new TileShapes.Shape(64, 128, 8, 1, 0.60, 1, 18688, 320, "_c1"),
                  new TileShapes.Shape(16, 128, 10, 1, 0.21, 1, 18688, 320, "_c1")),
              128,
              228 << 10,
              1 << 10),
          TileKernels.Access.MAPS,
          (input, output, layout) ->
              input == DType.BF16 || (input == DType.INT8 && layout == WeightLayout.NK));

  private final boolean mapped;

  FakePlatform() {
    this(false);
  }

  FakePlatform(boolean mapped) {
    this.mapped = mapped;
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public String collectiveLibrary() {
    return "the library";
  }

  @Override
  public List<String> kernelModules() {
    return List.of("none");
  }

  @Override
  public CodeFormat code() {
    return new CodeFormat(".image", ".source", architecture -> List.of("--for=" + architecture));
  }

  @Override
  public List<TileKernels> tileKernels(String architecture) {
    return mapped ? List.of(MAPPED, GENERAL) : List.of(GENERAL);
  }

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
    return KernelStore.number(architecture) >= 89 ? null : "FP8 needs a newer device";
  }

  @Override
  public boolean takesBlockFactors() {
    return true;
  }

  @Override
  public String peerRemedy() {
    return "look at the links";
  }
}
