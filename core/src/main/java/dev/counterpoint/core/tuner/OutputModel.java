package dev.counterpoint.core.tuner;

import dev.counterpoint.Tuning;
import dev.counterpoint.core.strategy.PackedGroups;
import dev.counterpoint.core.strategy.RowBlocks;
import dev.counterpoint.core.tuner.Play.Stream;
import dev.counterpoint.spi.RowPartition;

/** Times of the operators that communicate after their GEMM. */
final class OutputModel {
  private final LatencyModel model;
  private final TuningKey key;
  private final boolean reduces;
  private final boolean spreads;
  private final int ranks;
  private final RowPartition shards;
  private final int shard;
  private final int inner;
  private final double rowBytes;

  OutputModel(LatencyModel model, TuningKey key) {
    this.model = model;
    this.key = key;
    spreads = key.operator().equals("gemm-ar");
    reduces = !key.operator().equals("gemm-a2a");
    ranks = key.ranks();
    shards = new RowPartition(key.m(), ranks);
    shard = shards.rowsPerShard();
    inner = reduces ? new RowPartition(key.k(), ranks).rowsPerShard() : key.k();
    rowBytes = (double) key.n() * key.outputType().bytes();
  }

  double micros(Tuning tuning) {
    if (!key.splits().isEmpty()) {
      return new SplitModel(model, key).micros(tuning);
    }
    return switch (tuning.strategy()) {
      case SEQUENTIAL -> sequential();
      case PIPELINED -> pipelined(tuning);
      case RING, DECOMPOSED -> staged(tuning);
      case FUSED -> model.isPeerReduced(key, tuning) ? peerReduced() : staged(tuning);
      case SIGNALED -> signaled(tuning);
      case AUTO -> throw new IllegalArgumentException("a prediction needs a strategy");
    };
  }

  private Route collective() {
    return spreads ? Route.ALL_REDUCE : reduces ? Route.REDUCE_SCATTER : Route.ALL_TO_ALL;
  }

  private double staged(Tuning tuning) {
    return new StagedModel(model, key, shards, inner, reduces, spreads).micros(tuning);
  }

  /** A GEMM, and a kernel that exchanges and sums. */
  private double peerReduced() {
    return model.plain(key.m(), key.n(), inner)
        + model.micros(Route.PEER_ALL_REDUCE, key.m() * rowBytes)
        + finish(false);
  }

  private double receivedRows() {
    return spreads ? key.m() : reduces ? shard : (double) shard * ranks;
  }

  private double sequential() {
    double bytes = spreads ? key.m() * rowBytes : shard * rowBytes;
    return model.plain(key.m(), key.n(), inner)
        + model.micros(collective(), bytes)
        + finish(!shards.isEven() || !key.isPacked(key.n(), key.outputType()));
  }

  /** What brings the result where it belongs: a norm, or else copies where they are needed. */
  private double finish(boolean copied) {
    if (!key.norm().isEmpty()) {
      return model.pass(receivedRows() * rowBytes, key.normPasses()).micros();
    }
    if (!copied) {
      return 0;
    }
    return spreads || reduces
        ? model.micros(Route.COPY, receivedRows() * rowBytes)
        : ranks * model.micros(Route.COPY, shard * rowBytes);
  }

  /** Chunks of columns: collectives follow each other, and each is followed by copies. */
  private double pipelined(Tuning tuning) {
    RowBlocks columns = RowBlocks.tapered(key.n(), Math.max(1, Math.min(tuning.chunks(), key.n())));
    double part = rowBytes / key.n();
    double hop = model.handover() / 2;
    Play play = new Play(model.besidePlain());
    int copies = reduces ? 1 : ranks;
    for (int chunk = 0; chunk < columns.count(); chunk++) {
      int cols = columns.rows(key.n(), chunk);
      int computed = play.product(model.plain(key.m(), cols, inner), hop);
      double bytes = (spreads ? key.m() : (double) shard) * cols * part;
      int sent =
          play.add(Stream.SEND, collective(), model.work(collective(), bytes), hop, computed);
      double copied = receivedRows() * cols * part / copies;
      Play.Work copying = model.work(Route.COPY, copied).times(copies);
      play.add(Stream.RECEIVE, Route.COPY, copying, 0, sent);
    }
    return play.run() + (key.norm().isEmpty() ? 0 : finish(false));
  }

  /** Groups of tiles, a collective for each. */
  private double signaled(Tuning tuning) {
    RowPartition partition = spreads ? RowPartition.whole(key.m()) : shards;
    LatencyModel.Tiles gemm = model.tiles(partition, key.n(), inner, tuning);
    PackedGroups map =
        PackedGroups.of(gemm.tiling(), tuning.groups(), Math.max(1, tuning.chunks()));
    double tileBytes =
        (double) gemm.tiling().tileRows() * gemm.tiling().tileCols() * key.outputType().bytes();
    Play play = new Play(model.besideTiles(tuning.reservedUnits()));
    double before = 0;
    long done = 0;
    for (int group = 0; group < map.groups(); group++) {
      done += (long) map.tilesOfShard(group) * partition.shards();
      double after = gemm.after(done);
      int computed = play.product(after - before, model.handover() / 2);
      before = after;
      Play.Work sending = model.work(collective(), map.tilesOfShard(group) * tileBytes);
      play.add(Stream.SEND, collective(), sending, 0, computed);
    }
    double finishing =
        key.norm().isEmpty() ? model.micros(Route.COPY, receivedRows() * rowBytes) : finish(false);
    return play.run() + finishing;
  }
}
