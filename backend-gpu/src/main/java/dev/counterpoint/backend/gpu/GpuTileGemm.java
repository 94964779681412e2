package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.support.GemmChecks;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The tile GEMM by our kernels, and plain GEMMs by the vendor's library. */
final class GpuTileGemm implements TileGemm {
  private final GpuContext context;
  private final List<@Nullable VendorBlas> blas;
  private final List<RankTiles> tiles = new ArrayList<>();

  /**
   * Creates it.
   *
   * @param blas the vendor's library by rank, or nulls when it is not there
   */
  GpuTileGemm(GpuContext context, List<@Nullable VendorBlas> blas) {
    this.context = context;
    this.blas = blas;
    for (RankState rank : context.ranks()) {
      tiles.add(new RankTiles(context, rank));
    }
  }

  @Override
  public Tiling tiling(
      int rank,
      RowPartition partition,
      int cols,
      int k,
      DType inputType,
      DType outputType,
      WeightLayout layout,
      int tileRows,
      int tileCols) {
    context.requireOpen();
    context.requireRank("rank", rank);
    MemoryChecks.requireAtLeast("tileRows", tileRows, 0);
    MemoryChecks.requireAtLeast("tileCols", tileCols, 0);
    MemoryChecks.requireAtLeast("cols", cols, 0);
    MemoryChecks.requireAtLeast("k", k, 0);
    return tiles
        .get(rank)
        .best(inputType, outputType, layout, k)
        .tiling(partition, cols, k, inputType, tileRows, tileCols);
  }

  @Override
  public boolean supports(DType inputType, DType outputType) {
    Capability needed = capability(inputType);
    return GemmChecks.areMultipliable(inputType, outputType)
        && isStored(outputType)
        && (needed == null || context.has(needed));
  }

  /** Whether our kernels write elements of a type, and add them up. */
  static boolean isStored(DType dtype) {
    return switch (dtype) {
      case FP32, FP16, BF16, INT32 -> true;
      case FP8_E4M3, FP8_E5M2, INT8 -> false;
    };
  }

  private static @Nullable Capability capability(DType input) {
    return switch (input) {
      case FP32, INT32 -> null;
      case FP16 -> Capability.GEMM_FP16;
      case BF16 -> Capability.GEMM_BF16;
      case FP8_E4M3, FP8_E5M2 -> Capability.GEMM_FP8;
      case INT8 -> Capability.GEMM_INT8;
    };
  }

  @Override
  public PreparedGemm prepare(GemmSpec spec) {
    context.requireOpen();
    GemmChecks.requireValid(spec, context.size());
    requireCapabilities(spec);
    if (!isStored(spec.outputType())) {
      throw new InvalidArgumentException(
          "outputType", spec.outputType(), "be FP32, FP16 or BF16 for floating input");
    }
    if ((long) spec.k() * spec.inputType().bytes() > Integer.MAX_VALUE - 256) {
      throw new InvalidArgumentException("k", spec.k(), "give rows of fewer than 2^31 bytes");
    }
    if (spec.engine() == GemmEngine.VENDOR && VendorPlan.suits(spec)) {
      VendorBlas library = blas.get(spec.rank());
      if (library != null) {
        return opened(new VendorGemm(context, spec, library, fallback(spec)));
      }
    }
    return opened(new GpuPreparedGemm(context, spec, tiles.get(spec.rank())));
  }

  /** For people and fingerprints: whose kernels serve. */
  String describe() {
    return tiles.stream().map(RankTiles::describe).distinct().collect(Collectors.joining(", "));
  }

  /** What the vendor's library turns down at launch, our own kernels do. */
  private GpuPreparedGemm fallback(GemmSpec spec) {
    RankTiles choice = tiles.get(spec.rank());
    GemmSpec own = spec;
    if (choice.general().config(spec.inputType(), spec.weightLayout(), spec.tiling()) == null) {
      Tiling tiling =
          choice
              .best(spec.inputType(), spec.outputType(), spec.weightLayout(), spec.k())
              .tiling(spec.tiling().partition(), spec.cols(), spec.k(), spec.inputType(), 0, 0);
      own =
          GemmSpec.plain(
              spec.label(),
              spec.rank(),
              tiling,
              spec.k(),
              spec.inputType(),
              spec.outputType(),
              spec.weightLayout(),
              GemmEngine.TILE,
              spec.epilogue());
    }
    return new GpuPreparedGemm(context, own, choice);
  }

  private static <T extends Resource & PreparedGemm> T opened(T prepared) {
    prepared.opened();
    return prepared;
  }

  private void requireCapabilities(GemmSpec spec) {
    String label = "'" + spec.label() + "'";
    Capability type = capability(spec.inputType());
    if (type != null) {
      context.require(type, spec.inputType() + " input of " + label);
    }
    if (spec.engine() == GemmEngine.VENDOR) {
      context.require(Capability.VENDOR_GEMM, "engine VENDOR of " + label);
    }
    if (spec.scaling() == Scaling.BLOCKS) {
      context.require(Capability.BLOCK_SCALES, "scales by block of " + label);
    }
    if (spec.epilogue().rowScale() || spec.epilogue().colScale()) {
      context.require(Capability.EPILOGUE_SCALES, "scales of " + label);
    }
    if (spec.route() instanceof TileRoute.Owners) {
      requireReach(spec, "route Owners of " + label);
    }
    if (spec.post() instanceof TilePost.Counters counters && counters.at() == TilePost.At.OWNER) {
      requireReach(spec, "remote posts of " + label);
    }
  }

  private void requireReach(GemmSpec spec, String wanted) {
    for (int shard = 0; shard < spec.tiling().partition().shards(); shard++) {
      context.requireReach(spec.rank(), spec.owner(shard), wanted);
    }
  }
}
