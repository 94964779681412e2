package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.Norm;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.World;
import dev.counterpoint.core.fake.Journal;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.fake.Work;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Transport;
import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a launch enqueues, and what it costs. */
class LaunchShapeTest {
  private static final Set<Capability> PEERS = Worlds.PEERS;

  static List<OperatorSpec> everyProgram() {
    return Worlds.everyProgram();
  }

  /** A captured launch needs it: side streams begin with the main stream and end before it. */
  @ParameterizedTest
  @MethodSource("everyProgram")
  void sideStreamsAreForkedFromTheMainStreamAndJoinedToIt(OperatorSpec spec) {
    Set<Object> recorded = new HashSet<>();
    Set<Object> awaitedOnMain = new HashSet<>();
    Set<String> forked = new HashSet<>();
    Set<String> open = new HashSet<>();
    Map<Object, String> joins = new HashMap<>();
    for (Journal.Step step : Worlds.launched(spec, 3, 1).steps()) {
      assertThat(step.rank()).as("only the rank's own streams").isEqualTo(1);
      if (step.work() instanceof Work.Label) {
        continue;
      }
      boolean main = step.stream().equals("main");
      if (step.work() instanceof Work.Mark mark && main) {
        recorded.add(new Work.Follow(mark.event(), mark.number()));
      } else if (step.work() instanceof Work.Follow follow && !main) {
        assertThat(recorded)
            .as("side streams follow the main one, or one that does")
            .contains(follow);
        forked.add(step.stream());
      } else if (step.work() instanceof Work.Mark mark) {
        assertThat(forked)
            .as("a mark on a stream that follows the main one")
            .contains(step.stream());
        recorded.add(new Work.Follow(mark.event(), mark.number()));
        joins.put(new Work.Follow(mark.event(), mark.number()), step.stream());
        open.remove(step.stream());
      } else if (step.work() instanceof Work.Follow follow) {
        assertThat(joins).containsKey(follow);
        awaitedOnMain.add(follow);
      }
      if (!main && !(step.work() instanceof Work.Mark)) {
        assertThat(forked).as(step.text()).contains(step.stream());
        open.add(step.stream());
      }
    }
    assertThat(open).as("streams with work after their last join").isEmpty();
    for (String stream : forked) {
      assertThat(awaitedOnMain).as("join of %s", stream).anyMatch(f -> joins.get(f).equals(stream));
    }
  }

