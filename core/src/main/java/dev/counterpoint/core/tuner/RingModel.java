package dev.counterpoint.core.tuner;

import dev.counterpoint.core.strategy.RowBlocks;
import dev.counterpoint.spi.Transport;

/** Times of sums, and of finished shards, that travel around a ring. All ranks are alike. */
final class RingModel {
  private final LatencyModel model;
  private final RowBlocks blocks;
  private final int shard;
  private final int ranks;
  private final double rowBytes;
  private final LinkClock link;

  RingModel(
      LatencyModel model,
      Transport transport,
      RowBlocks blocks,
      int shard,
      int ranks,
      double rowBytes) {
    this.model = model;
    link = new LinkClock(model, transport);
    this.blocks = blocks;
    this.shard = shard;
    this.ranks = ranks;
    this.rowBytes = rowBytes;
  }

  /**
   * From the first GEMM to the last sum, or to the last copy. To be asked once: the link's clock
   * goes on.
   *
   * @param computing microseconds of the GEMM of each block
   * @param spreads whether finished shards then go around, too
   */
  double micros(double[] computing, boolean spreads) {
    double[] arrived = new double[computing.length];
    double computed = 0;
    double reducer = 0;
    for (int step = 0; step < ranks; step++) {
      for (int block = 0; block < computing.length; block++) {
        computed += computing[block];
        double ready = computed;
        if (step > 0) {
          reducer = Math.max(reducer, Math.max(computed, arrived[block])) + addition(block);
          ready = reducer;
        }
        boolean sent = step < ranks - 1 || spreads;
        arrived[block] = sent ? link.arrival(ready, bytes(block)) : ready;
      }
    }
    return spreads ? copied(arrived, reducer) : Math.max(computed, reducer);
  }

  /** What arrives is sent on, all the way round, and copied to the output, own blocks first. */
  private double copied(double[] first, double finished) {
    double time = finished;
    for (int block = 0; block < first.length; block++) {
      time += model.micros(Route.COPY, bytes(block));
    }
    double[] arrived = first.clone();
    for (int step = 1; step < ranks; step++) {
      for (int block = 0; block < arrived.length; block++) {
        time = Math.max(time, arrived[block]) + model.micros(Route.COPY, bytes(block));
        if (step < ranks - 1) {
          arrived[block] = link.arrival(arrived[block], bytes(block));
        }
      }
    }
    return time;
  }

  /** A sum of two; what was sampled reads one slot per rank. */
  private double addition(int block) {
    return model.micros(Route.REDUCE, 3 * bytes(block) / (ranks + 1.0));
  }

  private double bytes(int block) {
    return blocks.rows(shard, block) * rowBytes;
  }
}
