package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.strategy.RowBlocks;
import dev.counterpoint.core.tuner.Play.Stream;
import dev.counterpoint.spi.RowPartition;
import java.util.List;

/**
 * Times of an all-to-all whose rows are divided as somebody likes. Its ranks are not alike, so all
 * of them are played.
 */
final class SplitModel {
  private final LatencyModel model;
  private final TuningKey key;
  private final int ranks;
  private final double rowBytes;

  SplitModel(LatencyModel model, TuningKey key) {
    this.model = model;
    this.key = key;
    ranks = key.ranks();
    rowBytes = (double) key.n() * key.outputType().bytes();
  }

  double micros(Tuning tuning) {
    return switch (tuning.strategy()) {
      case SEQUENTIAL -> sequential();
      case PIPELINED -> pipelined(tuning);
      case RING, DECOMPOSED, FUSED -> staged(tuning);
      case SIGNALED -> signaled(tuning);
      case AUTO -> throw new IllegalArgumentException("a prediction needs a strategy");
    };
  }

  private int rows(int from, int to) {
    return Math.toIntExact(key.splits().get(from).get(to));
  }

  private int sent(int rank) {
    return Math.toIntExact(key.splits().get(rank).stream().mapToLong(Long::longValue).sum());
  }

  private int received(int rank) {
    long sum = 0;
    for (List<Long> row : key.splits()) {
      sum += row.get(rank);
    }
    return Math.toIntExact(sum);
  }

  /** What an even all-to-all would have for each peer, if its busiest link carried as much. */
  private double perPeer() {
    double most = 0;
    for (int rank = 0; rank < ranks; rank++) {
      int own = rows(rank, rank);
      most = Math.max(most, Math.max(sent(rank), received(rank)) - own);
    }
    return most / Math.max(1, ranks - 1) * rowBytes;
  }

  private int mostReceived() {
    int most = 0;
    for (int rank = 0; rank < ranks; rank++) {
      most = Math.max(most, received(rank));
    }
    return most;
  }

  private double sequential() {
    double copied =
        key.isPacked(key.n(), key.outputType())
            ? 0
            : model.micros(Route.COPY, mostReceived() * rowBytes);
    return model.plain(key.m(), key.n(), key.k())
        + model.micros(Route.ALL_TO_ALL, perPeer())
        + copied;
  }

  private double pipelined(Tuning tuning) {
    RowBlocks columns = RowBlocks.tapered(key.n(), Math.max(1, Math.min(tuning.chunks(), key.n())));
    double hop = model.handover() / 2;
    Play play = new Play(model.besidePlain());
    for (int chunk = 0; chunk < columns.count(); chunk++) {
      int cols = columns.rows(key.n(), chunk);
      double part = (double) cols / key.n();
      int computed = play.product(model.plain(key.m(), cols, key.k()), hop);
      Play.Work sending = model.work(Route.ALL_TO_ALL, perPeer() * part);
      int sent = play.add(Stream.SEND, Route.ALL_TO_ALL, sending, hop, computed);
      Play.Work copying = model.work(Route.COPY, mostReceived() * rowBytes * part);
      play.add(Stream.RECEIVE, Route.COPY, copying, 0, sent);
    }
    return play.run();
  }

  /** A GEMM for each owner, the next rank first; behind each the exchange of one distance. */
  private double signaled(Tuning tuning) {
    Play play = new Play(model.besideTiles(tuning.reservedUnits()), ranks);
    int[][] computed = new int[ranks][ranks];
    for (int rank = 0; rank < ranks; rank++) {
      for (int step = 1; step <= ranks; step++) {
        int rows = rows(rank, (rank + step) % ranks);
        computed[rank][step % ranks] =
            play.product(rank, gemm(rows, tuning).micros(), model.handover() / 2);
      }
    }
    for (int step = 1; step < ranks; step++) {
      int most = 0;
      int[] all = new int[ranks]; // the library's exchange begins when everyone is there
      for (int rank = 0; rank < ranks; rank++) {
        most = Math.max(most, rows(rank, (rank + step) % ranks));
        all[rank] = computed[rank][step];
      }
      for (int rank = 0; most > 0 && rank < ranks; rank++) {
        Play.Work exchanging = model.work(Route.EXCHANGE, most * rowBytes);
        play.add(rank, Stream.SEND, Route.EXCHANGE, exchanging, 0, all);
      }
    }
    return play.run();
  }

