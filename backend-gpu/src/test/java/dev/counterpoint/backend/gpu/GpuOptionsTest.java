package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Bootstrap;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuOptionsTest {
  private static GpuOptions parse(int ranks, Map<String, String> properties) {
    return GpuOptions.parse(
        GpuFixture.PLATFORM,
        new BackendOptions(ranks, Bootstrap.singleProcess(), Duration.ofSeconds(3), properties),
        4);
  }

  @Test
  void everyDeviceIsARankByDefault() {
    GpuOptions options = parse(0, Map.of("other.thing", "x"));
    assertThat(options.devices()).containsExactly(0, 1, 2, 3);
    assertThat(options.sharesDevices()).isFalse();
    assertThat(options.signalByCopy()).isTrue();
    assertThat(options.tile()).isNull();
    assertThat(options.kernelSet()).isNull();
    assertThat(parse(0, Map.of("fake.kernels.arch", "auto")).kernelSet()).isNull();
    assertThat(options.waitNanos()).isEqualTo(3_000_000_000L);
    assertThat(parse(2, Map.of()).devices()).containsExactly(0, 1);
    assertThat(GpuSetup.usesLibrary(GpuFixture.PLATFORM, options)).isTrue();
  }

  @Test
  void ranksMayShareADevice() {
    GpuOptions options = parse(3, Map.of("fake.devices", "1, 0,1"));
    assertThat(options.devices()).containsExactly(1, 0, 1);
    assertThat(options.sharesDevices()).isTrue();
    assertThat(options.ranksOnDeviceOf(2)).isEqualTo(2);
    assertThat(GpuSetup.usesLibrary(GpuFixture.PLATFORM, options)).isFalse();
    assertThat(parse(2, Map.of("fake.devices", "1,0,1")).devices()).containsExactly(1, 0);
    GpuOptions asked = parse(0, Map.of("fake.devices", "0,0", "fake.collectives", "library"));
    assertThatThrownBy(() -> GpuSetup.usesLibrary(GpuFixture.PLATFORM, asked))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("the library refuses");
  }

  @Test
  void theRest() {
    GpuOptions options =
        parse(
            0,
            Map.of(
                "fake.signal", "kernel",
                "fake.tile", "128x256",
                "fake.splits", "4",
                "fake.collectives", "copies",
                "fake.chaos", "-7",
                "fake.kernels", "k",
                "fake.kernels.arch", "plain",
                "fake.cache", "off"));
    assertThat(options.signalByCopy()).isFalse();
    assertThat(options.tile()).isEqualTo(new GpuOptions.Tile(128, 256));
    assertThat(options.splits()).isEqualTo(4);
    assertThat(options.chaosSeed()).isEqualTo(-7);
    assertThat(GpuSetup.usesLibrary(GpuFixture.PLATFORM, options)).isFalse();
    assertThat(options.kernelFolder()).isEqualTo("k");
    assertThat(options.kernelSet()).isEqualTo("plain");
  }

  @ParameterizedTest
  @CsvSource({
    "fake.devices, '0,4'",
    "fake.devices, '0,,1'",
    "fake.devices, ''",
    "fake.devices, 'all'",
    "fake.signal, 'flag'",
    "fake.tile, '128'",
    "fake.splits, '-1'",
    "fake.chaos, 'often'",
    "fake.collectives, 'nccl'",
    "fake.unknown, '1'",
  })
  void wrongValuesAreRefusedByName(String name, String value) {
    assertThatThrownBy(() -> parse(0, Map.of(name, value)))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining(name);
  }

  @Test
  void ranksMustFit() {
    assertThatThrownBy(() -> parse(5, Map.of())).hasMessageContaining("fake.devices");
    assertThatThrownBy(() -> parse(-1, Map.of())).isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> parse(3, Map.of("fake.devices", "0,1")))
        .hasMessageContaining("3 ranks");
    assertThatThrownBy(
            () ->
                GpuOptions.parse(
                    GpuFixture.PLATFORM,
                    new BackendOptions(0, Bootstrap.singleProcess(), Duration.ZERO, Map.of()),
                    1))
        .hasMessageContaining("waitTimeout");
  }
}
