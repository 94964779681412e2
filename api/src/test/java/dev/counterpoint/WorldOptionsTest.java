package dev.counterpoint;

import static dev.counterpoint.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorldOptionsTest {
  private static final WorldOptions DEFAULTS = WorldOptions.defaults();

  @Test
  void defaults() {
    assertThat(DEFAULTS).isEqualTo(new WorldOptions("auto", 0, Duration.ofSeconds(30), Map.of()));
  }

  @Test
  void eachWitherChangesOneField() {
    WorldOptions all =
        DEFAULTS
            .withBackend("host")
            .withRanks(4)
            .withWaitTimeout(Duration.ofMillis(5))
            .withProperty("host.a", "1")
            .withProperty("host.b", "2")
            .withProperty("host.a", "3");
    assertThat(all)
        .isEqualTo(
            new WorldOptions(
                "host", 4, Duration.ofMillis(5), Map.of("host.a", "3", "host.b", "2")));
    assertThat(DEFAULTS.properties()).isEmpty();
  }

  @Test
  void refusalsNameTheField() {
    refused("backend", () -> DEFAULTS.withBackend(" "));
    refused("ranks", () -> DEFAULTS.withRanks(-1));
    refused("ranks", () -> DEFAULTS.withRanks(1025));
    assertThat(DEFAULTS.withRanks(1024).ranks()).isEqualTo(1024);
    refused("waitTimeout", () -> DEFAULTS.withWaitTimeout(Duration.ZERO));
    refused("waitTimeout", () -> DEFAULTS.withWaitTimeout(Duration.ofNanos(-1)));
  }

  @Test
  void propertiesAreACopy() {
    Map<String, String> properties = new HashMap<>(Map.of("x", "y"));
    WorldOptions options = new WorldOptions("auto", 0, Duration.ofSeconds(1), properties);
    properties.put("z", "z");
    assertThat(options.properties()).isEqualTo(Map.of("x", "y"));
    assertThatThrownBy(() -> options.properties().put("a", "b"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void withoutAnImplementationTheErrorNamesTheArtifact() {
    assertThatThrownBy(() -> World.open(DEFAULTS))
        .isInstanceOfSatisfying(
            CounterpointException.class,
            e -> assertThat(e.category()).isEqualTo(Failure.Category.UNAVAILABLE))
        .hasMessageContaining("dev.counterpoint:counterpoint-core");
  }
}
