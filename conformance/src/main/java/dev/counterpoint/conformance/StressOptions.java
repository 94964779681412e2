package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Strategy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Stress} run does.
 *
 * @param backend name of the backend, or {@code auto}
 * @param properties its settings
 * @param ranks number of ranks; 0 is one for each device, or 4 where devices are made in software
 * @param operators names such as {@code ag-gemm}; empty for all
 * @param strategies in the order of planning
 * @param size what is computed
 * @param launches on each rank
 * @param delays whether ranks are made late at random
 * @param stopRank the rank that is made to stop afterwards; null for none
 * @param seed of operands, order and delays
 * @param waitTimeout bound of every wait on a device
 */
public record StressOptions(
    String backend,
    Map<String, String> properties,
    int ranks,
    Set<String> operators,
    List<Strategy> strategies,
    Size size,
    long launches,
    boolean delays,
    @Nullable Integer stopRank,
    long seed,
    Duration waitTimeout) {
  /** Copies the collections. */
  public StressOptions {
    properties = Map.copyOf(properties);
    operators = Set.copyOf(operators);
    strategies = List.copyOf(strategies);
  }

  /**
   * What is computed, for each operator.
   *
   * @param type of A and B; sums are kept in FP32 where the backend can, integers in INT32
   * @param tile rows and columns of an output tile; 0 is automatic
   */
  public record Size(int m, int n, int k, DType type, int tile) {
    /** Small and awkward, so that launches follow each other quickly and still have many tiles. */
    public static final Size SMALL = new Size(21, 14, 8, DType.FP32, 8);
  }
}
