package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.tuner.Play.Stream;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;

/** Times of all-gather + GEMM. */
final class GatherModel {
  private final LatencyModel model;
  private final TuningKey key;
  private final int ranks;
  private final RowPartition shards;
  private final int shard;
  private final int cols;
  private final double rowBytes;

  GatherModel(LatencyModel model, TuningKey key) {
    this.model = model;
    this.key = key;
    ranks = key.ranks();
    shards = new RowPartition(key.m(), ranks);
    shard = shards.rowsPerShard();
    cols = new RowPartition(key.n(), ranks).rowsPerShard();
    rowBytes = (double) key.k() * key.inputType().bytes();
  }

  double micros(Tuning tuning) {
    int chunks = Math.max(1, Math.min(tuning.chunks(), shard));
    RowPartition cut = new RowPartition(shard, chunks);
    return switch (tuning.strategy()) {
      case SEQUENTIAL -> sequential();
      case PIPELINED -> pipelined(cut);
      case RING, DECOMPOSED -> piecewise(tuning, cut);
      case FUSED, SIGNALED -> gated(tuning, cut);
      case AUTO -> throw new IllegalArgumentException("a prediction needs a strategy");
    };
  }

  private double bytes(RowPartition cut, int chunk) {
    return cut.rows(chunk) * rowBytes;
  }

  private double plain(int rows) {
    return model.plain(rows, cols, key.k());
  }

  /** Rows that are not one behind the other, or too few for a block, are copied first. */
  private boolean isDirect() {
    return shards.isEven() && key.isPacked(key.k(), key.inputType());
  }

  private double sequential() {
    double copied = isDirect() ? 0 : model.micros(Route.COPY, shard * rowBytes);
    return copied + model.micros(Route.ALL_GATHER, shard * rowBytes) + plain(key.m());
  }

  /** Own rows while the first chunk is gathered; then all others' rows of each chunk. */
  private double pipelined(RowPartition cut) {
    Play play = new Play(model.besidePlain());
    int[] gathered = new int[cut.shards()];
    for (int chunk = 0; chunk < cut.shards(); chunk++) {
      if (!isDirect()) {
        play.add(Stream.RECEIVE, Route.COPY, model.work(Route.COPY, bytes(cut, chunk)), 0);
      }
      Play.Work gathering = model.work(Route.ALL_GATHER, bytes(cut, 0));
      gathered[chunk] = play.add(Stream.RECEIVE, Route.ALL_GATHER, gathering, model.handover() / 2);
      play.product(plain(cut.rows(chunk)), 0);
    }
    for (int chunk = 0; chunk < cut.shards(); chunk++) {
      for (int step = 1; step < ranks; step++) {
        play.product(plain(cut.rows(chunk)), 0, gathered[chunk]);
      }
    }
    return play.run();
  }

  /** A GEMM for each chunk: the own ones, and then as they arrive. */
  private double piecewise(Tuning tuning, RowPartition cut) {
    Play play = new Play(model.besidePlain());
    int[][] arrived = transfers(play, tuning, cut);
    for (int step = 0; step < ranks; step++) {
      for (int chunk = 0; chunk < cut.shards(); chunk++) {
        double computing = plain(cut.rows(chunk));
        if (step == 0) {
          play.product(computing, 0);
        } else {
          play.product(computing, 0, arrived[step][chunk]);
        }
      }
    }
    return play.run();
  }

