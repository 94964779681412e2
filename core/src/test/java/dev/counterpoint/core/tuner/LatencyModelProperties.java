package dev.counterpoint.core.tuner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import dev.counterpoint.spi.RowPartition;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;

class LatencyModelProperties {
  private static final Tuning SEQUENTIAL = Tuning.AUTOMATIC.withStrategy(Strategy.SEQUENTIAL);

  @Provide
  Arbitrary<TuningKey> keys() {
    return Combinators.combine(
            Arbitraries.of("ag-gemm", "gemm-rs", "gemm-ar", "gemm-a2a"),
            Arbitraries.integers().between(1, 5000),
            Arbitraries.integers().between(1, 5000),
            Arbitraries.integers().between(1, 5000),
            Arbitraries.integers().between(2, 8))
        .as(Synthetic::key);
  }

  private static List<Tuning> candidates(TuningKey key, LatencyModel model) {
    return Prospects.of(model, key, Tuning.AUTOMATIC).stream().map(Candidate::tuning).toList();
  }

  @Property(tries = 200)
  void sequentialIsTheGemmAndThenTheCollective(@ForAll("keys") TuningKey key) {
    Curves curves = Synthetic.curves(key.ranks(), 10, 20, 50);
    RowPartition rows = new RowPartition(key.m(), key.ranks());
    double shard = rows.rowsPerShard();
    int pieceOfN = new RowPartition(key.n(), key.ranks()).rowsPerShard();
    int pieceOfK = new RowPartition(key.k(), key.ranks()).rowsPerShard();
    // Rows of FP32 that are no multiple of 16 bytes, and shards that are not alike, are copied.
    boolean gathers = key.operator().equals("ag-gemm");
    boolean direct = rows.isEven() && (gathers ? key.k() : key.n()) % 4 == 0;
    double rowBytes = 4.0 * (gathers ? key.k() : key.n());
    double copied = direct ? 0 : 1;
    double expected =
        switch (key.operator()) {
          case "ag-gemm" ->
              curves.plain().micros(key.m(), pieceOfN, key.k())
                  + curves.micros(Route.ALL_GATHER, shard * rowBytes)
                  + copied * curves.micros(Route.COPY, shard * rowBytes);
          case "gemm-rs" ->
              curves.plain().micros(key.m(), key.n(), pieceOfK)
                  + curves.micros(Route.REDUCE_SCATTER, shard * rowBytes)
                  + copied * curves.micros(Route.COPY, shard * rowBytes);
          case "gemm-ar" ->
              curves.plain().micros(key.m(), key.n(), pieceOfK)
                  + curves.micros(Route.ALL_REDUCE, key.m() * rowBytes)
                  + copied * curves.micros(Route.COPY, key.m() * rowBytes);
          default ->
              curves.plain().micros(key.m(), key.n(), key.k())
                  + curves.micros(Route.ALL_TO_ALL, shard * rowBytes)
                  + copied * key.ranks() * curves.micros(Route.COPY, shard * rowBytes);
        };
    assertThat(Synthetic.model(curves, key.ranks(), 4).predict(key, SEQUENTIAL))
        .isCloseTo(expected, within(1e-6 * expected));
  }

  /**
   * How much slower something may be on what is faster: not at all, but for rounding. Of a striped
   * all-reduce two streams push over one link, blocks and sums; a block that is there a little
   * earlier takes its share from the sum that all wait for, as it would on a device.
   */
  private static double overtaken(TuningKey key, Tuning tuning) {
    boolean striped = key.operator().equals("gemm-ar") && tuning.strategy() == Strategy.DECOMPOSED;
    return striped ? 0.03 : 1e-9;
  }

