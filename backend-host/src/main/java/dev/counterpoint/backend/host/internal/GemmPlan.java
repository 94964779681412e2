package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.support.Resource;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A checked {@link GemmSpec} with its tables resolved: what a run reads and never changes. */
final class GemmPlan {
  final GemmSpec spec;

  /** How the work is cut: the spec's tiles, or a few big panels for the vendor engine. */
  final Tiling tiling;

  /** Tiles that have elements, in the order in which they are begun. */
  final int[] order;

  final @Nullable HostEpoch epoch;
  final @Nullable HostSignalArray gateSignals;
  final @Nullable HostSignalArray clearanceSignals;
  final @Nullable HostSignalArray postSignals;
  final HostHeap.@Nullable Buffer ownersBuffer;
  final int workers;

  /** Elements that the local output needs for the packed route. */
  final long packedElements;

  GemmPlan(HostContext context, GemmSpec spec) {
    context.requireRank("rank", spec.rank());
    requireTypes(spec);
    this.spec = spec;
    this.workers = Math.max(1, context.options.threads() - Math.max(0, spec.reservedUnits()));
    this.tiling =
        spec.engine() == GemmEngine.VENDOR ? panels(spec.tiling(), workers) : spec.tiling();
    if (spec.k() < 0) {
      throw new InvalidArgumentException("k", spec.k(), "not be negative");
    }
    if (spec.engine() == GemmEngine.VENDOR) {
      requireNoHooks(spec);
    }
    this.epoch = spec.epoch() == null ? null : HostEpoch.of(context, spec.rank(), spec.epoch());
    this.order = order(spec.order());
    this.gateSignals = gate(context, spec.gate());
    this.ownersBuffer = route(context, spec.route());
    this.clearanceSignals =
        spec.route() instanceof TileRoute.Owners owners
            ? clearance(context, owners.clearance())
            : null;
    this.postSignals = post(context, spec.post());
    this.packedElements =
        spec.route() instanceof TileRoute.Packed packed ? packedElements(packed.slots()) : 0;
    requireEpilogue();
  }

  private long packedElements(int[] slots) {
    long block = (long) tiling.tileRows() * tiling.tileCols();
    long elements = 0;
    for (int tile : order) {
      long last =
          slots[tile] * block + (tiling.rows(tile) - 1L) * tiling.tileCols() + tiling.cols(tile);
      elements = Math.max(elements, last);
    }
    return elements;
  }

  /** Throws when something that the hooks use was closed. */
  void requireOpen() {
    requireOpen(epoch);
    requireOpen(gateSignals);
    requireOpen(clearanceSignals);
    requireOpen(postSignals);
    requireOpen(ownersBuffer);
  }

  private static void requireOpen(@Nullable Resource resource) {
    if (resource != null) {
      resource.requireOpen();
    }
  }

  static boolean supports(DType input, DType output) {
    return input.isFloating() ? output.isFloating() : input == DType.INT8 && output == DType.INT32;
  }

  private static void requireTypes(GemmSpec spec) {
    if (!supports(spec.inputType(), spec.outputType())) {
      throw new InvalidArgumentException(
          "inputType/outputType",
          spec.inputType() + "/" + spec.outputType(),
          "be two floating types, or INT8 and INT32");
    }
  }

  private static void requireNoHooks(GemmSpec spec) {
    boolean none =
        spec.order() instanceof TileOrder.Natural
            && spec.gate() instanceof TileGate.None
            && spec.route() instanceof TileRoute.Local
            && spec.post() instanceof TilePost.None;
    if (!none) {
      throw new InvalidArgumentException(
          "engine",
          "VENDOR with hooks of '" + spec.label() + "'",
          "be TILE, or the hooks natural order, no gate, local route and no post");
    }
  }

  /** One panel of rows or columns for each worker. */
  private static Tiling panels(Tiling tiling, int workers) {
    int rows = tiling.partition().rows();
    int cols = tiling.cols();
    boolean byRows = rows >= cols;
    int tileRows = byRows ? share(rows, workers) : Math.max(1, rows);
    int tileCols = byRows ? Math.max(1, cols) : share(cols, workers);
    return new Tiling(RowPartition.whole(rows), cols, tileRows, tileCols);
  }

  private static int share(int length, int workers) {
    int even = (length + workers - 1) / workers;
    return Math.max(1, workers == 1 ? even : (even + 15) / 16 * 16);
  }

  private int[] order(TileOrder wanted) {
    int[] all = new int[tiling.tiles()];
    if (wanted instanceof TileOrder.Table table) {
      requirePermutation("order.tiles", table.tiles(), all.length);
      all = table.tiles().clone();
    } else if (wanted instanceof TileOrder.Shards shards) {
      int count = tiling.partition().shards();
      requirePermutation("order.shards", shards.shards(), count);
      int perShard = all.length / count;
      for (int i = 0; i < all.length; i++) {
        all[i] = shards.shards()[i / perShard] * perShard + i % perShard;
      }
    } else {
      Arrays.setAll(all, tile -> tile);
    }
    return Arrays.stream(all).filter(tile -> !tiling.isEmpty(tile)).toArray();
  }

