package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.Failure;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.WeightLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernels of the tile GEMM that one rank's device has: for each problem the best that serve it,
 * and the general ones, which serve whatever those do not.
 */
final class RankTiles {
  private static final Logger log = LoggerFactory.getLogger(RankTiles.class);

  private final RankState rank;
  private final TileTable general;
  private final List<TileTable> special = new ArrayList<>();
  private final Map<DType, List<TileTable>> there = new EnumMap<>(DType.class);

  /**
   * Chooses the sets of kernels, and loads none.
   *
   * @throws CounterpointException when the user asks for kernels that are not there
   */
  RankTiles(GpuContext context, RankState rank) {
    this.rank = rank;
    GpuOptions options = context.options;
    List<TileKernels> sets = context.platform.tileKernels(rank.info().architecture());
    List<TileTable> tables =
        sets.stream()
            .map(set -> new TileTable(set, rank.units(), options.tile(), options.splits()))
            .toList();
    general = tables.get(tables.size() - 1);
    String wanted = options.kernelSet();
    List<String> names = sets.stream().map(TileKernels::name).toList();
    if (wanted != null && !names.contains(wanted)) {
      throw new InvalidArgumentException(
          context.platform.property(GpuOptions.KERNEL_SET),
          wanted,
          "be 'auto' or one of " + names + ", which serve " + rank.info().architecture());
    }
    for (TileTable table : tables.subList(0, tables.size() - 1)) {
      if (wanted == null) {
        special.add(table);
      } else if (wanted.equals(table.kernels().name())) {
        requireThere(table.kernels());
        special.add(table);
      }
    }
  }

  private void requireThere(TileKernels wanted) {
    List<String> tried = new ArrayList<>();
    if (!rank.kernels().has(wanted, DType.BF16, tried)) {
      throw new CounterpointException(
          Failure.Category.UNAVAILABLE,
          "kernels '"
              + wanted.name()
              + "' were asked for and are not there: "
              + String.join("; ", tried)
              + "; add their module, built where a compiler is, or install the run-time compiler");
    }
  }

  /** The best table for a problem. */
  TileTable best(DType input, DType output, WeightLayout layout, int k) {
    for (TileTable table : there(input)) {
      if (table.kernels().take(input, output, layout, k)) {
        return table;
      }
    }
    return general;
  }

  /** The table of the kernels that take everything. */
  TileTable general() {
    return general;
  }

  /** Special tables whose kernels for an input type can be had here. */
  private synchronized List<TileTable> there(DType input) {
    List<TileTable> known = there.get(input);
    if (known == null) {
      known = special.stream().filter(table -> isThere(table.kernels(), input)).toList();
      there.put(input, known);
    }
    return known;
  }

  private boolean isThere(TileKernels kernels, DType input) {
    List<String> tried = new ArrayList<>();
    boolean is = rank.kernels().has(kernels, input, tried);
    if (!is) {
      log.debug("{}: no kernels '{}' for {}: {}", rank, kernels.name(), input, tried);
    }
    return is;
  }

  /** For people and fingerprints: the sets that may serve, best first. */
  String describe() {
    List<String> names = new ArrayList<>();
    special.forEach(table -> names.add(table.kernels().name()));
    names.add(general.kernels().name());
    return String.join(" and ", names);
  }
}
