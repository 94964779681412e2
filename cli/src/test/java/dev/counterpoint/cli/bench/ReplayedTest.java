package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.Rank;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.spi.Epoch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReplayedTest {
  @Test
  void eachReplayRunsAllCapturedLaunchesWithoutEnqueuingThemAgain() {
    WorldOptions options = new WorldOptions("host", 2, Duration.ofSeconds(10), Map.of());
    try (World world = World.open(options)) {
      List<Epoch> launches =
          world.localRanks().stream()
              .map(rank -> world.backend().signals().newEpoch(rank.index()))
              .toList();
      AtomicInteger enqueued = new AtomicInteger();
      Subject counting =
          new Subject() {
            @Override
            public String name() {
              return "counting";
            }

            @Override
            public void enqueue(Rank rank) {
              enqueued.incrementAndGet();
              world.backend().signals().advance(rank.stream(), launches.get(rank.index()));
            }

            @Override
            public void close() {}
          };
      try (Replayed replayed = Replayed.capture(counting, world, 3)) {
        assertThat(launches).allSatisfy(epoch -> assertThat(epoch.read()).isZero());
        world.localRanks().forEach(replayed::enqueue);
        world.localRanks().forEach(replayed::enqueue);
        world.synchronize(Duration.ofSeconds(10));
        assertThat(launches).allSatisfy(epoch -> assertThat(epoch.read()).isEqualTo(6));
        assertThat(enqueued).hasValue(6);
      }
      launches.forEach(Epoch::close);
    }
  }
}