  @ParameterizedTest
  @MethodSource("everyProgram")
  void everythingIsLabelledWithThePlanAndTheMainStreamIsLeftWithoutLabel(OperatorSpec spec) {
    Map<String, String> labels = new HashMap<>();
    for (Journal.Step step : Worlds.launched(spec, 2, 0).steps()) {
      if (step.work() instanceof Work.Label label) {
        labels.put(step.stream(), label.text());
      } else if (!(step.work() instanceof Work.Mark || step.work() instanceof Work.Follow)) {
        assertThat(labels.get(step.stream())).as(step.text()).isEqualTo(spec.operator() + "#1");
      }
    }
    assertThat(labels.get("main")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("everyProgram")
  void launchingAllocatesNothing(OperatorSpec spec) {
    RecordingBackend backend = new RecordingBackend(2, PEERS);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (World world = Worlds.open(backend);
        OperatorPlan plan = world.plan(spec)) {
      backend.journal().mute();
      for (Rank rank : world.localRanks()) {
        try (Worlds.Operands operands = Worlds.Operands.of(spec, backend, rank)) {
          for (int i = 0; i < 100; i++) { // classes are loaded and enums numbered
            operands.launch(plan);
          }
          long before = threads.getCurrentThreadAllocatedBytes();
          for (int i = 0; i < 1000; i++) {
            operands.launch(plan);
          }
          long bytes = threads.getCurrentThreadAllocatedBytes() - before;
          // One object in each launch would be 16,000 bytes; the virtual machine adds a few.
          assertThat(bytes).isLessThan(8_000);
        }
      }
    }
  }

  @Test
  void fusedAllGatherPushesFromItsInputAndGatesItsTiles() {
    AllGatherGemmSpec spec =
        AllGatherGemmSpec.builder()
            .m(9)
            .n(6)
            .k(4)
            .dtype(DType.FP32)
            .strategy(Strategy.FUSED)
            .build();
    RecordingBackend backend = new RecordingBackend(3, PEERS);
    World world = Worlds.open(backend);
    OperatorPlan plan = world.plan(spec);
    Worlds.Operands operands = Worlds.Operands.of(spec, backend, world.rank(1));
    backend.journal().clear();
    operands.launch(plan);
    assertThat(backend.journal().texts(1, "main"))
        .containsExactly(
            "advance",
            "record",
            "put2d 3 input@1 -> gathered@1+48",
            "gemm ag-gemm#1 of gathered@1",
            "setAll consumed@[0, 1, 2][1]",
            "await event",
            "await event");
    assertThat(backend.journal().texts(1, "send"))
        .containsExactly(
            "await event",
            "await consumed[2] 1e-1",
            "putSignal COPY_ENGINE input@1 -> gathered@2+48 then arrived@2[1]",
            "await consumed[0] 1e-1",
            "putSignal COPY_ENGINE input@1 -> gathered@0+48 then arrived@0[1]",
            "record");
    assertThat(backend.journal().texts(1, "receive")).containsExactly("await event", "record");

    GemmSpec gemm = backend.gemm().prepared().get(1);
    assertThat(((TileOrder.Shards) gemm.order()).shards()).containsExactly(1, 0, 2);
    TileGate.Words gate = (TileGate.Words) gemm.gate();
    assertThat(gate.target()).isEqualTo(Target.THIS_LAUNCH);
    assertThat(gate.wordCount()).containsExactly(1, 0, 1);
    assertThat(gate.firstWord()[0]).isZero();
    assertThat(gate.firstWord()[2]).isEqualTo(2);
    assertThat(gemm.route()).isEqualTo(TileRoute.LOCAL);
    assertThat(gemm.post()).isEqualTo(TilePost.NONE);
  }

  @Test
  void fusedReduceScatterRoutesToOwnersNextRankFirstAndOwnLast() {
    GemmReduceScatterSpec spec =
        GemmReduceScatterSpec.builder()
            .m(9)
            .n(16)
            .k(6)
            .dtype(DType.FP32)
            .strategy(Strategy.FUSED)
            .build();
    RecordingBackend backend = new RecordingBackend(3, PEERS);
    World world = Worlds.open(backend);
    OperatorPlan plan = world.plan(spec);
    Worlds.Operands operands = Worlds.Operands.of(spec, backend, world.rank(1));
    backend.journal().clear();
    operands.launch(plan);
    assertThat(backend.journal().texts(1, "main"))
        .containsExactly(
            "advance", "record", "gemm gemm-rs#1 of input@1", "await event", "await event");
    assertThat(backend.journal().texts(1, "receive"))
        .containsExactly(
            "await event",
            "await arrived[0..2] 2e",
            "reduce 3 rows -> output@1",
            "setAll consumed@[0, 1, 2][1]",
            "record");
    GemmSpec gemm = backend.gemm().prepared().get(1);
    assertThat(((TileOrder.Table) gemm.order()).tiles()).containsExactly(4, 5, 0, 1, 2, 3);
    TileRoute.Owners owners = (TileRoute.Owners) gemm.route();
    assertThat(owners.clearance()).isNotNull();
    assertThat(owners.clearance().target()).isEqualTo(Target.PREVIOUS_LAUNCH);
    assertThat(owners.clearance().words()).containsExactly(0, 1, 2);
    assertThat(owners.offset()).as("the slot of source 1").isEqualTo(3 * 16 * 4);
    TilePost.Counters post = (TilePost.Counters) gemm.post();
    assertThat(post.at()).isEqualTo(TilePost.At.OWNER);
    assertThat(post.words()).containsOnly(1);
    assertThat(backend.gemm().reductions().get(1).gate()).as("the stream waits").isNull();
  }

  @Test
  void fusedReduceScatterGivesEveryOwnerItsFirstBlockFirst() {
    GemmReduceScatterSpec spec =
        GemmReduceScatterSpec.builder()
            .m(24)
            .n(16)
            .k(6)
            .dtype(DType.FP32)
            .strategy(Strategy.FUSED)
            .build();
    RecordingBackend backend = new RecordingBackend(3, PEERS);
    Worlds.open(backend).plan(spec.withTuning(spec.tuning().withChunks(2)));
    GemmSpec gemm = backend.gemm().prepared().get(1);
    assertThat(((TileOrder.Table) gemm.order()).tiles())
        .as("of rank 1: owners 2, 0, 1 for the first tile row of their shards, then the second")
        .containsExactly(8, 9, 0, 1, 4, 5, 10, 11, 2, 3, 6, 7);
  }

  @Test
  void aNormTakesThePlaceOfTheCopyIntoOrder() {
    Norm norm = Norm.rms(1).withResidual();
    Map<Strategy, String> last =
        Map.of(
            Strategy.SEQUENTIAL, "norm of buffer 2@0 -> output@0",
            Strategy.DECOMPOSED, "norm of output@0 -> output@0",
            Strategy.SIGNALED, "norm of buffer 2@0 -> output@0",
            Strategy.FUSED, "norm of output@0 -> output@0",
            Strategy.RING, "norm of output@0 -> output@0");
    last.forEach(
        (strategy, wanted) -> {
          GemmReduceScatterSpec spec =
              GemmReduceScatterSpec.builder()
                  .m(16)
                  .n(8)
                  .k(6)
                  .dtype(DType.FP32)
                  .strategy(strategy)
                  .norm(norm)
                  .build();
          List<String> texts = Worlds.launched(spec, 2, 0).texts(0, "main");
          assertThat(texts.stream().filter(text -> text.startsWith("norm")))
              .as(strategy.name())
              .containsExactly(wanted);
          assertThat(texts)
              .noneMatch(text -> text.startsWith("unpack") || text.startsWith("put2d"));
        });
  }

  @Test
  void aForcedTransportCarriesWhatIsPushed() {
    for (OperatorSpec spec : Worlds.everyProgram()) {
      Journal journal =
          Worlds.launched(spec.withTuning(spec.tuning().withTransport(Transport.COMPUTE)), 3, 1);
      assertThat(journal.steps())
          .extracting(Journal.Step::text)
          .as("%s %s", spec.operator(), spec.tuning().strategy())
          .noneMatch(text -> text.contains("COPY_ENGINE"));
    }
  }

  @Test
  void sequentialReduceScatterIsAGemmAndACollective() {
    GemmReduceScatterSpec spec =
        GemmReduceScatterSpec.builder()
            .m(8)
            .n(8)
            .k(6)
            .dtype(DType.FP32)
            .strategy(Strategy.SEQUENTIAL)
            .build();
    assertThat(Worlds.launched(spec, 2, 1).texts(1, "main"))
        .as("straight into an output that lies as the collective wants it")
        .containsExactly("gemm gemm-rs#1 of input@1", "REDUCE_SCATTER buffer 1@1 -> output@1");
    GemmReduceScatterSpec ragged =
        GemmReduceScatterSpec.builder()
            .m(7)
            .n(8)
            .k(6)
            .dtype(DType.FP32)
            .strategy(Strategy.SEQUENTIAL)
            .build();
    assertThat(Worlds.launched(ragged, 2, 1).texts(1, "main"))
        .containsExactly(
            "gemm gemm-rs#1 of input@1",
            "REDUCE_SCATTER buffer 1@1 -> buffer 2@1",
            "put2d 3 buffer 2@1 -> output@1");
  }

  @Test
  void fewRowsAreAGemmAndAnAllReduceByPeers() {
    GemmAllReduceSpec.Builder builder =
        GemmAllReduceSpec.builder().m(3).n(5).k(6).dtype(DType.FP32).strategy(Strategy.FUSED);
    assertThat(Worlds.launched(builder.build(), 2, 1).texts(1, "main"))
        .as("from padded rows of the rank's own straight into the output")
        .containsExactly("gemm gemm-ar#1 of input@1", "all-reduce of buffer 1@1 -> output@1");
    assertThat(Worlds.launched(builder.norm(Norm.rms(1)).build(), 2, 0).texts(0, "main"))
        .containsExactly(
            "gemm gemm-ar#1 of input@0",
            "all-reduce of buffer 1@0 -> output@0",
            "norm of output@0 -> output@0");
  }

  @Test
  void whatOnlyARoutedGemmHasIsRouted() {
    GemmAllReduceSpec few = GemmAllReduceSpec.builder().m(8).n(8).k(6).dtype(DType.FP32).build();
    GemmAllReduceSpec many =
        GemmAllReduceSpec.builder().m(4096).n(65).k(6).dtype(DType.FP32).build();
    GemmAllReduceSpec integers =
        GemmAllReduceSpec.builder().m(8).n(8).k(6).dtype(DType.INT8).build();
    Tuning fused = Tuning.AUTOMATIC.withStrategy(Strategy.FUSED);
    assertThat(formOf(few.withTuning(fused))).contains("all-reduce by kernels");
    assertThat(formOf(few.withTuning(fused.withTransport(Transport.COMPUTE))))
        .contains("all-reduce by kernels");
    for (Tuning routed :
        List.of(fused.withChunks(1), fused.withTile(8, 0), fused.withReservedUnits(0))) {
      assertThat(formOf(few.withTuning(routed))).contains("routed GEMM");
    }
    assertThat(formOf(many.withTuning(fused))).contains("routed GEMM");
    assertThat(formOf(integers.withTuning(fused))).contains("routed GEMM");
  }

  private static String formOf(OperatorSpec spec) {
    Set<Capability> all = EnumSet.allOf(Capability.class);
    try (World world = Worlds.open(new RecordingBackend(2, all));
        OperatorPlan plan = world.plan(spec)) {
      return plan.explanation();
    }
  }
}
