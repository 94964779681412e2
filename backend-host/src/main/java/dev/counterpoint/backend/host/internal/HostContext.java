package dev.counterpoint.backend.host.internal;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.spi.support.Resources;
import java.util.ArrayList;
import java.util.List;

/** What all parts of one open backend share. */
final class HostContext {
  final HostOptions options;
  final Resources resources = new Resources();
  final NativeMemory memory = new NativeMemory();
  final FaultBoard faults = new FaultBoard();
  final Tracer tracer = new Tracer();
  final LinkModel link;
  final FairShare share;
  private final List<RankState> ranks = new ArrayList<>();
  private volatile boolean closed;

  HostContext(HostOptions options) {
    this.options = options;
    this.link =
        new LinkModel(options.ranks(), options.linkBytesPerSecond(), options.linkLatencyNanos());
    this.share =
        new FairShare(
            options.ranks(), options.threads(), Runtime.getRuntime().availableProcessors(), faults);
    for (int rank = 0; rank < options.ranks(); rank++) {
      ranks.add(new RankState(this, rank));
    }
  }

  int size() {
    return ranks.size();
  }

  RankState rank(int rank) {
    return ranks.get(rank);
  }

  /** Checks a rank that a caller named. */
  int requireRank(String argument, int rank) {
    if (rank < 0 || rank >= ranks.size()) {
      throw new InvalidArgumentException(argument, rank, "be a rank, 0 … " + (ranks.size() - 1));
    }
    return rank;
  }

  void requireOpen() {
    if (closed) {
      throw new ResourceClosedException(describe());
    }
  }

  void markClosed() {
    closed = true;
  }

  String describe() {
    return "backend 'host' of " + ranks.size() + (ranks.size() == 1 ? " rank" : " ranks");
  }
}
