package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.support.AllReduceChecks;

/** Makes all-reduces ready that the ranks carry themselves. */
final class HostPeerAllReduce implements PeerAllReduce {
  /** Up to so many bytes sent to each peer, a second way costs more than it saves. */
  private static final long ONE_SHOT_BYTES = 16 << 10;

  private final HostContext context;
  private final HostHeap heap;

  HostPeerAllReduce(HostContext context, HostHeap heap) {
    this.context = context;
    this.heap = heap;
  }

  @Override
  public PreparedAllReduce prepare(AllReduceSpec spec) {
    context.requireOpen();
    AllReduceChecks.requireValid(spec);
    HostPreparedAllReduce prepared =
        new HostPreparedAllReduce(context, heap, spec, algorithm(spec));
    prepared.opened();
    return prepared;
  }

  private Algorithm algorithm(AllReduceSpec spec) {
    if (spec.algorithm() != Algorithm.AUTO) {
      return spec.algorithm();
    }
    return context.size() <= 2 || spec.bytes() <= ONE_SHOT_BYTES
        ? Algorithm.ONE_SHOT
        : Algorithm.TWO_SHOT;
  }
}
