package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.Norm;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.OperatorSpecBuilder;
import dev.counterpoint.Splits;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every program under many schedules: what each enqueues is executed with exact numbers in orders
 * that let ranks and streams drift apart, and must give the right result without a deadlock and
 * without two unordered accesses to the same element.
 */
class OperatorScheduleTest {
  private record Size(int m, int n, int k, int ranks) {}

  private static final List<Supplier<OperatorSpecBuilder<?, ?>>> BUILDERS =
      List.of(
          AllGatherGemmSpec::builder,
          GemmReduceScatterSpec::builder,
          GemmAllReduceSpec::builder,
          GemmAllToAllSpec::builder);

  /**
   * Ragged; even; ragged in rows that need no padding; fewer rows, columns and inner than ranks;
   * none at all; one rank.
   */
  private static final List<Size> SIZES =
      List.of(
          new Size(13, 10, 7, 3),
          new Size(16, 8, 8, 2),
          new Size(7, 8, 4, 2),
          new Size(2, 2, 2, 3),
          new Size(0, 5, 3, 2),
          new Size(9, 6, 5, 1));

  static Stream<Arguments> programs() {
    List<Arguments> all = new ArrayList<>();
    for (Supplier<OperatorSpecBuilder<?, ?>> builder : BUILDERS) {
      for (Strategy strategy : Strategy.values()) {
        if (strategy != Strategy.AUTO) {
          String operator = builder.get().m(1).n(1).k(1).build().operator();
          all.add(Arguments.of(operator, strategy, builder));
        }
      }
    }
    return all.stream();
  }

  private static OperatorSpec spec(
      Supplier<OperatorSpecBuilder<?, ?>> builder, Size size, Tuning tuning, boolean addends) {
    OperatorSpecBuilder<?, ?> made = builder.get();
    made.m(size.m()).n(size.n()).k(size.k()).dtype(DType.FP32).tuning(tuning).alpha(3);
    if (addends) {
      made.bias(true).weightLayout(WeightLayout.KN);
      boolean allToAll = made instanceof GemmAllToAllSpec.Builder;
      made.beta(allToAll ? 0 : 2);
    }
    return made.build();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("programs")
  void everyScheduleGivesTheExactResult(
      String operator, Strategy strategy, Supplier<OperatorSpecBuilder<?, ?>> builder) {
    assertThat(programs()).hasSize(24);
    Tuning tuning = Tuning.AUTOMATIC.withStrategy(strategy);
    for (Size size : SIZES) {
      Tuning cut = tuning.withChunks(3).withTile(2, 4);
      Tuning free = cut.withGroups(List.of(1, 3, 2)).withTransport(Transport.COMPUTE);
      for (Tuning choice : List.of(tuning, cut, free)) {
        check(spec(builder, size, choice, false), size.ranks(), 0);
        check(spec(builder, size, choice, true), size.ranks(), 3);
        // Rows of 7 elements in 8: they lie as workspaces do, but the last has no padding.
        check(spec(builder, size, choice, true), size.ranks(), 1);
      }
    }
  }

  /** Ragged; one that sends nothing, one that gets nothing; a ring; nothing at all; one rank. */
  private static final List<Splits> SPLITS =
      List.of(
          Splits.of(new long[][] {{3, 0, 7}, {1, 5, 2}, {9, 4, 0}}),
          Splits.of(new long[][] {{0, 0, 0}, {2, 0, 1}, {13, 0, 6}}),
          Splits.of(new long[][] {{0, 5}, {8, 0}}),
          Splits.of(new long[][] {{0, 0}, {0, 0}}),
          Splits.of(new long[][] {{11}}));

  @ParameterizedTest
  @EnumSource(value = Strategy.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void shardsMayDifferWhateverTheSchedule(Strategy strategy) {
    Tuning tuning = Tuning.AUTOMATIC.withStrategy(strategy);
    for (Splits splits : SPLITS) {
      for (Tuning choice : List.of(tuning, tuning.withChunks(3).withTile(2, 4))) {
        for (int n : new int[] {8, 10}) {
          GemmAllToAllSpec spec =
              GemmAllToAllSpec.builder()
                  .splits(splits)
                  .n(n)
                  .k(3)
                  .dtype(DType.FP32)
                  .bias(n == 10)
                  .tuning(choice)
                  .build();
          check(spec, splits.ranks(), 0);
          check(spec, splits.ranks(), 1);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = Strategy.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void rowsAreNormalizedWhateverTheSchedule(Strategy strategy) {
    Tuning tuning = Tuning.AUTOMATIC.withStrategy(strategy);
    Norm rms = Norm.rms(1);
    Norm layer = Norm.layer(1).withBias().withResidual().withSum();
    for (Size size : SIZES) {
      for (Tuning choice : List.of(tuning, tuning.withChunks(3).withTile(2, 4))) {
        for (Norm norm : List.of(rms, layer)) {
          check(normed(GemmReduceScatterSpec.builder().norm(norm), size, choice), size.ranks(), 1);
          check(normed(GemmAllReduceSpec.builder().norm(norm), size, choice), size.ranks(), 1);
        }
      }
    }
  }

  @Test
  void fewRowsAreReducedByPeersWhateverTheSchedule() {
    EnumSet<Capability> peers = EnumSet.of(Capability.PEER_ACCESS, Capability.PEER_ALL_REDUCE);
    Tuning fused = Tuning.AUTOMATIC.withStrategy(Strategy.FUSED);
    Norm layer = Norm.layer(1).withBias().withResidual().withSum();
    for (Size size : SIZES) {
      for (int gap : new int[] {0, 1, 3}) {
        for (int units : new int[] {1, 132}) {
          OperatorSpec plain = spec(GemmAllReduceSpec::builder, size, fused, false);
          OperatorSpec addends = spec(GemmAllReduceSpec::builder, size, fused, true);
          OperatorSpec normed = normed(GemmAllReduceSpec.builder().norm(layer), size, fused);
          for (OperatorSpec spec : List.of(plain, addends, normed)) {
            check(spec, size.ranks(), gap, units, peers);
          }
        }
      }
    }
  }

  private static OperatorSpec normed(OperatorSpecBuilder<?, ?> builder, Size size, Tuning tuning) {
    return builder
        .m(size.m())
        .n(size.n())
        .k(size.k())
        .dtype(DType.FP32)
        .tuning(tuning)
        .bias(true)
        .build();
  }

  /** On devices that steps of their own cost much, and on others. */
  private static void check(OperatorSpec spec, int ranks, int gap) {
    check(spec, ranks, gap, 1);
    check(spec, ranks, gap, 132);
  }

  private static void check(OperatorSpec spec, int ranks, int gap, int units) {
    check(spec, ranks, gap, units, EnumSet.of(Capability.PEER_ACCESS));
  }

  private static void check(
      OperatorSpec spec, int ranks, int gap, int units, EnumSet<Capability> capabilities) {
    Scenario scenario = new Scenario(spec, ranks, gap, units, capabilities);
    boolean gathered = spec instanceof AllGatherGemmSpec && gap > 0;
    for (int launch = 0; launch < 3; launch++) {
      scenario.launch(gathered);
    }
    for (int seed = 0; seed < 4; seed++) {
      try {
        scenario.check(seed, gathered);
      } catch (AssertionError e) {
        throw new AssertionError(
            spec + " on " + ranks + " ranks of " + units + " units, gap " + gap + ", seed " + seed,
            e);
      }
    }
    scenario.close();
    assertThat(scenario.backend.journal().live()).allMatch(name -> !name.contains("#"));
  }
}
