package dev.counterpoint.core.tuner;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.WeightLayout;
import java.util.Locale;

/**
 * What a choice depends on besides the machine.
 *
 * @param operator the operator's short name
 * @param m rows of A
 * @param n columns of B, over all ranks
 * @param k inner dimension, over all ranks
 * @param inputType element type of A and B
 * @param outputType element type of D
 * @param weightLayout how B lies in memory
 * @param ranks number of ranks
 * @param bias whether a bias is added
 * @param accumulates whether the output's previous content is read (beta is not 0)
 */
public record TuningKey(
    String operator,
    int m,
    int n,
    int k,
    DType inputType,
    DType outputType,
    WeightLayout weightLayout,
    int ranks,
    boolean bias,
    boolean accumulates) {
  /** The key of a specification on so many ranks. */
  public static TuningKey of(OperatorSpec spec, int ranks) {
    GemmProblem p = spec.problem();
    return new TuningKey(
        spec.operator(),
        p.m(),
        p.n(),
        p.k(),
        p.inputType(),
        p.outputType(),
        p.weightLayout(),
        ranks,
        p.bias(),
        p.beta() != 0);
  }

  /** As the name of a file: unique, and readable. */
  @JsonIgnore
  String fileName() {
    return String.format(
            Locale.ROOT,
            "%s_m%d_n%d_k%d_%s_%s_%s_r%d%s%s.json",
            operator,
            m,
            n,
            k,
            inputType,
            outputType,
            weightLayout,
            ranks,
            bias ? "_bias" : "",
            accumulates ? "_beta" : "")
        .toLowerCase(Locale.ROOT);
  }
}
