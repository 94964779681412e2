package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.support.BackendContext;
import java.util.ArrayList;
import java.util.List;

/** What all parts of one open backend share. */
final class HostContext extends BackendContext {
  final HostOptions options;
  final NativeMemory memory = new NativeMemory();
  final FaultBoard faults = new FaultBoard();
  final Tracer tracer = new Tracer();
  final LinkModel link;
  final FairShare share;
  private final List<RankState> ranks = new ArrayList<>();

  HostContext(HostOptions options) {
    super("host", options.ranks());
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

  RankState rank(int rank) {
    return ranks.get(rank);
  }
}
