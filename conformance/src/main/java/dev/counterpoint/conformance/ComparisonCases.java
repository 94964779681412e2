package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import java.util.ArrayList;
import java.util.List;

/** The problems that backends are compared on. */
final class ComparisonCases {
  private static final int[][] SMOKE = {{37, 29, 31}, {64, 48, 128}};
  private static final int[][] FULL = {
    {37, 29, 31}, {64, 48, 128}, {1, 1, 1}, {5, 64, 300}, {200, 136, 264}
  };
  private static final DType[][] TYPES = {
    {DType.FP32, DType.FP32},
    {DType.FP16, DType.FP16},
    {DType.BF16, DType.BF16},
    {DType.FP8_E4M3, DType.BF16},
    {DType.FP8_E5M2, DType.BF16},
    {DType.INT8, DType.INT32}
  };

  private ComparisonCases() {}

  /** All of them; with small integers, whose sums are exact, only the first shape of floats. */
  static List<OperatorCase> all(boolean full) {
    List<OperatorCase> cases = new ArrayList<>();
    for (OperatorCase.Kind kind : OperatorCase.Kind.values()) {
      for (dev.counterpoint.Strategy strategy : OperatorRules.FORCED) {
        for (DType[] types : TYPES) {
          boolean first = true;
          for (int[] shape : full ? FULL : SMOKE) {
            OperatorCase one =
                OperatorCase.of(kind, shape[0], shape[1], shape[2])
                    .types(types[0], types[1])
                    .strategy(strategy)
                    .bias(first);
            if (types[0].isFloating() && first) {
              cases.add(
                  OperatorCase.of(kind, shape[0], shape[1], shape[2])
                      .types(types[0], types[1])
                      .strategy(strategy));
            }
            cases.add(types[0].isFloating() ? one.reals() : one);
            first = false;
          }
        }
      }
    }
    return cases;
  }
}
