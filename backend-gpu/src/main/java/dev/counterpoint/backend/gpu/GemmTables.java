package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.support.LocalHeap;
import dev.counterpoint.spi.support.Resource;
import org.jspecify.annotations.Nullable;

/**
 * The four hooks of a tile GEMM as the tables and addresses that its kernel reads, brought to the
 * device once, and written into its block of parameters.
 */
final class GemmTables {
  /** How an order is given: shard by shard, or by the tile of each position. */
  private static final int BY_SHARD = 1;

  static final int BY_TILE = 2;

  private final GpuContext context;
  private final GemmSpec spec;
  private final Tables tables = new Tables();
  private final @Nullable GpuEpoch epoch;
  private final @Nullable GpuSignalArray gateSignals;
  private final @Nullable GpuSignalArray clearanceSignals;
  private final @Nullable GpuSignalArray postSignals;
  private final LocalHeap.@Nullable Buffer ownersBuffer;
  private long order;
  private long positions;

  GemmTables(GpuContext context, GemmSpec spec) {
    this.context = context;
    this.spec = spec;
    epoch = spec.epoch() == null ? null : GpuEpoch.of(context, spec.rank(), spec.epoch());
    gateSignals =
        spec.gate() instanceof TileGate.Words gate
            ? GpuSignalArray.of(context, gate.signals())
            : null;
    TileRoute.Owners owners = spec.route() instanceof TileRoute.Owners o ? o : null;
    ownersBuffer = owners == null ? null : LocalHeap.of(context, owners.buffer());
    TileRoute.Clearance clearance = owners == null ? null : owners.clearance();
    clearanceSignals = clearance == null ? null : GpuSignalArray.of(context, clearance.signals());
    postSignals =
        spec.post() instanceof TilePost.Counters post
            ? GpuSignalArray.of(context, post.signals())
            : null;
    if (postSignals != null) {
      postSignals.count();
    }
  }

  /** Whether tiles wait for something. */
  boolean waits() {
    return gateSignals != null || clearanceSignals != null;
  }

  /** Whether others wait for its tiles while it runs. */
  boolean posts() {
    return postSignals != null;
  }

  /** Throws when something that the hooks use was closed. */
  void requireOpen() {
    Resource.requireOpenIfPresent(epoch);
    Resource.requireOpenIfPresent(gateSignals);
    Resource.requireOpenIfPresent(clearanceSignals);
    Resource.requireOpenIfPresent(postSignals);
    Resource.requireOpenIfPresent(ownersBuffer);
  }

  private long epochAddress() {
    return epoch == null ? 0 : epoch.address();
  }

  /** How the order is given; 0 for the natural one. */
  int orderBy() {
    return spec.order() instanceof TileOrder.Table
        ? BY_TILE
        : spec.order() instanceof TileOrder.Shards ? BY_SHARD : 0;
  }

  /** Address of the order's table once that is written; 0 for the natural order. */
  long order() {
    return order;
  }

  /** Address of the order with empty positions once that is written; 0 for none. */
  long positions() {
    return positions;
  }

  /**
   * Uploads the tables and fills in everything that never changes; the order is not for all kernels
   * the same.
   *
   * @param withEmptyPositions the order of {@link PairedOrder}, or null
   */
  void write(
      RankState rank, ParameterBlock block, int splits, int @Nullable [] withEmptyPositions) {
    int orderTable = tables.ints(orderTable());
    int positionsTable = tables.ints(withEmptyPositions);
    TileGate.Words gate = spec.gate() instanceof TileGate.Words g ? g : null;
    int gateFirst = tables.ints(gate == null ? null : gate.firstWord());
    int gateCount = tables.ints(gate == null ? null : gate.wordCount());
    TileRoute.Owners owners = spec.route() instanceof TileRoute.Owners o ? o : null;
    int ownerRows = tables.longs(owners == null ? null : ownerRows(owners));
    TileRoute.Clearance clearance = owners == null ? null : owners.clearance();
    int clearanceIndex = tables.ints(clearance == null ? null : clearance.words());
    int slots = tables.ints(spec.route() instanceof TileRoute.Packed p ? p.slots() : null);
    TilePost.Counters post = spec.post() instanceof TilePost.Counters c ? c : null;
    int postIndex = tables.ints(post == null ? null : post.words());
    int postWords = tables.longs(post == null ? null : postWords(post.at()));
    int arrivals = splits > 1 ? tables.zeros(spec.tiling().tiles()) : -1;
    tables.upload(rank, "the tables of '" + spec.label() + "'");
    order = tables.address(orderTable);
    positions = tables.address(positionsTable);
    block.set(TileGemmParams.ARRIVALS, tables.address(arrivals));
    if (gate != null && gateSignals != null) {
      block.set(TileGemmParams.GATE_WORDS, gateSignals.base(spec.rank()));
      block.set(TileGemmParams.GATE_FIRST, tables.address(gateFirst));
      block.set(TileGemmParams.GATE_COUNT, tables.address(gateCount));
      block.target(
          TileGemmParams.GATE_TARGET,
          epochAddress(),
          gate.target().perEpoch(),
          gate.target().offset());
      block.set(TileGemmParams.GATE_ARRAY, gateSignals.id());
    }
    if (owners != null) {
      block.set(TileGemmParams.OWNERS, tables.address(ownerRows));
      block.set(TileGemmParams.OWNER_STRIDE, (long) owners.rowStride());
    }
    if (clearance != null && clearanceSignals != null) {
      block.set(TileGemmParams.CLEARANCE_WORDS, clearanceSignals.base(spec.rank()));
      block.set(TileGemmParams.CLEARANCE_INDEX, tables.address(clearanceIndex));
      block.target(
          TileGemmParams.CLEARANCE_TARGET,
          epochAddress(),
          clearance.target().perEpoch(),
          clearance.target().offset());
      block.set(TileGemmParams.CLEARANCE_ARRAY, clearanceSignals.id());
    }
    block.set(TileGemmParams.PACKED_SLOTS, tables.address(slots));
    block.set(TileGemmParams.POST_INDEX, tables.address(postIndex));
    block.set(TileGemmParams.POST_WORDS, tables.address(postWords));
  }

  private int @Nullable [] orderTable() {
    if (spec.order() instanceof TileOrder.Table table) {
      return table.tiles();
    }
    return spec.order() instanceof TileOrder.Shards shards ? shards.shards() : null;
  }

  private long[] ownerRows(TileRoute.Owners owners) {
    long[] rows = new long[spec.tiling().partition().shards()];
    long pitch = (long) owners.rowStride() * spec.outputType().bytes();
    for (int shard = 0; shard < rows.length; shard++) {
      rows[shard] =
          owners.buffer().at(spec.owner(shard)).address()
              + owners.offset()
              + spec.owners().row(shard) * pitch;
    }
    return rows;
  }

  private long[] postWords(TilePost.At at) {
    long[] words = new long[spec.tiling().partition().shards()];
    for (int shard = 0; shard < words.length && postSignals != null; shard++) {
      words[shard] = postSignals.base(at == TilePost.At.SELF ? spec.rank() : spec.owner(shard));
    }
    return words;
  }

  void free() {
    tables.free(context.rank(spec.rank()));
  }
}
