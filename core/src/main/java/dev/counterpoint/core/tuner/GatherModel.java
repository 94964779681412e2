package dev.counterpoint.core.tuner;

import dev.counterpoint.Tuning;
import dev.counterpoint.spi.RowPartition;

/** Times of all-gather + GEMM. */
final class GatherModel {
  private final LatencyModel model;
  private final TuningKey key;
  private final int ranks;
  private final int shard;
  private final int cols;
  private final double rowBytes;

  GatherModel(LatencyModel model, TuningKey key) {
    this.model = model;
    this.key = key;
    ranks = key.ranks();
    shard = new RowPartition(key.m(), ranks).rowsPerShard();
    cols = new RowPartition(key.n(), ranks).rowsPerShard();
    rowBytes = (double) key.k() * key.inputType().bytes();
  }

  double micros(Tuning tuning) {
    int chunks = Math.max(1, Math.min(tuning.chunks(), shard));
    int rows = (shard + chunks - 1) / chunks;
    return switch (tuning.strategy()) {
      case SEQUENTIAL -> gather() + model.plain(key.m(), cols, key.k());
      case PIPELINED -> pipelined(chunks, rows);
      case RING ->
          arriving(chunks, passedOn(tuning, chunks, rows), model.plain(rows, cols, key.k()));
      case DECOMPOSED -> arriving(chunks, pushed(tuning, rows), model.plain(rows, cols, key.k()));
      case FUSED ->
          model.micros(Route.COPY, shard * rowBytes)
              + arriving(chunks, pushed(tuning, rows), share(chunks, tuning));
      case SIGNALED ->
          model.micros(Route.COPY, shard * rowBytes)
              + arriving(chunks, exchanged(rows, chunks), share(chunks, tuning));
      case AUTO -> throw new IllegalArgumentException("a prediction needs a strategy");
    };
  }

  private double gather() {
    return model.micros(Route.ALL_GATHER, shard * rowBytes);
  }

  /** Own rows while the first chunk is gathered; then all others' rows of a chunk together. */
  private double pipelined(int chunks, int rows) {
    double each = model.plain(rows, cols, key.k());
    double time = chunks * each;
    double gathered = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      gathered += model.micros(Route.ALL_GATHER, rows * rowBytes);
      time = Math.max(time, gathered + model.micros(Route.HANDOVER, 1) / 2) + (ranks - 1) * each;
    }
    return time;
  }

  /** A chunk's part of one GEMM over everything. */
  private double share(int chunks, Tuning tuning) {
    return model.tiled(key.m(), cols, key.k(), tuning) / ((double) ranks * chunks);
  }

  /** When a chunk from the rank so many steps away has arrived. */
  private interface Arrival {
    double at(int step, int chunk);
  }

  /** Chunk by chunk, each to all peers in turn. */
  private Arrival pushed(Tuning tuning, int rows) {
    double first = model.push(tuning.transport(), rows * rowBytes);
    double next = model.streamedPush(tuning.transport(), rows * rowBytes);
    return (step, chunk) -> first + (chunk * (ranks - 1.0) + step - 1) * next;
  }

  /** From neighbour to neighbour: sent on as soon as it is there and the link is free. */
  private Arrival passedOn(Tuning tuning, int chunks, int rows) {
    LinkClock link = new LinkClock(model, tuning.transport());
    double[][] arrived = new double[ranks][chunks];
    for (int step = 1; step < ranks; step++) {
      for (int chunk = 0; chunk < chunks; chunk++) {
        arrived[step][chunk] = link.arrival(arrived[step - 1][chunk], rows * rowBytes);
      }
    }
    return (step, chunk) -> arrived[step][chunk];
  }

  /** Peer by peer, all chunks in turn. */
  private Arrival exchanged(int rows, int chunks) {
    double each = model.micros(Route.EXCHANGE, rows * rowBytes);
    return (step, chunk) -> ((step - 1.0) * chunks + chunk + 1) * each;
  }

  private double arriving(int chunks, Arrival arrival, double computing) {
    double time = 0;
    for (int step = 0; step < ranks; step++) {
      for (int chunk = 0; chunk < chunks; chunk++) {
        double ready = step == 0 ? 0 : arrival.at(step, chunk);
        time = Math.max(time, ready) + computing;
      }
    }
    return time;
  }
}
