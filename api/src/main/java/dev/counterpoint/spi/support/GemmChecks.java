package dev.counterpoint.spi.support;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Scaling;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** What {@link dev.counterpoint.spi.TileGemm#prepare} refuses whatever the device (GEMM-15, 16). */
public final class GemmChecks {
  private GemmChecks() {}

  /** Whether these types can be multiplied at all: floats give floats, INT8 gives INT32. */
  public static boolean areMultipliable(DType input, DType output) {
    return input.isFloating() ? output.isFloating() : input == DType.INT8 && output == DType.INT32;
  }

  /**
   * Checks everything that can be told from the specification alone.
   *
   * @param size number of ranks
   * @throws InvalidArgumentException naming the table or value
   */
  public static void requireValid(GemmSpec spec, int size) {
    MemoryChecks.requireRank("rank", spec.rank(), size);
    if (!areMultipliable(spec.inputType(), spec.outputType())) {
      throw new InvalidArgumentException(
          "inputType/outputType",
          spec.inputType() + "/" + spec.outputType(),
          "be two floating types, or INT8 and INT32");
    }
    MemoryChecks.requireAtLeast("k", spec.k(), 0);
    requireScaling(spec);
    if (spec.engine() == GemmEngine.VENDOR) {
      requireNoHooks(spec);
    }
    if (spec.epoch() != null) {
      SignalChecks.requireEpochOf(spec.epoch(), spec.rank());
    }
    requireOrder(spec.order(), spec.tiling());
    requireGate(spec);
    requireRoute(spec, size);
    requirePost(spec, size);
    requireEpilogue(spec);
  }

  private static void requireScaling(GemmSpec spec) {
    spec.scaling().requireFor(spec.inputType());
    if (spec.scaling() == Scaling.BLOCKS && spec.engine() == GemmEngine.VENDOR) {
      throw new InvalidArgumentException(
          "engine",
          "VENDOR with scales by block of '" + spec.label() + "'",
          "be TILE: vendors' libraries want such scales in orders of their own");
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

  private static void requireOrder(TileOrder order, Tiling tiling) {
    if (order instanceof TileOrder.Table table) {
      TableChecks.requirePermutation("order.tiles", table.tiles(), tiling.tiles());
    } else if (order instanceof TileOrder.Shards shards) {
      TableChecks.requirePermutation("order.shards", shards.shards(), tiling.partition().shards());
    }
  }

  private static void requireGate(GemmSpec spec) {
    if (!(spec.gate() instanceof TileGate.Words gate)) {
      return;
    }
    int rows = spec.tiling().tileRowCount();
    TableChecks.requireLength("gate.firstWord", gate.firstWord().length, rows);
    TableChecks.requireLength("gate.wordCount", gate.wordCount().length, rows);
    for (int row = 0; row < rows; row++) {
      if (gate.wordCount()[row] != 0) {
        SignalChecks.requireWords(
            "gate of tile row " + row,
            gate.signals(),
            gate.firstWord()[row],
            gate.wordCount()[row]);
      }
    }
    requireEpoch(spec, "gate");
  }

  private static void requireRoute(GemmSpec spec, int size) {
    if (spec.route() instanceof TileRoute.Packed packed) {
      requireSlots("route.slots", packed.slots(), spec.tiling());
    } else if (spec.route() instanceof TileRoute.Owners owners) {
      requireOwners(spec, owners, size);
    }
  }

  /** Throws unless every tile that has elements has a block of its own. */
  private static void requireSlots(String table, int[] slots, Tiling tiling) {
    TableChecks.requireLength(table, slots.length, tiling.tiles());
    BitSet taken = new BitSet();
    for (int tile = 0; tile < slots.length; tile++) {
      if (tiling.isEmpty(tile)) {
        continue;
      }
      if (slots[tile] < 0 || taken.get(slots[tile])) {
        throw new InvalidArgumentException(
            table + "[" + tile + "]",
            slots[tile],
            "be a block that no other tile has, and not negative");
      }
      taken.set(slots[tile]);
    }
  }

  private static void requireOwners(GemmSpec spec, TileRoute.Owners owners, int size) {
    OwnerChecks.requireOwners("route", spec, size);
    long rows = OwnerChecks.requireApart(spec.owners(), spec.tiling().partition());
    int cols = spec.cols();
    MemoryChecks.requireStride("route.rowStride", rows, cols, owners.rowStride());
    long extent = MemoryChecks.extent(rows, cols, owners.rowStride(), spec.outputType().bytes());
    if (owners.offset() < 0 || owners.offset() > owners.buffer().bytes() - extent) {
      throw new InvalidArgumentException(
          "route.offset",
          owners.offset(),
          "leave room for " + extent + " bytes in " + owners.buffer());
    }
    requireClearance(spec, owners.clearance(), spec.tiling().partition().shards());
  }

  private static void requireClearance(
      GemmSpec spec, TileRoute.@Nullable Clearance clearance, int entries) {
    if (clearance == null) {
      return;
    }
    TableChecks.requireLength("clearance.words", clearance.words().length, entries);
    SignalChecks.requireEach("clearance.words", clearance.signals(), clearance.words(), false);
    requireEpoch(spec, "clearance");
  }

  private static void requirePost(GemmSpec spec, int size) {
    if (!(spec.post() instanceof TilePost.Counters post)) {
      return;
    }
    TableChecks.requireLength("post.words", post.words().length, spec.tiling().tiles());
    SignalChecks.requireEach("post.words", post.signals(), post.words(), true);
    if (post.at() == TilePost.At.OWNER) {
      OwnerChecks.requireOwners("post", spec, size);
    }
  }

  private static void requireEpilogue(GemmSpec spec) {
    Epilogue epilogue = spec.epilogue();
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

  private static void requireEpoch(GemmSpec spec, String hook) {
    if (spec.epoch() == null) {
      throw new InvalidArgumentException(
          "epoch", "absent", "be given: the " + hook + " of '" + spec.label() + "' has a target");
    }
  }

  /** Elements that the local output needs so that every tile of a packed route has its block. */
  public static long packedElements(Tiling tiling, int[] slots) {
    long block = (long) tiling.tileRows() * tiling.tileCols();
    long elements = 0;
    for (int tile = 0; tile < slots.length; tile++) {
      if (slots[tile] >= 0 && !tiling.isEmpty(tile) && tiling.cols(tile) > 0) {
        long last =
            slots[tile] * block + (tiling.rows(tile) - 1L) * tiling.tileCols() + tiling.cols(tile);
        elements = Math.max(elements, last);
      }
    }
    return elements;
  }
}
