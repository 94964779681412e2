package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.core.strategy.OutputPeerReduced;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;

/**
 * What the model knows of the devices besides curves.
 *
 * @param ranks number of ranks
 * @param units compute units of a device
 * @param peerAccess whether peers can be addressed directly
 * @param twoTransports whether compute units can push to peers as well as copy engines can, in
 *     another time
 * @param peerReducedBytes the most bytes of product that the fused GEMM + all-reduce sums by one
 *     kernel of each rank; 0 where it never does
 * @param tiles how the backend cuts an output into tiles
 */
record Machine(
    int ranks,
    int units,
    boolean peerAccess,
    boolean twoTransports,
    long peerReducedBytes,
    Tiles tiles) {
  /** A device of fewer units is not filled wave by wave: its tiles are many for each unit. */
  private static final int UNITS_WITH_WAVES = 16;

  /** How an output is cut into tiles; sizes of 0 are the backend's own. */
  interface Tiles {
    Tiling of(RowPartition partition, int cols, int k, int tileRows, int tileCols);
  }

  static Machine of(Backend backend, DType input, DType output, WeightLayout layout) {
    int rank = backend.localRanks().get(0);
    DeviceInfo device = backend.device(rank).info();
    boolean peerAccess = backend.capabilities().contains(Capability.PEER_ACCESS);
    return new Machine(
        backend.size(),
        device.computeUnits(),
        peerAccess,
        peerAccess && !device.emulated(),
        OutputPeerReduced.mostBytes(backend),
        (partition, cols, k, tileRows, tileCols) ->
            backend
                .gemm()
                .tiling(rank, partition, cols, k, input, output, layout, tileRows, tileCols));
  }

  boolean hasWaves() {
    return units >= UNITS_WITH_WAVES;
  }

  /** The backend's own tiles of an unsplit product. */
  Tiling natural(int rows, int cols, int k) {
    return tiles.of(RowPartition.whole(rows), cols, k, 0, 0);
  }

  /** Units that compute tiles when so many are left free. */
  int workers(int reserved) {
    return Math.max(1, units - (hasWaves() ? Math.max(0, reserved) : 0));
  }
}
