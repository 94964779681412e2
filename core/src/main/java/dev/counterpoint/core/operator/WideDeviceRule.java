package dev.counterpoint.core.operator;

import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Strategy;
import dev.counterpoint.core.operator.StrategyChooser.Choice;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;

/**
 * The choice on devices with many compute units where nothing was sampled or measured on the spot:
 * what was faster than sequential on eight H200s, and sequential for the rest
 * (docs/reports/2026-11-20-cuda-h200.md). A GEMM there takes a few hundred microseconds, so pieces
 * have to be large, and whatever follows the last of them weighs more than on slow devices.
 */
final class WideDeviceRule {
  /** Rows of a shard whose product still fills the device. */
  private static final int ROWS_OF_PIECE = 512;

  /** K of a rank from which on a tile takes longer to compute than to send. */
  private static final int K_OF_RANK = 2048;

  private WideDeviceRule() {}

  static Choice choose(OperatorSpec spec, Backend backend) {
    int ranks = backend.size();
    int rows = OperatorSpec.piece(spec.problem().m(), 0, ranks);
    int k = OperatorSpec.piece(spec.problem().k(), 0, ranks);
    boolean peers = backend.capabilities().contains(Capability.PEER_ACCESS);
    if (spec.operator().equals("ag-gemm") && rows >= ROWS_OF_PIECE && peers) {
      return choice(spec, Strategy.DECOMPOSED, rows + " rows per rank fill the device");
    }
    if (spec.operator().equals("gemm-rs") && k >= K_OF_RANK && peers) {
      return choice(spec, Strategy.FUSED, "tiles of K " + k + " hide their way to the owner");
    }
    return choice(
        spec, Strategy.SEQUENTIAL, "no other strategy was faster in general; 'tune' finds out");
  }

  private static Choice choice(OperatorSpec spec, Strategy strategy, String reason) {
    return new Choice(spec.tuning().withStrategy(strategy), reason);
  }
}