  private LatencyModel.Tiles gemm(int rows, Tuning tuning) {
    return model.tiles(RowPartition.whole(rows), key.n(), key.k(), tuning);
  }

  private RowBlocks blocks(Tuning tuning, int longest) {
    if (tuning.strategy() != Strategy.FUSED) {
      return RowBlocks.tapered(longest, Math.max(1, Math.min(tuning.chunks(), longest)));
    }
    int tileRows = gemm(longest, tuning).tiling().tileRows();
    int rows = gemm(longest, tuning).tiling().tileRowsPerShard();
    int groups = Math.max(1, Math.min(tuning.chunks(), rows));
    return RowBlocks.even(longest, Math.max(1, (rows + groups - 1) / groups) * tileRows);
  }

  /** Blocks of what is for each owner, sent as they are ready, or stored there by the tiles. */
  private double staged(Tuning tuning) {
    int longest = 1;
    for (int rank = 0; rank < ranks; rank++) {
      for (int owner = 0; owner < ranks; owner++) {
        longest = Math.max(longest, rows(rank, owner));
      }
    }
    RowBlocks blocks = blocks(tuning, longest);
    boolean fused = tuning.strategy() == Strategy.FUSED;
    Play play =
        new Play(fused ? model.besideTiles(tuning.reservedUnits()) : model.besidePlain(), ranks);
    int[][][] arrived = new int[ranks][ranks][blocks.count()];
    for (int rank = 0; rank < ranks; rank++) {
      send(play, tuning, blocks, rank, arrived);
    }
    for (int rank = 0; rank < ranks; rank++) {
      for (int step = 0; step < ranks; step++) {
        int source = (rank - step + ranks) % ranks;
        for (int block = 0; block < blocks.count(); block++) {
          int rows = blocks.rows(rows(source, rank), block);
          if (rows > 0) {
            Play.Work copying = model.work(Route.COPY, rows * rowBytes);
            int there = arrived[source][rank][block];
            play.add(rank, Stream.RECEIVE, Route.COPY, copying, 0, there);
          }
        }
      }
    }
    return play.run();
  }

  private void send(Play play, Tuning tuning, RowBlocks blocks, int rank, int[][][] arrived) {
    boolean fused = tuning.strategy() == Strategy.FUSED;
    boolean ownerByOwner = fused || tuning.strategy() == Strategy.RING;
    int count = blocks.count();
    for (int turn = 0; turn < count * ranks; turn++) {
      int block = ownerByOwner ? turn % count : turn / ranks;
      int step = 1 + (ownerByOwner ? turn / count : turn % ranks);
      int owner = (rank + step) % ranks;
      int rows = blocks.rows(rows(rank, owner), block);
      if (rows == 0) {
        continue;
      }
      double computing =
          fused ? routed(rows, owner == rank, tuning) : model.plain(rows, key.n(), key.k());
      int computed = play.product(rank, computing, model.handover() / 2);
      arrived[rank][owner][block] = computed;
      if (!fused && owner != rank) {
        Play.Work sending = model.streamedPush(tuning.transport(), rows * rowBytes);
        double later = model.push(tuning.transport(), rows * rowBytes) - sending.micros();
        Route route = model.pushes(tuning.transport());
        arrived[rank][owner][block] = play.add(rank, Stream.SEND, route, sending, later, computed);
      }
    }
  }

  private double routed(int rows, boolean own, Tuning tuning) {
    LatencyModel.Tiles gemm = gemm(rows, tuning);
    int tiles = gemm.tiling().tiles();
    StoredTiles.Block all = new StoredTiles.Block(own ? 0 : tiles, own ? tiles : 0);
    double bytes = rows * rowBytes / Math.max(1, tiles);
    return model.stored(gemm, List.of(all), false, bytes)[0];
  }
}
