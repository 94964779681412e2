package dev.counterpoint.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.Rank;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorldEventsTest {
  @Test
  void aRecordingHoldsTheWorldThePlanAndEveryLaunch(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("events.jfr");
    AllGatherGemmSpec spec = AllGatherGemmSpec.builder().m(8).n(8).k(8).dtype(DType.FP32).build();
    assertThat(WorldEvents.recordsLaunches()).as("nothing is recorded yet").isFalse();
    try (Recording recording = new Recording()) {
      for (String name : List.of("WorldOpened", "Planned", "Launch")) {
        recording.enable("dev.counterpoint." + name);
      }
      recording.start();
      try (World world = World.open(WorldOptions.defaults().withBackend("host").withRanks(2));
          AllGatherGemm plan = world.plan(spec)) {
        for (int launch = 0; launch < 3; launch++) {
          for (Rank rank : world.localRanks()) {
            int r = rank.index();
            plan.launch(
                rank,
                rank.allocate(DType.FP32, spec.inputShape(r, 2)),
                rank.allocate(DType.FP32, spec.weightShape(r, 2)),
                rank.allocate(DType.FP32, spec.outputShape(r, 2)));
          }
        }
        world.synchronize(Duration.ofSeconds(30));
      }
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    assertThat(named(events, "WorldOpened")).hasSize(1);
    assertThat(named(events, "WorldOpened").get(0).getInt("ranks")).isEqualTo(2);
    assertThat(named(events, "Planned")).hasSize(1);
    assertThat(named(events, "Planned").get(0).getString("plan")).isEqualTo("ag-gemm#1");
    assertThat(named(events, "Launch"))
        .hasSize(6)
        .allSatisfy(event -> assertThat(event.getString("plan")).isEqualTo("ag-gemm#1"));
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals("dev.counterpoint." + name))
        .toList();
  }
}
