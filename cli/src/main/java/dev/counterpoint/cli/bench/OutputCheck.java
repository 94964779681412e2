package dev.counterpoint.cli.bench;

import dev.counterpoint.World;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Reads all ranks' outputs back and compares them with the reference. */
final class OutputCheck {
  private final Operands operands;
  private final Reference reference;

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
  }

  Outcome check() {
    World world = operands.world();
    List<CheckResult> results =
        new ArrayList<>(Collections.nCopies(world.size(), CheckResult.none()));
    List<Long> fingerprints = new ArrayList<>(Collections.nCopies(world.size(), 0L));
    world.onEachRank(
        rank -> {
          TensorIo.Reader reader = new TensorIo.Reader(operands.of(rank).output());
          results.set(rank.index(), reference.check(rank.index(), reader));
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
