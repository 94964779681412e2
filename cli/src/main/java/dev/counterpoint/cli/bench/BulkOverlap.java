package dev.counterpoint.cli.bench;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Stream;
import java.util.ArrayList;
import java.util.List;

/**
 * The unsplit GEMM and the library's collective at the same time, on data that have nothing to do
 * with each other: TransformerEngine's bulk overlap, for which a second operator must be there that
 * does not depend on the first. No strategy of one operator, but what one would take if nothing had
 * to wait.
 */
final class BulkOverlap implements Subject {
  private final Subject gemm;
  private final LoneCollective collective;
  private final List<Stream> sides = new ArrayList<>();
  private final List<Event> forked = new ArrayList<>();
  private final List<Event> joined = new ArrayList<>();

  /** Takes a GEMM that someone else closes. */
  BulkOverlap(Subject gemm, Operands operands) {
    this.gemm = gemm;
    collective = LoneCollective.apart(operands);
    for (Rank rank : operands.world().localRanks()) {
      sides.add(rank.device().newStream("bulk", 1));
      forked.add(rank.device().newEvent(false));
      joined.add(rank.device().newEvent(false));
    }
  }

  @Override
  public String name() {
    return "bulk";
  }

  @Override
  public void enqueue(Rank rank) {
    int r = rank.index();
    rank.stream().record(forked.get(r));
    sides.get(r).await(forked.get(r));
    collective.enqueue(rank, sides.get(r));
    gemm.enqueue(rank);
    sides.get(r).record(joined.get(r));
    rank.stream().await(joined.get(r));
  }

  @Override
  public void close() {
    joined.forEach(Event::close);
    forked.forEach(Event::close);
    sides.forEach(Stream::close);
    collective.close();
  }
}
