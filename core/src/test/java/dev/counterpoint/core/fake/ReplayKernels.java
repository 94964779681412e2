package dev.counterpoint.core.fake;

import dev.counterpoint.WeightLayout;
import dev.counterpoint.core.fake.Work.Rows;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The kernels of {@link Replay}: GEMM tiles, blocks of reductions, unpacking, normalisation. */
final class ReplayKernels {
  private final Replay replay;

  ReplayKernels(Replay replay) {
    this.replay = replay;
  }

  List<Replay.Task> tiles(Work.Gemm gemm) {
    List<Replay.Task> tasks = new ArrayList<>();
    for (int tile : order(gemm.spec())) {
      if (!gemm.spec().tiling().isEmpty(tile)) {
        tasks.add(new Tile(gemm, tile));
      }
    }
    return tasks;
  }

  static List<Integer> order(GemmSpec spec) {
    Tiling tiling = spec.tiling();
    List<Integer> order = new ArrayList<>();
    if (spec.order() instanceof TileOrder.Table table) {
      for (int tile : table.tiles()) {
        order.add(tile);
      }
    } else if (spec.order() instanceof TileOrder.Shards shards) {
      int perShard = tiling.tileRowsPerShard() * tiling.tileColCount();
      for (int shard : shards.shards()) {
        for (int i = 0; i < perShard; i++) {
          order.add(shard * perShard + i);
        }
      }
    } else {
      for (int tile = 0; tile < tiling.tiles(); tile++) {
        order.add(tile);
      }
    }
    if (order.stream().distinct().count() != tiling.tiles()) {
      throw new AssertionError("order of " + spec.label() + " is no permutation: " + order);
    }
    return order;
  }

  private final class Tile implements Replay.Task {
    private final Work.Gemm gemm;
    private final GemmSpec spec;
    private final Tiling tiling;
    private final int tile;

    Tile(Work.Gemm gemm, int tile) {
      this.gemm = gemm;
      this.spec = gemm.spec();
      this.tiling = spec.tiling();
      this.tile = tile;
    }

    @Override
    public @Nullable BitSet acquire() {
      BitSet past = new BitSet();
      if (spec.gate() instanceof TileGate.Words gate) {
        int row = tiling.tileRow(tile);
        long wanted = gate.target().at(epoch(spec.epoch()));
        for (int i = 0; i < gate.wordCount()[row]; i++) {
          int word = gate.firstWord()[row] + i;
          if (!replay.acquire(past, gate.signals(), spec.rank(), word, wanted)) {
            return null;
          }
        }
      }
      if (spec.route() instanceof TileRoute.Owners owners && owners.clearance() != null) {
        TileRoute.Clearance clearance = owners.clearance();
        int word = clearance.words()[tiling.shard(tile)];
        long wanted = clearance.target().at(epoch(spec.epoch()));
        if (!replay.acquire(past, clearance.signals(), spec.rank(), word, wanted)) {
          return null;
        }
      }
      return past;
    }

    @Override
    public void run(int action) {
      if (spec.epoch() != null) {
        replay.memory.load(Replay.address(spec.epoch()), action);
      }
      for (int i = 0; i < tiling.rows(tile); i++) {
        for (int j = 0; j < tiling.cols(tile); j++) {
          int row = tiling.row(tile) + i;
          int col = tiling.col(tile) + j;
          replay.memory.store(target(i, j, row, col), element(row, col, action), action);
        }
      }
      if (spec.post() instanceof TilePost.Counters post && post.words()[tile] >= 0) {
        int owner = post.at() == TilePost.At.SELF ? spec.rank() : spec.owner(tiling.shard(tile));
        replay.raise(post.signals(), owner, post.words()[tile], false, 1, action);
      }
    }

    private long element(int row, int col, int action) {
      boolean nk = spec.weightLayout() == WeightLayout.NK;
      long sum = 0;
      for (int k = 0; k < spec.k(); k++) {
        long b = nk ? gemm.b().address(col, 4L * k) : gemm.b().address(k, 4L * col);
        sum +=
            replay.memory.load(gemm.a().address(row, 4L * k), action)
                * replay.memory.load(b, action);
      }
      Epilogue epilogue = spec.epilogue();
      long result = ((long) epilogue.alpha()) * sum;
      int inWindow = row - epilogue.firstRow();
      if (inWindow >= 0 && inWindow < epilogue.rowCount()) {
        if (gemm.c() != null) {
          long c = replay.memory.load(gemm.c().address(inWindow, 4L * col), action);
          result += ((long) epilogue.beta()) * c;
        }
        if (gemm.bias() != null) {
          result += replay.memory.load(gemm.bias().address(0, 4L * col), action);
        }
      }
      return result;
    }

    private long target(int i, int j, int row, int col) {
      if (spec.route() instanceof TileRoute.Owners owners) {
        int shard = tiling.shard(tile);
        long there = (long) spec.owners().row(shard) + row - tiling.partition().start(shard);
        return owners.buffer().at(spec.owner(shard)).address()
            + owners.offset()
            + 4L * (there * owners.rowStride() + col);
      }
      Rows d = Objects.requireNonNull(gemm.d());
      if (spec.route() instanceof TileRoute.Packed packed) {
        return d.address(packed.slots()[tile], 4L * ((long) i * tiling.tileCols() + j));
      }
      return d.address(row, 4L * col);
    }
  }

