package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.strategy.RowBlocks;
import dev.counterpoint.core.strategy.Stripes;
import dev.counterpoint.core.strategy.WideDevices;
import dev.counterpoint.core.tuner.Play.Stream;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Times of products that are left at their owners block by block, who sum or copy them there. */
final class StagedModel {
  private final LatencyModel model;
  private final TuningKey key;
  private final RowPartition shards;
  private final int inner;
  private final boolean reduces;
  private final boolean spreads;
  private final int ranks;
  private final int shard;
  private final double rowBytes;

  /**
   * Creates a model.
   *
   * @param inner K of a rank
   * @param reduces whether owners sum
   * @param spreads whether sums then go to everyone
   */
  StagedModel(
      LatencyModel model,
      TuningKey key,
      RowPartition shards,
      int inner,
      boolean reduces,
      boolean spreads) {
    this.model = model;
    this.key = key;
    this.shards = shards;
    this.inner = inner;
    this.reduces = reduces;
    this.spreads = spreads;
    ranks = key.ranks();
    shard = shards.rowsPerShard();
    rowBytes = (double) key.n() * key.outputType().bytes();
  }

  double micros(Tuning tuning) {
    Schedule schedule =
        tuning.strategy() == Strategy.FUSED
            ? new Schedule(tuning, model.besideTiles(tuning.reservedUnits()))
            : new Schedule(tuning, model.besidePlain());
    return schedule.micros();
  }

  /** One tuning's. */
  private final class Schedule {
    private final Tuning tuning;
    private final Play play;
    private final double hop = model.handover() / 2;

    Schedule(Tuning tuning, Contention contention) {
      this.tuning = tuning;
      play = new Play(contention);
    }

    double micros() {
      if (tuning.strategy() == Strategy.FUSED) {
        if (spreads && !WideDevices.areOf(model.machine().units())) {
          fusedByStripes();
        } else {
          fused();
        }
      } else if (tuning.strategy() == Strategy.RING && reduces) {
        ring(RowBlocks.tapered(shard, chunks()));
      } else if (isStriped()) {
        boolean wide = WideDevices.areOf(model.machine().units());
        striped(RowBlocks.striped(shard, chunks(), ranks, wide));
      } else {
        chunked(RowBlocks.tapered(shard, chunks()));
      }
      double time = play.run();
      // An all-reduce's norm is played, in the place of the copies.
      return key.norm().isEmpty() || spreads ? time : time + norm(shard).micros();
    }

    private int chunks() {
      return Math.max(1, Math.min(tuning.chunks(), shard));
    }

    private Play.Work norm(int rows) {
      return model.pass(rows * rowBytes, key.normPasses());
    }

    private double bytes(RowBlocks blocks, int block) {
      return blocks.rows(shard, block) * rowBytes;
    }

    /** Whether one GEMM computes a block of all owners. */
    private boolean isStriped() {
      return spreads
          && tuning.strategy() == Strategy.DECOMPOSED
          && !WideDevices.areFilledBy(model.machine().units(), shard);
    }

    private int push(Stream stream, double bytes, int... after) {
      Play.Work sending = model.streamedPush(tuning.transport(), bytes);
      double later = model.push(tuning.transport(), bytes) - sending.micros();
      return play.add(stream, model.pushes(tuning.transport()), sending, later, after);
    }

    /** A GEMM for each block of each owner, and a push behind it. */
    private void chunked(RowBlocks blocks) {
      boolean ownerByOwner = tuning.strategy() == Strategy.RING;
      int count = blocks.count();
      int[][] arrived = new int[count][ranks];
      for (int turn = 0; turn < count * ranks; turn++) {
        int block = ownerByOwner ? turn % count : turn / ranks;
        int step = 1 + (ownerByOwner ? turn / count : turn % ranks);
        double computing = model.plain(blocks.rows(shard, block), key.n(), inner);
        int computed = play.product(computing, hop);
        arrived[block][step % ranks] =
            step == ranks ? computed : push(Stream.SEND, bytes(blocks, block), computed);
      }
      receive(blocks, arrived, false);
    }

