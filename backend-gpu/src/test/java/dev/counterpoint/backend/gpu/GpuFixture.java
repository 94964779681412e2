package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Bootstrap;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A backend on a fake driver. */
final class GpuFixture implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(5);

  static final Platform PLATFORM = new FakePlatform();

  /** With kernels that read through maps. */
  static final Platform MAPPING = new FakePlatform(true);

  final FakeDriver driver;
  final GpuBackend backend;

  GpuFixture(String... properties) {
    this(new FakeDriver(), properties);
  }

  GpuFixture(FakeDriver driver, String... properties) {
    this(PLATFORM, driver, properties);
  }

  GpuFixture(Platform platform, FakeDriver driver, String... properties) {
    this.driver = driver;
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < properties.length; i += 2) {
      map.put(properties[i], properties[i + 1]);
    }
    map.putIfAbsent("fake.collectives", "copies");
    BackendOptions options =
        new BackendOptions(0, Bootstrap.singleProcess(), Duration.ofSeconds(2), map);
    backend =
        GpuSetup.open(
            platform,
            GpuOptions.parse(platform, options, driver.devices),
            driver,
            kernels(platform.code(), platform == MAPPING),
            null,
            null);
    driver.take();
  }

  /** A store that has every family as an image of no content. */
  static KernelStore kernels(CodeFormat code) {
    return kernels(code, false);
  }

  /**
   * The same.
   *
   * @param mapped whether those for an architecture are there, too
   */
  static KernelStore kernels(CodeFormat code, boolean mapped) {
    StringBuilder json = new StringBuilder("{\"ptx\": \"compute_80\", \"kernels\": [\n");
    for (String family :
        List.of(
            "companions",
            "tile_gemm_fp32",
            "tile_gemm_fp16",
            "tile_gemm_bf16",
            "tile_gemm_int8",
            "tile_gemm_fp8_e4m3",
            "tile_gemm_fp8_e5m2")) {
      json.append("{\"entry\": \"any\", \"file\": \"")
          .append(family)
          .append(code.imageSuffix() + "\", \"arch\": \"sm_80\", \"registers\": 1},\n");
    }
    if (mapped) {
      for (String input : List.of("bf16", "int8")) {
        json.append("{\"entry\": \"any\", \"file\": \"tile_gemm_mapped_" + input)
            .append(code.imageSuffix() + "\", \"arch\": \"sm_90x\", \"registers\": 1},\n");
      }
    }
    json.append("]}");
    KernelPlace place =
        new KernelPlace() {
          @Override
          public String describe() {
            return "a test";
          }

          @Override
          public byte @Nullable [] read(String name) {
            if (name.equals("manifest.json")) {
              return json.toString().getBytes(StandardCharsets.UTF_8);
            }
            return name.endsWith(code.imageSuffix()) ? new byte[] {1} : null;
          }
        };
    return new KernelStore(code, List.of(place), () -> new KernelCache(null, w -> {}), () -> null);
  }

  Stream stream(int rank) {
    return backend.device(rank).newStream("s", 0);
  }

  DeviceMemory memory(int rank, int bytes) {
    return backend.device(rank).allocate(bytes).memory();
  }

  void write(DeviceMemory memory, byte... bytes) {
    backend.device(memory.rank()).upload(memory, 0, ByteBuffer.wrap(bytes));
  }

  byte[] read(DeviceMemory memory) {
    ByteBuffer bytes = ByteBuffer.allocate((int) memory.bytes()).order(ByteOrder.nativeOrder());
    backend.device(memory.rank()).download(memory, 0, bytes);
    return bytes.array();
  }

  @Override
  public void close() {
    backend.close();
  }
}
