package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;

/**
 * Where the tiles of one GEMM go: the third hook as addresses. Tiles that the simulated link
 * carries first lie in a place of their own at the sender, in the order in which they are computed.
 */
final class TilePlaces {
  /** Where a run of tiles is multiplied to. */
  enum Landing {
    /** The places where its tiles belong, which lie one below the other. */
    TARGET,
    /** The places where tiles wait for the link, one below the other as well. */
    OUTGOING,
    /** The worker's scratch memory. */
    SCRATCH
  }

  private final HostContext context;
  private final GemmPlan plan;
  private final GemmSpec spec;
  private final Tiling tiling;
  private final int outputBytes;

  /** Where tiles wait until the link has carried them; 0 if none do. */
  private final long outgoing;

  TilePlaces(HostContext context, GemmPlan plan) {
    this.context = context;
    this.plan = plan;
    this.spec = plan.spec;
    this.tiling = plan.tiling;
    this.outputBytes = spec.outputType().bytes();
    this.outgoing =
        context.link.on() && plan.ownersBuffer != null
            ? context.memory.allocate(
                "outgoing tiles of '" + spec.label() + "'", plan.order.length * placeBytes())
            : 0;
  }

  void release() {
    context.memory.free(outgoing);
  }

  /**
   * Where a run of tiles without epilogue or conversion is multiplied to.
   *
   * @param begin the run's first position in the order
   * @param end the position behind its last
   */
  Landing landing(int begin, int end) {
    if (plan.ownersBuffer == null) {
      return Landing.TARGET;
    }
    int[] tiles = Arrays.copyOfRange(plan.order, begin, end);
    if (Arrays.stream(tiles).anyMatch(this::isCarried)) {
      return Landing.OUTGOING;
    }
    for (int i = 1; i < tiles.length; i++) {
      if (!isFollowedAtOwner(tiles[i - 1], tiles[i])) {
        return Landing.SCRATCH;
      }
    }
    return Landing.TARGET;
  }

  /** Whether the second tile belongs below the first and needs no other permission. */
  private boolean isFollowedAtOwner(int tile, int below) {
    int shard = tiling.shard(tile);
    int next = tiling.shard(below);
    TileRoute.Clearance clearance = owners().clearance();
    return spec.owner(shard) == spec.owner(next)
        && rowAtOwner(below) == rowAtOwner(tile) + tiling.rows(tile)
        && (clearance == null || clearance.words()[shard] == clearance.words()[next]);
  }

  /** Whether the simulated link carries a tile. */
  boolean isCarried(int tile) {
    return plan.ownersBuffer != null && isRemote(spec.owner(tiling.shard(tile)));
  }

  /** Whether something for that rank goes over the simulated link. */
  boolean isRemote(int owner) {
    return context.link.on() && owner != spec.rank();
  }

  /** Where the tile at a position waits for the link. */
  long outgoing(int position) {
    return outgoing + position * placeBytes();
  }

  /** Bytes from row to row there. */
  long outgoingPitch() {
    return (long) Math.min(tiling.tileCols(), tiling.cols()) * outputBytes;
  }

  private long placeBytes() {
    return tiling.tileRows() * outgoingPitch();
  }

  /** Where a tile belongs. */
  long target(int tile, RunOperands operands) {
    if (spec.route() instanceof TileRoute.Owners owners) {
      return owners.buffer().at(spec.owner(tiling.shard(tile))).address()
          + owners.offset()
          + (rowAtOwner(tile) * owners.rowStride() + tiling.col(tile)) * outputBytes;
    }
    if (spec.route() instanceof TileRoute.Packed packed) {
      return operands.d
          + (long) packed.slots()[tile] * tiling.tileRows() * tiling.tileCols() * outputBytes;
    }
    return operands.d
        + ((long) tiling.row(tile) * operands.dStride + tiling.col(tile)) * outputBytes;
  }

  /** Bytes from row to row there. */
  long targetPitch(RunOperands operands) {
    long stride =
        spec.route() instanceof TileRoute.Owners owners
            ? owners.rowStride()
            : spec.route() instanceof TileRoute.Packed
                ? tiling.tileCols()
                : Math.max(tiling.cols(), operands.dStride);
    return stride * outputBytes;
  }

  private long rowAtOwner(int tile) {
    int shard = tiling.shard(tile);
    return (long) spec.owners().row(shard) + tiling.row(tile) - tiling.partition().start(shard);
  }

  private TileRoute.Owners owners() {
    return (TileRoute.Owners) spec.route();
  }
}