    /** A GEMM for all owners' parts of a stripe, and a push of each. */
    private void striped(RowBlocks blocks) {
      int[][] arrived = new int[blocks.count()][ranks];
      for (int block = 0; block < blocks.count(); block++) {
        int rows = Math.min(key.m(), blocks.rows(shard, block) * ranks);
        int computed = play.product(model.plain(rows, key.n(), inner), hop);
        for (int step = 1; step < ranks; step++) {
          arrived[block][step] = push(Stream.SEND, bytes(blocks, block), computed);
        }
        Play.Work copying = model.work(Route.COPY, bytes(blocks, block));
        arrived[block][0] = play.add(Stream.SEND, Route.COPY, copying, 0, computed);
      }
      receive(blocks, arrived, true);
    }

    /**
     * Tiles of one GEMM, stored at their owners, block by block of all owners: mixed on a wide
     * device, otherwise the own ones of a block last.
     */
    private void fused() {
      LatencyModel.Tiles gemm = model.tiles(shards, key.n(), inner, tuning);
      Tiling tiling = gemm.tiling();
      int tileRows = tiling.tileRowsPerShard();
      int groups = Math.max(1, Math.min(tuning.chunks(), tileRows));
      int blockTileRows = Math.max(1, (tileRows + groups - 1) / groups);
      RowBlocks blocks = RowBlocks.even(shard, blockTileRows * tiling.tileRows());
      List<StoredTiles.Block> tiles = new ArrayList<>();
      for (int block = 0; block < blocks.count(); block++) {
        int begin = block * blockTileRows;
        int blockRows = Math.min(tileRows, begin + blockTileRows) - begin;
        long own = (long) blockRows * tiling.tileColCount();
        tiles.add(new StoredTiles.Block(own * (ranks - 1), own));
      }
      double bytes = shard * rowBytes / tileRows / tiling.tileColCount();
      stored(gemm, blocks, tiles, bytes, false);
    }

    /** The same stripe by stripe, of each the own tiles last. */
    private void fusedByStripes() {
      Stripes stripes =
          Stripes.of(
              (rows, height, width) ->
                  model.machine().tiles().of(rows, key.n(), inner, height, width),
              key.m(),
              key.n(),
              ranks,
              tuning);
      Tiling tiling = stripes.tiling();
      LatencyModel.Tiles gemm = model.tiles(tiling, inner, tuning.reservedUnits());
      int[] ends = stripes.cut().ends();
      List<StoredTiles.Block> tiles = new ArrayList<>();
      for (int stripe = 0; stripe < ends.length; stripe++) {
        // The product may end within the last one.
        int begin = stripe == 0 ? 0 : ends[stripe - 1];
        int end = Math.min(tiling.tileRowCount(), ends[stripe] * ranks);
        int tileRows = Math.max(0, end - begin * ranks);
        int own = Math.min(ends[stripe] - begin, (tileRows + ranks - 1) / ranks);
        int width = tiling.tileColCount();
        tiles.add(new StoredTiles.Block((long) (tileRows - own) * width, (long) own * width));
      }
      double bytes = tiling.tileRows() * rowBytes / tiling.tileColCount();
      stored(gemm, stripes.cut(), tiles, bytes, true);
    }

    private void stored(
        LatencyModel.Tiles gemm,
        RowBlocks blocks,
        List<StoredTiles.Block> tiles,
        double bytes,
        boolean striped) {
      boolean mixed = WideDevices.areOf(model.machine().units());
      double[] ends = model.stored(gemm, tiles, mixed, bytes);
      int[][] arrived = new int[blocks.count()][ranks];
      double before = 0;
      for (int block = 0; block < blocks.count(); block++) {
        double computing = ends[block] - before;
        double storing = model.linked(tiles.get(block).elsewhere() * bytes);
        int computed = play.storedProduct(computing, storing / Math.max(1e-9, computing), hop);
        before = ends[block];
        Arrays.fill(arrived[block], computed);
      }
      receive(blocks, arrived, striped);
    }