  List<Replay.Task> blocks(ReduceSpec spec, @Nullable Rows output) {
    List<Replay.Task> tasks = new ArrayList<>();
    for (int block = 0; block < spec.blocks(); block++) {
      tasks.add(new Block(spec, output, block));
    }
    return tasks;
  }

  private final class Block implements Replay.Task {
    private final ReduceSpec spec;
    private final @Nullable Rows output;
    private final int block;

    Block(ReduceSpec spec, @Nullable Rows output, int block) {
      this.spec = spec;
      this.output = output;
      this.block = block;
    }

    @Override
    public @Nullable BitSet acquire() {
      BitSet past = new BitSet();
      ReduceSpec.Gate gate = spec.gate();
      for (int slot = 0; gate != null && slot < spec.slots(); slot++) {
        int index = block * spec.slots() + slot;
        long wanted = gate.perEpoch()[index] * epoch(spec.epoch());
        int word = gate.words()[index];
        if (word >= 0 && !replay.acquire(past, gate.signals(), spec.rank(), word, wanted)) {
          return null;
        }
      }
      if (spec.route() instanceof ReduceSpec.Everywhere all && all.clearance() != null) {
        TileRoute.Clearance clearance = all.clearance();
        long wanted = clearance.target().at(epoch(spec.epoch()));
        for (int word : clearance.words()) {
          if (!replay.acquire(past, clearance.signals(), spec.rank(), word, wanted)) {
            return null;
          }
        }
      }
      return past;
    }

    @Override
    public void run(int action) {
      replay.memory.load(Replay.address(Objects.requireNonNull(spec.epoch())), action);
      int end = Math.min(spec.rows(), (block + 1) * spec.blockRows());
      for (int row = block * spec.blockRows(); row < end; row++) {
        for (int col = 0; col < spec.cols(); col++) {
          store(row, col, sum(row, col, action), action);
        }
      }
      if (spec.route() instanceof ReduceSpec.Everywhere all) {
        for (int rank = 0; rank < replay.ranks; rank++) {
          replay.raise(all.signals(), rank, all.words()[block], false, 1, action);
        }
      }
    }

    private long sum(int row, int col, int action) {
      long sum = 0;
      for (int slot = 0; slot < spec.slots(); slot++) {
        long offset = slot * spec.slotBytes() + 4L * ((long) row * spec.rowStride() + col);
        sum += replay.memory.load(spec.staging().address() + offset, action);
      }
      return sum;
    }

    private void store(int row, int col, long value, int action) {
      if (spec.route() instanceof ReduceSpec.Everywhere all) {
        long offset = all.offset() + 4L * ((long) row * all.rowStride() + col);
        for (int rank = 0; rank < replay.ranks; rank++) {
          replay.memory.store(all.buffer().at(rank).address() + offset, value, action);
        }
      } else {
        replay.memory.store(Objects.requireNonNull(output).address(row, 4L * col), value, action);
      }
    }
  }

  void unpack(Work.Unpack unpack, int action) {
    Tiling tiling = unpack.tiling();
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      int slot = unpack.slots()[tile];
      for (int i = 0; slot >= 0 && i < tiling.rows(tile); i++) {
        for (int j = 0; j < tiling.cols(tile); j++) {
          long from = unpack.packed().address(slot, 4L * ((long) i * tiling.tileCols() + j));
          long to = unpack.output().address(tiling.row(tile) + i, 4L * (tiling.col(tile) + j));
          replay.memory.store(to, replay.memory.load(from, action), action);
        }
      }
    }
  }

  void norm(Work.Norm norm, int action) {
    int cols = norm.spec().cols();
    for (int row = 0; row < norm.spec().rows(); row++) {
      long[] own = new long[cols];
      long total = 0;
      for (int col = 0; col < cols; col++) {
        own[col] = replay.memory.load(normInput(norm, row, col), action);
        if (norm.residual() != null) {
          own[col] += replay.memory.load(norm.residual().address(row, 4L * col), action);
        }
        total += own[col];
      }
      for (int col = 0; col < cols; col++) {
        if (norm.sum() != null) {
          replay.memory.store(norm.sum().address(row, 4L * col), own[col], action);
        }
        long weight = replay.memory.load(norm.weight().address(0, 4L * col), action);
        long bias =
            norm.bias() == null ? 0 : replay.memory.load(norm.bias().address(0, 4L * col), action);
        replay.memory.store(
            norm.output().address(row, 4L * col),
            Work.Norm.element(total, own[col], weight, bias),
            action);
      }
    }
  }

  private static long normInput(Work.Norm norm, int row, int col) {
    NormSpec.Packing packing = norm.spec().packing();
    if (packing == null) {
      return norm.input().address(row, 4L * col);
    }
    Tiling tiling = packing.tiling();
    int shard = row / tiling.partition().rowsPerShard();
    int inShard = row - tiling.partition().start(shard);
    int tile = tiling.tile(shard, inShard / tiling.tileRows(), col / tiling.tileCols());
    int inTile = inShard % tiling.tileRows() * tiling.tileCols() + col % tiling.tileCols();
    return norm.input().address(packing.slots()[tile], 4L * inTile);
  }

  private long epoch(@Nullable Epoch epoch) {
    return replay.epoch(Objects.requireNonNull(epoch));
  }
}