  /**
   * What brings the chunks; by steps of distance and chunk, the task that ends with its arrival.
   */
  private int[][] transfers(Play play, Tuning tuning, RowPartition cut) {
    int[][] arrived = new int[ranks][cut.shards()];
    switch (tuning.strategy()) {
      case RING -> {
        // From neighbour to neighbour: sent on when it is there.
        for (int step = 1; step < ranks; step++) {
          for (int chunk = 0; chunk < cut.shards(); chunk++) {
            arrived[step][chunk] =
                step == 1
                    ? push(play, tuning, bytes(cut, chunk))
                    : push(play, tuning, bytes(cut, chunk), arrived[step - 1][chunk]);
          }
        }
      }
      case SIGNALED -> {
        // Peer by peer, all chunks in turn; tiles see a signal that is raised behind each.
        double seen = model.seenAfter();
        for (int step = 1; step < ranks; step++) {
          for (int chunk = 0; chunk < cut.shards(); chunk++) {
            Play.Work exchanging = model.work(Route.EXCHANGE, bytes(cut, chunk));
            arrived[step][chunk] = play.add(Stream.RECEIVE, Route.EXCHANGE, exchanging, seen);
          }
        }
      }
      case DECOMPOSED, FUSED -> {
        // Chunk by chunk, each to all peers in turn.
        for (int chunk = 0; chunk < cut.shards(); chunk++) {
          for (int step = 1; step < ranks; step++) {
            arrived[step][chunk] = push(play, tuning, bytes(cut, chunk));
          }
        }
      }
      case AUTO, SEQUENTIAL, PIPELINED -> throw new AssertionError(tuning);
    }
    return arrived;
  }

  private int push(Play play, Tuning tuning, double bytes, int... after) {
    Play.Work sending = model.streamedPush(tuning.transport(), bytes);
    double later = model.push(tuning.transport(), bytes) - sending.micros();
    return play.add(Stream.SEND, model.pushes(tuning.transport()), sending, later, after);
  }

  /** One GEMM whose tiles wait for their rows. Own rows are put in their place before it. */
  private double gated(Tuning tuning, RowPartition cut) {
    LatencyModel.Tiles gemm = model.tiles(shards, cols, key.k(), tuning);
    Contention contention = model.besideTiles(tuning.reservedUnits());
    Play play = new Play(contention);
    Play.Work copying = model.work(Route.COPY, shard * rowBytes);
    int placed = play.add(Stream.MAIN, Route.COPY, copying, model.handover() / 2);
    if (tuning.strategy() == Strategy.SIGNALED) {
      play.add(
          Stream.RECEIVE,
          Route.EXCHANGE,
          new Play.Work(0, 0),
          0,
          placed); // sends the rows from their place
    }
    int[][] arrived = transfers(play, tuning, cut);
    // As if the tiles of a chunk were a product: for how long there are any beside the transfers.
    double share = (gemm.micros() - gemm.launch()) / ranks / cut.shards();
    play.product(gemm.launch(), 0);
    for (int step = 0; step < ranks; step++) {
      for (int chunk = 0; chunk < cut.shards(); chunk++) {
        if (step == 0) {
          play.product(share, 0);
        } else {
          play.product(share, 0, arrived[step][chunk]);
        }
      }
    }
    play.run();
    double start = play.seen(placed) - model.handover() / 2 + gemm.launch();
    return compute(tuning, cut, gemm, contention, start, arrived(play, arrived));
  }

  private double[][] arrived(Play play, int[][] tasks) {
    double[][] times = new double[ranks][tasks[0].length];
    for (int step = 1; step < ranks; step++) {
      for (int chunk = 0; chunk < tasks[step].length; chunk++) {
        times[step][chunk] = play.seen(tasks[step][chunk]);
      }
    }
    return times;
  }

  private double compute(
      Tuning tuning,
      RowPartition cut,
      LatencyModel.Tiles gemm,
      Contention contention,
      double start,
      double[][] arrived) {
    double last = 0;
    for (double[] times : arrived) {
      for (double time : times) {
        last = Math.max(last, time);
      }
    }
    Route beside =
        tuning.strategy() == Strategy.SIGNALED ? Route.EXCHANGE : model.pushes(tuning.transport());
    TileRun run =
        new TileRun(
            start, gemm.workers(), gemm.tile(), gemm.tile() / contention.ofProducts(beside), last);
    Tiling tiling = gemm.tiling();
    for (int step = 0; step < ranks; step++) {
      double ready = 0;
      for (int row = 0; row < tiling.tileRowsPerShard(); row++) {
        int lastRow = Math.min(shard, (row + 1) * tiling.tileRows()) - 1;
        ready = Math.max(ready, step == 0 ? 0 : arrived[step][lastRow / cut.rowsPerShard()]);
        run.compute(tiling.tileColCount(), ready);
      }
    }
    return run.end();
  }
}