    /** What owners do with blocks of which they know, by steps of distance, when they are there. */
    private void receive(RowBlocks blocks, int[][] arrived, boolean striped) {
      if (!reduces) {
        for (int step = 0; step < ranks; step++) {
          for (int block = 0; block < blocks.count(); block++) {
            Play.Work copying = model.work(Route.COPY, bytes(blocks, block));
            play.add(Stream.RECEIVE, Route.COPY, copying, 0, arrived[block][step]);
          }
        }
        return;
      }
      int[][] spread = new int[blocks.count()][];
      for (int block = 0; block < blocks.count(); block++) {
        double bytes = bytes(blocks, block);
        Play.Work reducing = model.work(Route.REDUCE, bytes);
        if (spreads && tuning.strategy() == Strategy.FUSED) {
          Play.Work storing = model.streamedPush(tuning.transport(), bytes).times(ranks - 1);
          boolean bound = storing.rest() > reducing.rest();
          Play.Work both =
              new Play.Work(reducing.start(), bound ? storing.rest() : reducing.rest());
          Route route = bound ? model.pushes(tuning.transport()) : Route.REDUCE;
          spread[block] = new int[] {play.add(Stream.RECEIVE, route, both, hop, arrived[block])};
          continue;
        }
        int reduced = play.add(Stream.RECEIVE, Route.REDUCE, reducing, hop, arrived[block]);
        spread[block] = new int[ranks];
        spread[block][0] = reduced;
        for (int step = 1; spreads && step < ranks; step++) {
          spread[block][step] = push(Stream.RECEIVE, bytes);
        }
      }
      if (spreads) {
        copyOut(blocks, spread, striped);
      }
    }

    /** The finished rows of everyone, once the last of them are there or block by block. */
    private void copyOut(RowBlocks blocks, int[][] spread, boolean striped) {
      boolean normalized = !key.norm().isEmpty();
      boolean atOnce = WideDevices.areOf(model.machine().units());
      for (int block = 0; block < blocks.count(); block++) {
        int copies = normalized || atOnce ? 0 : striped ? 1 : ranks;
        double bytes = bytes(blocks, block) * ranks / Math.max(1, copies);
        Play.Work copying = model.work(Route.COPY, bytes).times(copies);
        play.add(Stream.MAIN, Route.COPY, copying, 0, spread[block]);
      }
      if (normalized) {
        play.add(Stream.MAIN, Route.COPY, norm(key.m()), 0);
      } else if (atOnce) {
        play.add(Stream.MAIN, Route.COPY, model.work(Route.COPY, key.m() * rowBytes), 0);
      }
    }

    /** Sums, and then finished shards, that travel around the ranks. */
    private void ring(RowBlocks blocks) {
      int count = blocks.count();
      int[] arrived = new int[count];
      int[] finished = new int[count];
      for (int step = 0; step < ranks; step++) {
        for (int block = 0; block < count; block++) {
          int ready = play.product(model.plain(blocks.rows(shard, block), key.n(), inner), hop);
          if (step > 0) {
            // A sum of two; what was sampled reads one slot per rank.
            Play.Work adding = model.work(Route.REDUCE, 3 * bytes(blocks, block) / (ranks + 1.0));
            ready = play.add(Stream.RECEIVE, Route.REDUCE, adding, hop, ready, arrived[block]);
            finished[block] = ready;
          }
          if (step < ranks - 1 || spreads) {
            arrived[block] = push(Stream.SEND, bytes(blocks, block), ready);
          }
        }
      }
      if (spreads) {
        spreadAround(blocks, finished, arrived);
      }
    }

    /** What arrives is sent on, all the way round, and copied to the output, own blocks first. */
    private void spreadAround(RowBlocks blocks, int[] finished, int[] first) {
      int[][] there = new int[ranks][];
      there[0] = finished;
      there[1] = first;
      for (int step = 2; step < ranks; step++) {
        there[step] = new int[blocks.count()];
        for (int block = 0; block < blocks.count(); block++) {
          there[step][block] = push(Stream.SEND, bytes(blocks, block), there[step - 1][block]);
        }
      }
      boolean normalized = !key.norm().isEmpty();
      boolean atOnce = WideDevices.areOf(model.machine().units());
      for (int step = 0; step < ranks; step++) {
        for (int block = 0; block < blocks.count(); block++) {
          int copies = normalized || atOnce ? 0 : 1;
          Play.Work copying = model.work(Route.COPY, bytes(blocks, block)).times(copies);
          play.add(Stream.MAIN, Route.COPY, copying, 0, there[step][block]);
        }
      }
      if (normalized) {
        play.add(Stream.MAIN, Route.COPY, norm(key.m()), 0);
      } else if (atOnce) {
        play.add(Stream.MAIN, Route.COPY, model.work(Route.COPY, key.m() * rowBytes), 0);
      }
    }
  }
}