  private @Nullable HostSignalArray gate(HostContext context, TileGate gate) {
    if (!(gate instanceof TileGate.Words words)) {
      return null;
    }
    HostSignalArray signals = HostSignalArray.of(context, words.signals());
    requireLength("gate.firstWord", words.firstWord(), tiling.tileRowCount());
    requireLength("gate.wordCount", words.wordCount(), tiling.tileRowCount());
    for (int row = 0; row < tiling.tileRowCount(); row++) {
      if (words.wordCount()[row] != 0) {
        signals.requireWords(
            "gate of tile row " + row, words.firstWord()[row], words.wordCount()[row]);
      }
    }
    requireEpoch("gate");
    return signals;
  }

  private HostHeap.@Nullable Buffer route(HostContext context, TileRoute route) {
    if (route instanceof TileRoute.Packed packed) {
      requireLength("route.slots", packed.slots(), tiling.tiles());
      BitSet taken = new BitSet();
      for (int tile : order) {
        int slot = packed.slots()[tile];
        if (slot < 0 || taken.get(slot)) {
          throw new InvalidArgumentException(
              "route.slots[" + tile + "]",
              slot,
              "be a block that no other tile has, and not negative");
        }
        taken.set(slot);
      }
      return null;
    }
    return route instanceof TileRoute.Owners owners ? owners(context, owners) : null;
  }

  private HostHeap.Buffer owners(HostContext context, TileRoute.Owners owners) {
    HostHeap.Buffer buffer = HostHeap.of(context, owners.buffer());
    RowPartition partition = tiling.partition();
    if (partition.shards() > context.size()) {
      throw new InvalidArgumentException(
          "route",
          partition.shards() + " shards",
          "have an owner for each shard among " + context.size() + " ranks");
    }
    Ranges.requireStride("route.rowStride", owners.rowStride(), tiling.cols());
    long extent =
        Ranges.extent(
            partition.rows(0), tiling.cols(), owners.rowStride(), spec.outputType().bytes());
    if (owners.offset() < 0 || owners.offset() > buffer.bytes() - extent) {
      throw new InvalidArgumentException(
          "route.offset", owners.offset(), "leave room for " + extent + " bytes in " + buffer);
    }
    return buffer;
  }

  private @Nullable HostSignalArray clearance(
      HostContext context, TileRoute.@Nullable Clearance clearance) {
    if (clearance == null) {
      return null;
    }
    HostSignalArray signals = HostSignalArray.of(context, clearance.signals());
    requireLength("clearance.words", clearance.words(), tiling.partition().shards());
    for (int word : clearance.words()) {
      signals.requireWords("clearance.words", word, 1);
    }
    requireEpoch("clearance");
    return signals;
  }

  private @Nullable HostSignalArray post(HostContext context, TilePost post) {
    if (!(post instanceof TilePost.Counters counters)) {
      return null;
    }
    HostSignalArray signals = HostSignalArray.of(context, counters.signals());
    requireLength("post.words", counters.words(), tiling.tiles());
    for (int word : counters.words()) {
      if (word >= 0) {
        signals.requireWords("post.words", word, 1);
      }
    }
    if (counters.at() == TilePost.At.OWNER && tiling.partition().shards() > context.size()) {
      throw new InvalidArgumentException(
          "post",
          tiling.partition().shards() + " shards",
          "have an owner for each shard among " + context.size() + " ranks");
    }
    return signals;
  }

  private void requireEpilogue() {
    var epilogue = spec.epilogue();
    long end = (long) epilogue.firstRow() + epilogue.rowCount();
    if (epilogue.firstRow() < 0 || epilogue.rowCount() < 0 || end > spec.rows()) {
      throw new InvalidArgumentException(
          "epilogue window",
          epilogue.firstRow() + "+" + epilogue.rowCount(),
          "lie within the " + spec.rows() + " rows of the output");
    }
    boolean plainFactors =
        epilogue.alpha() == 1f && (epilogue.beta() == 0f || epilogue.beta() == 1f);
    if (!spec.inputType().isFloating()
        && (!plainFactors || epilogue.rowScale() || epilogue.colScale())) {
      throw new InvalidArgumentException(
          "epilogue",
          epilogue,
          "have alpha 1, beta 0 or 1 and no scales for integer types, whose sums are exact");
    }
  }

  private void requireEpoch(String hook) {
    if (spec.epoch() == null) {
      throw new InvalidArgumentException(
          "epoch", "absent", "be given: the " + hook + " of '" + spec.label() + "' has a target");
    }
  }

  private static void requireLength(String table, int[] values, int length) {
    if (values.length != length) {
      throw new InvalidArgumentException(
          table, values.length + " entries", "have " + length + " entries");
    }
  }

  private static void requirePermutation(String table, int[] values, int length) {
    requireLength(table, values, length);
    BitSet seen = new BitSet(length);
    for (int value : values) {
      if (value < 0 || value >= length || seen.get(value)) {
        throw new InvalidArgumentException(table, value, "be a permutation of 0 … " + (length - 1));
      }
      seen.set(value);
    }
  }
}
