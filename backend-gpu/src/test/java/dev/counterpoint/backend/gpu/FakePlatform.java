package dev.counterpoint.backend.gpu;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The platform of {@link FakeDriver}. */
final class FakePlatform implements Platform {
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
  public TileShapes tiles(String architecture) {
    return TILES;
  }

  @Override
  public boolean multipliesFullFp32() {
    return false;
  }

  @Override
  public @Nullable String noFp8(String architecture) {
    return KernelStore.number(architecture) >= 89 ? null : "FP8 needs a newer device";
  }

  @Override
  public String peerRemedy() {
    return "look at the links";
  }
}
