package dev.counterpoint.spi;

import dev.counterpoint.DType;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import org.jspecify.annotations.Nullable;

/**
 * One GEMM of one rank, fixed at planning time: {@code D[rows, cols] = epilogue(A[rows, k] · B)}.
 *
 * @param label appears in traces and fault records
 * @param rank the rank that computes
 * @param tiling the output and its tiles; see {@link TileGemm#tiling}
 * @param k inner dimension, ≥ 0; with k = 0 the product is zero
 * @param inputType element type of A and B
 * @param outputType element type of D, C and bias
 * @param weightLayout how B lies in memory
 * @param engine who multiplies
 * @param order first hook
 * @param gate second hook
 * @param route third hook
 * @param post fourth hook
 * @param epilogue what happens before the store
 * @param epoch the rank's launch counter; needed when a gate or a clearance has a target
 * @param reservedUnits compute units left free for kernels that must run beside this one
 * @param owners whose each shard is, for a route or a post that goes to owners
 * @param scaling which factors A and B come with; {@link Scaling#BLOCKS} needs {@link
 *     Capability#BLOCK_SCALES} and the tile engine
 */
public record GemmSpec(
    String label,
    int rank,
    Tiling tiling,
    int k,
    DType inputType,
    DType outputType,
    WeightLayout weightLayout,
    GemmEngine engine,
    TileOrder order,
    TileGate gate,
    TileRoute route,
    TilePost post,
    Epilogue epilogue,
    @Nullable Epoch epoch,
    int reservedUnits,
    ShardOwners owners,
    Scaling scaling) {

  /** Shard s belongs to rank s, and A and B come without factors. */
  public GemmSpec(
      String label,
      int rank,
      Tiling tiling,
      int k,
      DType inputType,
      DType outputType,
      WeightLayout weightLayout,
      GemmEngine engine,
      TileOrder order,
      TileGate gate,
      TileRoute route,
      TilePost post,
      Epilogue epilogue,
      @Nullable Epoch epoch,
      int reservedUnits) {
    this(
        label,
        rank,
        tiling,
        k,
        inputType,
        outputType,
        weightLayout,
        engine,
        order,
        gate,
        route,
        post,
        epilogue,
        epoch,
        reservedUnits,
        ShardOwners.following(0, tiling.partition().shards()),
        Scaling.TENSOR);
  }

  /** A plain GEMM: natural order, no gate, local route, no post. */
  public static GemmSpec plain(
      String label,
      int rank,
      Tiling tiling,
      int k,
      DType inputType,
      DType outputType,
      WeightLayout weightLayout,
      GemmEngine engine,
      Epilogue epilogue) {
    return new GemmSpec(
        label,
        rank,
        tiling,
        k,
        inputType,
        outputType,
        weightLayout,
        engine,
        TileOrder.NATURAL,
        TileGate.NONE,
        TileRoute.LOCAL,
        TilePost.NONE,
        epilogue,
        null,
        0);
  }

  /** The same with hooks, by the tile engine; hooks without targets need no epoch. */
  public GemmSpec withHooks(
      TileOrder newOrder,
      TileGate newGate,
      TileRoute newRoute,
      TilePost newPost,
      @Nullable Epoch newEpoch) {
    return new GemmSpec(
        label,
        rank,
        tiling,
        k,
        inputType,
        outputType,
        weightLayout,
        GemmEngine.TILE,
        newOrder,
        newGate,
        newRoute,
        newPost,
        epilogue,
        newEpoch,
        reservedUnits,
        owners,
        scaling);
  }

  /** The same leaving compute units free. */
  public GemmSpec withReservedUnits(int units) {
    return new GemmSpec(
        label,
        rank,
        tiling,
        k,
        inputType,
        outputType,
        weightLayout,
        engine,
        order,
        gate,
        route,
        post,
        epilogue,
        epoch,
        units,
        owners,
        scaling);
  }

  /** The same with shards that belong to other ranks. */
  public GemmSpec withOwners(ShardOwners newOwners) {
    return new GemmSpec(
        label,
        rank,
        tiling,
        k,
        inputType,
        outputType,
        weightLayout,
        engine,
        order,
        gate,
        route,
        post,
        epilogue,
        epoch,
        reservedUnits,
        newOwners,
        scaling);
  }

  /** The same with other factors of A and B. */
  public GemmSpec withScaling(Scaling newScaling) {
    return new GemmSpec(
        label,
        rank,
        tiling,
        k,
        inputType,
        outputType,
        weightLayout,
        engine,
        order,
        gate,
        route,
        post,
        epilogue,
        epoch,
        reservedUnits,
        owners,
        newScaling);
  }

  /** The rank that owns a shard. */
  public int owner(int shard) {
    return owners.rank(shard);
  }

  /** Rows of A and D. */
  public int rows() {
    return tiling.partition().rows();
  }

  /** Columns of B and D. */
  public int cols() {
    return tiling.cols();
  }
}