  @Property(tries = 200)
  void aFasterLinkIsNeverSlower(
      @ForAll("keys") TuningKey key, @ForAll @DoubleRange(min = 1, max = 20) double factor) {
    LatencyModel slow = Synthetic.model(Synthetic.curves(key.ranks(), 2, 20, 50), key.ranks(), 4);
    LatencyModel fast =
        Synthetic.model(Synthetic.curves(key.ranks(), 2 * factor, 20, 50), key.ranks(), 4);
    for (Tuning tuning : candidates(key, slow)) {
      assertThat(fast.predict(key, tuning))
          .as("%s", tuning)
          .isLessThanOrEqualTo(slow.predict(key, tuning) * (1 + overtaken(key, tuning)));
    }
  }

  @Property(tries = 200)
  void aFasterDeviceIsNeverSlower(
      @ForAll("keys") TuningKey key, @ForAll @DoubleRange(min = 1, max = 20) double factor) {
    LatencyModel slow = Synthetic.model(Synthetic.curves(key.ranks(), 5, 20, 30), key.ranks(), 132);
    LatencyModel fast =
        Synthetic.model(Synthetic.curves(key.ranks(), 5, 20, 30 * factor), key.ranks(), 132);
    for (Tuning tuning : candidates(key, slow)) {
      assertThat(fast.predict(key, tuning))
          .as("%s", tuning)
          .isLessThanOrEqualTo(slow.predict(key, tuning) * (1 + overtaken(key, tuning)));
    }
  }

  @Property(tries = 200)
  void nothingIsFasterThanItsGemmNorThanItsBytesOnTheLink(@ForAll("keys") TuningKey key) {
    double gigabytes = 3;
    Curves curves = Synthetic.curves(key.ranks(), gigabytes, 20, 50);
    LatencyModel model = Synthetic.model(curves, key.ranks(), 4);
    boolean gathers = key.operator().equals("ag-gemm");
    double shard = new RowPartition(key.m(), key.ranks()).rowsPerShard();
    double bytes =
        shard * 4 * (gathers ? key.k() : key.n()) * (key.operator().equals("gemm-ar") ? 2 : 1);
    // A shard that is short, or a last block that is, carries less.
    double wire = bytes * (key.ranks() - 1) / gigabytes / 1e3;
    int n = gathers ? new RowPartition(key.n(), key.ranks()).rowsPerShard() : key.n();
    int k =
        gathers || key.operator().equals("gemm-a2a")
            ? key.k()
            : new RowPartition(key.k(), key.ranks()).rowsPerShard();
    double gemm = 2.0 * key.m() * n * k / 50 / 1e3;
    for (Tuning tuning : candidates(key, model)) {
      double time = model.predict(key, tuning);
      assertThat(time).as("%s", tuning).isGreaterThan(0.9 * gemm);
      if (key.m() % key.ranks() == 0) {
        assertThat(time).as("%s", tuning).isGreaterThan(0.9 * wire);
      }
    }
  }

  @Property(tries = 200)
  void theChoiceIsNeverPredictedToBeSlowerThanSequential(
      @ForAll("keys") TuningKey key,
      @ForAll @DoubleRange(min = 0.5, max = 500) double gigabytes,
      @ForAll @DoubleRange(min = 1, max = 500) double latency,
      @ForAll @DoubleRange(min = 10, max = 1e5) double gigaflops) {
    LatencyModel model =
        Synthetic.model(
            Synthetic.curves(key.ranks(), gigabytes, latency, gigaflops), key.ranks(), 132);
    Tuning choice = TuningAdvisor.choose(model, key, Tuning.AUTOMATIC).tuning();
    assertThat(choice.strategy()).isNotEqualTo(Strategy.AUTO);
    assertThat(model.predict(key, choice)).isLessThanOrEqualTo(model.predict(key, SEQUENTIAL));
    // Nothing else is better by more than the doubts in both predictions and the least gain.
    for (Tuning other : candidates(key, model)) {
      assertThat(model.predict(key, choice) * 0.98)
          .isLessThanOrEqualTo(model.predict(key, other) * (1 + Math.hypot(0.05, 0.05) + 1e-9));
    }
  }
}
