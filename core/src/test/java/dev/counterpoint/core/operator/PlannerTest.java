package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.DeviceMemoryException;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Scaling;
import dev.counterpoint.Strategy;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.World;
import dev.counterpoint.core.fake.Journal;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.fake.Work;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PlannerTest {
  private static final Set<Capability> PEERS = Worlds.PEERS;

  static List<OperatorSpec> everyProgram() {
    return Worlds.everyProgram();
  }

  @ParameterizedTest
  @CsvSource({
    "BF16,GEMM_BF16",
    "FP16,GEMM_FP16",
    "FP8_E4M3,GEMM_FP8",
    "FP8_E5M2,GEMM_FP8",
    "INT8,GEMM_INT8"
  })
  void aTypeWithoutItsCapabilityIsRefusedByName(DType dtype, Capability capability) {
    RecordingBackend without = new RecordingBackend(2, PEERS);
    AllGatherGemmSpec spec = AllGatherGemmSpec.builder().m(8).n(8).k(8).dtype(dtype).build();
    try (World world = Worlds.open(without)) {
      int before = without.journal().opened().size();
      assertThatThrownBy(() -> world.plan(spec))
          .isInstanceOfSatisfying(
              UnsupportedCapabilityException.class,
              e -> assertThat(e.capability()).isEqualTo(capability));
      assertThat(without.journal().opened()).as("nothing was allocated").hasSize(before);
    }
    try (World world = Worlds.open(new RecordingBackend(2, Set.of(capability)))) {
      try (OperatorPlan plan = world.plan(spec)) {
        assertThat(plan.spec()).isEqualTo(spec);
      }
    }
  }

  @Test
  void scalesByBlockWithoutTheirCapabilityAreRefusedByName() {
    AllGatherGemmSpec spec =
        AllGatherGemmSpec.builder()
            .m(8)
            .n(8)
            .k(300)
            .dtype(DType.FP8_E4M3)
            .scaling(Scaling.BLOCKS)
            .build();
    Set<Capability> fp8 = Set.of(Capability.GEMM_FP8, Capability.VENDOR_GEMM);
    RecordingBackend without = new RecordingBackend(2, fp8);
    try (World world = Worlds.open(without)) {
      int before = without.journal().opened().size();
      assertThatThrownBy(() -> world.plan(spec))
          .isInstanceOfSatisfying(
              UnsupportedCapabilityException.class,
              e -> assertThat(e.capability()).isEqualTo(Capability.BLOCK_SCALES));
      assertThat(without.journal().opened()).as("nothing was allocated").hasSize(before);
    }
    Set<Capability> all =
        Set.of(Capability.GEMM_FP8, Capability.VENDOR_GEMM, Capability.BLOCK_SCALES);
    RecordingBackend with = new RecordingBackend(2, all);
    try (World world = Worlds.open(with);
        OperatorPlan plan = world.plan(spec)) {
      assertThat(plan.spec()).isEqualTo(spec);
      assertThat(with.gemm().prepared())
          .as("by our own kernels: the vendor's want factors in another order")
          .isNotEmpty()
          .allMatch(gemm -> gemm.scaling() == Scaling.BLOCKS)
          .allMatch(gemm -> gemm.engine() == GemmEngine.TILE);
    }
  }

  @Test
  void anOutputTypeThatTheBackendCannotStoreIsRefusedAsAnArgument() {
    Set<Capability> capabilities = Set.of(Capability.GEMM_FP16);
    try (World world = Worlds.open(new RecordingBackend(2, capabilities))) {
      for (DType in : new DType[] {DType.FP32, DType.FP16}) {
        assertThatThrownBy(
                () ->
                    world.plan(
                        AllGatherGemmSpec.builder()
                            .m(8)
                            .n(8)
                            .k(8)
                            .dtype(in)
                            .outputType(DType.FP8_E4M3)
                            .build()))
            .as("%s, whose capability is there", in)
            .isInstanceOfSatisfying(
                InvalidArgumentException.class,
                e -> assertThat(e.argument()).isEqualTo("outputType"));
      }
    }
  }

  @Test
  void matricesThatNoDeviceHoldsAreRefusedBeforeAnythingIsAllocated() {
    RecordingBackend backend = new RecordingBackend(2, PEERS);
    try (World world = Worlds.open(backend)) {
      int before = backend.journal().opened().size();
      long half = 1L << 23;
      refused(world, "m·k", half, 1, half);
      refused(world, "n·k", 1, half, half);
      refused(world, "m·n", half, half, 1);
      assertThatThrownBy(
              () ->
                  world.plan(
                      GemmAllToAllSpec.builder()
                          .m(Integer.MAX_VALUE - 1024)
                          .n(1L << 20)
                          .k(1)
                          .dtype(DType.FP32)
                          .build()))
          .isInstanceOf(InvalidArgumentException.class);
      assertThat(backend.journal().opened()).hasSize(before);
    }
  }

  private static void refused(World world, String argument, long m, long n, long k) {
    assertThatThrownBy(
            () ->
                world.plan(
                    GemmReduceScatterSpec.builder().m(m).n(n).k(k).dtype(DType.FP32).build()))
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo(argument));
  }

  @Test
  void fusedWithoutPeerAccessIsRefusedAndTheWorldStaysUsable() {
    RecordingBackend backend = new RecordingBackend(2, Set.of());
    try (World world = Worlds.open(backend)) {
      for (OperatorSpec spec : Worlds.everyProgram()) {
        if (spec.tuning().strategy() == Strategy.FUSED) {
          assertThatThrownBy(() -> world.plan(spec))
              .isInstanceOf(UnsupportedCapabilityException.class)
              .hasMessageContaining(spec.operator());
        } else {
          world.plan(spec).close();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyProgram")
  void aPlanTellsWhatItIs(OperatorSpec spec) {
    RecordingBackend backend = new RecordingBackend(2, PEERS);
    try (World world = Worlds.open(backend);
        OperatorPlan plan = world.plan(spec)) {
      assertThat(plan.spec()).isEqualTo(spec);
      assertThat(plan.strategy()).isEqualTo(spec.tuning().strategy());
      assertThat(plan.label()).isEqualTo(spec.operator() + "#1");
      assertThat(plan.explanation()).startsWith(plan.strategy() + " (asked for): ");
      assertThat(plan.toString()).contains(plan.label(), plan.explanation());
      assertThat(plan.workspaceBytes()).isPositive();
    }
  }

  @Test
  void workspaceIsThatOfOneRank() {
    RecordingBackend backend = new RecordingBackend(4, PEERS);
    try (World world = Worlds.open(backend)) {
      // 3 rows to a shard, rows of 5 FP32 padded to 32 bytes: 4 shards of 96 bytes.
      AllGatherGemmSpec.Builder ag = AllGatherGemmSpec.builder().m(10).n(8).k(5).dtype(DType.FP32);
      try (OperatorPlan plan = world.plan(ag.strategy(Strategy.FUSED).build())) {
        assertThat(plan.workspaceBytes()).isEqualTo(4 * 96);
      }
      GemmReduceScatterSpec.Builder rs =
          GemmReduceScatterSpec.builder().m(10).n(5).k(8).dtype(DType.FP32);
      try (OperatorPlan plan = world.plan(rs.strategy(Strategy.SEQUENTIAL).build())) {
        assertThat(plan.workspaceBytes()).isEqualTo(5 * 96);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyProgram")
  void whateverCannotBeAllocatedWhilePlanningLeavesNothingBehind(OperatorSpec spec) {
    RecordingBackend backend = new RecordingBackend(2, PEERS);
    Journal journal = backend.journal();
    try (World world = Worlds.open(backend)) {
      List<String> before = journal.live();
      journal.failAt(Integer.MAX_VALUE);
      world.plan(spec).close();
      int resources = journal.resources();
      assertThat(resources).isGreaterThan(4);
      assertThat(journal.live()).isEqualTo(before);
      for (int n = 1; n <= resources; n++) {
        journal.failAt(n);
        assertThatThrownBy(() -> world.plan(spec)).isInstanceOf(DeviceMemoryException.class);
        assertThat(journal.live()).as("after failure of resource %s", n).isEqualTo(before);
      }
      journal.failAt(-1);
      world.plan(spec).close();
    }
  }

  @ParameterizedTest
  @MethodSource("everyProgram")
  void everyWorkspaceOfOneRankIsZeroed(OperatorSpec spec) {
    RecordingBackend backend = new RecordingBackend(2, PEERS);
    Journal journal = backend.journal();
    try (World world = Worlds.open(backend);
        OperatorPlan plan = world.plan(spec)) {
      assertThat(plan.workspaceBytes()).isPositive();
      List<String> zeroed =
          journal.steps().stream()
              .filter(step -> step.work() instanceof Work.Fill)
              .map(Journal.Step::text)
              .toList();
      for (String name : journal.opened()) {
        if (name.startsWith("buffer ")) {
          assertThat(zeroed).contains("fill " + name);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyProgram")
  void nothingIsFreedBeforeTheRanksAreIdle(OperatorSpec spec) {
    RecordingBackend backend = new RecordingBackend(2, PEERS);
    Journal journal = backend.journal();
    try (World world = Worlds.open(backend)) {
      journal.failAt(Integer.MAX_VALUE);
      world.plan(spec).close();
      requireIdleBeforeFirstClose(journal);
      int resources = journal.resources();
      journal.clear();
      journal.failAt(resources);
      assertThatThrownBy(() -> world.plan(spec)).isInstanceOf(DeviceMemoryException.class);
      requireIdleBeforeFirstClose(journal);
    }
  }

  /** What planning enqueued (zeros in workspaces) must be done when the memory goes. */
  private static void requireIdleBeforeFirstClose(Journal journal) {
    List<String> texts =
        journal.steps().stream()
            .map(step -> step.rank() + " " + step.text())
            .filter(text -> !text.contains("label"))
            .toList();
    int firstClose = 0;
    while (!texts.get(firstClose).contains("close ")) {
      firstClose++;
    }
    assertThat(texts.subList(0, firstClose)).contains("0 synchronize", "1 synchronize");
    for (int rank = 0; rank < 2; rank++) {
      int idle = texts.indexOf(rank + " synchronize");
      assertThat(texts.subList(idle + 1, texts.size())).noneMatch(text -> text.contains("fill"));
    }
  }

  @ParameterizedTest
  @MethodSource("everyProgram")
  void aPlanClosesWhatItOpenedInReverse(OperatorSpec spec) {
    RecordingBackend backend = new RecordingBackend(2, PEERS);
    Journal journal = backend.journal();
    try (World world = Worlds.open(backend)) {
      int opened = journal.opened().size();
      int closed = journal.closed().size();
      OperatorPlan plan = world.plan(spec);
      List<String> mine =
          new ArrayList<>(journal.opened().subList(opened, journal.opened().size()));
      plan.close();
      plan.close();
      List<String> gone = journal.closed().subList(closed, journal.closed().size());
      Collections.reverse(mine);
      assertThat(gone).isEqualTo(mine);
    }
  }

  @Test
  void oneResourceThatDoesNotCloseKeepsNoOtherOpen() {
    RecordingBackend backend = new RecordingBackend(2, PEERS);
    Journal journal = backend.journal();
    for (OperatorSpec spec : Worlds.everyProgram()) {
      try (World world = Worlds.open(backend)) {
        List<String> before = journal.live();
        OperatorPlan plan = world.plan(spec);
        journal.failClose("stream receive@1");
        assertThatThrownBy(plan::close).hasMessageContaining("stream receive@1 does not close");
        assertThat(journal.live()).isEqualTo(before);
        journal.failClose("");
      }
    }
  }

  @Test
  void plainGemmsGoToTheVendorWhereThereIsOneAndHookedOnesNever() {
    Set<Capability> vendor =
        Set.of(Capability.PEER_ACCESS, Capability.PEER_ALL_REDUCE, Capability.VENDOR_GEMM);
    for (OperatorSpec spec : Worlds.everyProgram()) {
      RecordingBackend backend = new RecordingBackend(2, vendor);
      try (World world = Worlds.open(backend);
          OperatorPlan plan = world.plan(spec)) {
        boolean plain =
            (plan.strategy() != Strategy.SIGNALED && plan.strategy() != Strategy.FUSED)
                || plan.explanation().contains("all-reduce by kernels");
        assertThat(backend.gemm().prepared())
            .isNotEmpty()
            .extracting(GemmSpec::engine)
            .containsOnly(plain ? GemmEngine.VENDOR : GemmEngine.TILE);
      }
    }
  }

  @Test
  void unitsAreReservedForLibrariesThatRunBesideTheGemm() {
    for (OperatorSpec spec : Worlds.everyProgram()) {
      RecordingBackend backend = new RecordingBackend(2, PEERS);
      try (World world = Worlds.open(backend);
          OperatorPlan plan = world.plan(spec)) {
        assertThat(backend.gemm().prepared())
            .as(plan.label() + plan.strategy())
            .extracting(GemmSpec::reservedUnits)
            .containsOnly(plan.strategy() == Strategy.SIGNALED ? 2 : 0);
      }
    }
  }
}
