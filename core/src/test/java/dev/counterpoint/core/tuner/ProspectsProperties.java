package dev.counterpoint.core.tuner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import dev.counterpoint.spi.Transport;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ProspectsProperties {
  private static List<Candidate> prospects(TuningKey key, Tuning forced, int units) {
    return Prospects.of(
        Synthetic.model(Synthetic.curves(key.ranks(), 10, 20, 2000), key.ranks(), units),
        key,
        forced);
  }

  @Property(tries = 10)
  void everyCompositionIsThereOnce(@ForAll @IntRange(min = 1, max = 10) int waves) {
    List<List<Integer>> all = Prospects.compositions(waves);
    assertThat(all).hasSize(1 << (waves - 1));
    assertThat(new HashSet<>(all)).hasSameSizeAs(all);
    for (List<Integer> groups : all) {
      assertThat(groups).allMatch(size -> size > 0);
      assertThat(groups.stream().mapToInt(Integer::intValue).sum()).isEqualTo(waves);
    }
  }

  @Example
  void freeGroupsAreNotPredictedToBeSlowerThanTheUsualOnes() {
    for (int units : new int[] {4, 132}) {
      TuningKey key = Synthetic.key("gemm-rs", 8192, 8192, 4096, 4);
      List<Candidate> signaled =
          prospects(key, Tuning.AUTOMATIC, units).stream()
              .filter(c -> c.tuning().strategy() == Strategy.SIGNALED)
              .toList();
      double usual = best(signaled, true);
      double free = best(signaled, false);
      // Ten waves cannot be divided in all the ways in which many tiles can.
      assertThat(free).isLessThanOrEqualTo(1.05 * usual);
      assertThat(signaled.stream().filter(c -> !c.tuning().groups().isEmpty())).hasSize(3);
    }
  }

  private static double best(List<Candidate> candidates, boolean usual) {
    return candidates.stream()
        .filter(c -> c.tuning().groups().isEmpty() == usual)
        .map(Candidate::predicted)
        .min(Comparator.naturalOrder())
        .orElseThrow();
  }

  @Example
  void whatIsForcedStays() {
    TuningKey key = Synthetic.key("gemm-ar", 4096, 4096, 4096, 4);
    Tuning forced = Tuning.AUTOMATIC.withGroups(List.of(1, 4)).withTransport(Transport.COPY_ENGINE);
    assertThat(prospects(key, forced, 132))
        .extracting(Candidate::tuning)
        .allMatch(t -> t.groups().equals(List.of(1, 4)))
        .allMatch(t -> t.transport() == Transport.COPY_ENGINE);
    assertThat(prospects(key, Tuning.AUTOMATIC.withChunks(3), 132))
        .extracting(Candidate::tuning)
        .filteredOn(t -> t.strategy() != Strategy.SEQUENTIAL)
        .allMatch(t -> t.chunks() == 3 && t.groups().isEmpty());
  }

  @Example
  void pushesByComputeUnitsArePredictedWithoutCurvesOfTheirOwn() {
    Tuning forced = Tuning.AUTOMATIC.withTransport(Transport.COMPUTE);
    Curves all = Synthetic.curves(4, 10, 20, 2000);
    Map<Route, Curve> routes = new EnumMap<>(all.routes());
    routes.keySet().removeIf(Route::isOptional);
    Curves few =
        new Curves(
            all.inputType(),
            all.outputType(),
            all.weightLayout(),
            routes,
            all.plain(),
            all.tile(),
            all.tileTimes(),
            all.contention());
    TuningKey key = Synthetic.key("ag-gemm", 4096, 4096, 4096, 4);
    Tuning ring = forced.withStrategy(Strategy.RING).withChunks(2);
    double same = Synthetic.model(all, 4, 132).predict(key, ring.withTransport(Transport.AUTO));
    assertThat(Synthetic.model(few, 4, 132).predict(key, ring)).isEqualTo(same);
    assertThat(Prospects.of(Synthetic.model(few, 4, 132), key, Tuning.AUTOMATIC))
        .extracting(c -> c.tuning().transport())
        .containsOnly(Transport.AUTO);
  }

  @Example
  void withoutPeersNothingPushesByComputeUnits() {
    Machine apart = new Machine(4, 132, false, false, 0, Synthetic.machine(4, 132).tiles());
    LatencyModel model =
        new LatencyModel(Synthetic.curves(4, 10, 20, 2000), apart, Corrections.NONE);
    TuningKey key = Synthetic.key("gemm-rs", 4096, 4096, 4096, 4);
    assertThat(Prospects.of(model, key, Tuning.AUTOMATIC.withTransport(Transport.COMPUTE)))
        .extracting(c -> c.tuning().strategy())
        .doesNotContain(Strategy.RING, Strategy.DECOMPOSED, Strategy.FUSED)
        .contains(Strategy.PIPELINED, Strategy.SIGNALED);
    assertThat(Prospects.of(model, key, Tuning.AUTOMATIC))
        .extracting(c -> c.tuning().strategy())
        .contains(Strategy.RING, Strategy.DECOMPOSED);
  }

  @Example
  void everyStrategyAndBothTransportsAreConsidered() {
    for (String operator : List.of("ag-gemm", "gemm-rs", "gemm-ar", "gemm-a2a")) {
      List<Candidate> all =
          prospects(Synthetic.key(operator, 4096, 4096, 4096, 4), Tuning.AUTOMATIC, 132);
      assertThat(all.get(0).tuning().strategy()).isEqualTo(Strategy.SEQUENTIAL);
      assertThat(all)
          .extracting(c -> c.tuning().strategy())
          .contains(
              Strategy.PIPELINED,
              Strategy.RING,
              Strategy.DECOMPOSED,
              Strategy.SIGNALED,
              Strategy.FUSED);
      assertThat(all)
          .filteredOn(c -> c.tuning().transport() == Transport.COMPUTE)
          .extracting(c -> c.tuning().strategy())
          .contains(Strategy.RING, Strategy.DECOMPOSED);
    }
  }

  @Example
  void fewRowsReducedByPeersAreConsideredWhereThatWasSampled() {
    Tuning peers = Tuning.AUTOMATIC.withStrategy(Strategy.FUSED);
    Curves curves = Synthetic.curves(4, 10, 20, 2000);
    TuningKey few = Synthetic.key("gemm-ar", 64, 4096, 4096, 4);
    assertThat(prospects(few, Tuning.AUTOMATIC, 132))
        .filteredOn(c -> c.tuning().equals(peers))
        .extracting(Candidate::predicted)
        .containsExactly(
            Synthetic.model(curves, 4, 132).plain(64, 4096, 1024)
                + curves.micros(Route.PEER_ALL_REDUCE, 64 * 4096 * 4));
    // Too many bytes; another operator; something forced that only a routed GEMM has.
    assertThat(prospects(Synthetic.key("gemm-ar", 65, 4096, 4096, 4), Tuning.AUTOMATIC, 132))
        .noneMatch(c -> c.tuning().equals(peers));
    assertThat(prospects(Synthetic.key("gemm-rs", 64, 4096, 4096, 4), Tuning.AUTOMATIC, 132))
        .noneMatch(c -> c.tuning().equals(peers));
    assertThat(prospects(few, Tuning.AUTOMATIC.withChunks(2), 132))
        .filteredOn(c -> c.tuning().strategy() == Strategy.FUSED)
        .allMatch(c -> c.tuning().chunks() == 2);
  }
}
