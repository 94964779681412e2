package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads all ranks' outputs back and compares them with the reference. */
final class OutputCheck {
  private final Operands operands;
  private final Reference reference;
  private final @Nullable NormCheck normCheck;

  /**
   * What was found.
   *
   * @param result of all ranks together
   * @param fingerprints of each rank's bits
   */
  record Outcome(CheckResult result, List<Long> fingerprints) {}

  OutputCheck(Operands operands, Reference reference) {
    this.operands = operands;
    this.reference = reference;
    Geometry geometry = operands.geometry();
    Norm norm = geometry.variant().norm();
    normCheck = norm == null ? null : new NormCheck(norm, weight(geometry), type(geometry));
  }

  private static DType type(Geometry geometry) {
    return geometry.problem().outputType();
  }

  private static double[] weight(Geometry geometry) {
    double[] weight = new double[geometry.problem().n()];
    geometry.normWeight().values(0, 0, weight.length, weight, 0);
    return weight;
  }

  /** The sums beside the rows against the reference, and the rows against the sums. */
  private CheckResult checkNorm(Rank rank, NormCheck norm, TensorIo.Reader normalised) {
    Tensor sums = Objects.requireNonNull(operands.of(rank).norm()).sum();
    TensorIo.Reader sum = new TensorIo.Reader(Objects.requireNonNull(sums));
    TensorIo.Reader again = new TensorIo.Reader(sums);
    return reference
        .check(rank.index(), sum)
        .and(norm.check(rank.index(), sums.rows(), again, normalised));
  }

  Outcome check() {
    World world = operands.world();
    List<CheckResult> results =
        new ArrayList<>(Collections.nCopies(world.size(), CheckResult.none()));
    List<Long> fingerprints = new ArrayList<>(Collections.nCopies(world.size(), 0L));
    world.onEachRank(
        rank -> {
          TensorIo.Reader reader = new TensorIo.Reader(operands.of(rank).output());
          results.set(
              rank.index(),
              normCheck == null
                  ? reference.check(rank.index(), reader)
                  : checkNorm(rank, normCheck, reader));
          fingerprints.set(rank.index(), reader.fingerprint());
        });
    return new Outcome(
        results.stream().reduce(CheckResult.none(), CheckResult::and), List.copyOf(fingerprints));
  }

  /** Each rank's bits, without comparing them with anything. */
  List<Long> fingerprints() {
    List<Long> fingerprints = new ArrayList<>(Collections.nCopies(operands.world().size(), 0L));
    operands
        .world()
        .onEachRank(
            rank ->
                fingerprints.set(
                    rank.index(), new TensorIo.Reader(operands.of(rank).output()).fingerprint()));
    return List.copyOf(fingerprints);
  }
}
