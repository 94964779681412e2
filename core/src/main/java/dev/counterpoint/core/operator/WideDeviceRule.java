package dev.counterpoint.core.operator;

import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Strategy;
import dev.counterpoint.core.operator.StrategyChooser.Choice;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;

/**
 * The choice on devices with many compute units where nothing was sampled or measured on the spot:
 * what was faster than sequential on four and on eight H200s, and sequential for the rest
 * (docs/reports/2026-11-20-cuda-h200.md and -cuda-h200-x4.md). A GEMM there takes a few hundred
 * microseconds, so pieces have to be large, and whatever follows the last of them weighs more than
 * on slow devices. With few ranks a GEMM is longer than what is sent, and more can be hidden.
 */
final class WideDeviceRule {
  /** Rows of a shard whose product still fills the device. */
  private static final int ROWS_OF_PIECE = 512;

  /** K of a rank from which on a tile takes longer to compute than to send. */
  private static final int K_OF_RANK = 2048;

  /** The most ranks for which the figures of four are taken. */
  private static final int FEW_RANKS = 4;

  /** Rows of a shard whose own GEMM is as fast as its share of a large one. */
  private static final int ROWS_OF_WHOLE_GEMM = 1024;

  /** Columns of a rank from which on, with so many rows, the GEMM is longer than what is sent. */
  private static final int COLS_OF_RANK = 8192;

  /** Rows of a shard that tiles can be gated on. */
  private static final int ROWS_OF_GATE = 256;

  /** Rows of a product that is worth two shots of an all-reduce. */
  private static final int ROWS_OF_TWO_SHOTS = 2048;

  private WideDeviceRule() {}

  static Choice choose(OperatorSpec spec, Backend backend) {
    if (backend.capabilities().contains(Capability.PEER_ACCESS)) {
      int ranks = backend.size();
      int rows = OperatorSpec.piece(spec.problem().m(), 0, ranks);
      int k = OperatorSpec.piece(spec.problem().k(), 0, ranks);
      boolean few = ranks <= FEW_RANKS;
      switch (spec.operator()) {
        case "ag-gemm" -> {
          int cols = OperatorSpec.piece(spec.problem().n(), 0, ranks);
          if (few && rows >= ROWS_OF_WHOLE_GEMM && cols >= COLS_OF_RANK) {
            return choice(spec, Strategy.RING, rows + " rows per rank are a GEMM of their own");
          }
          if (few && rows >= ROWS_OF_GATE) {
            return choice(spec, Strategy.FUSED, "own rows are computed while others come");
          }
          if (rows >= ROWS_OF_PIECE) {
            return choice(spec, Strategy.DECOMPOSED, rows + " rows per rank fill the device");
          }
        }
        case "gemm-rs" -> {
          if (few && rows >= 2 * ROWS_OF_WHOLE_GEMM && k >= K_OF_RANK) {
            return choice(spec, Strategy.RING, rows + " rows per rank are a GEMM of their own");
          }
          if (k >= K_OF_RANK) {
            return choice(spec, Strategy.FUSED, "tiles of K " + k + " hide their way to the owner");
          }
        }
        case "gemm-ar" -> {
          // On two it was slower than sequential.
          if (few && ranks > 2 && spec.problem().m() >= ROWS_OF_TWO_SHOTS && k >= K_OF_RANK) {
            return choice(spec, Strategy.FUSED, "tiles of K " + k + " hide their way to the owner");
          }
        }
        default -> {} // nothing was faster
      }
    }
    return choice(
        spec, Strategy.SEQUENTIAL, "no other strategy was faster in general; 'tune' finds out");
  }

  private static Choice choice(OperatorSpec spec, Strategy strategy, String reason) {
    return new Choice(spec.tuning().withStrategy(strategy), reason);
  }
}
