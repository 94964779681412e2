package dev.counterpoint.core.tuner;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.Norm;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Scaling;
import dev.counterpoint.Splits;
import dev.counterpoint.WeightLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a choice depends on besides the machine.
 *
 * @param operator the operator's short name
 * @param m rows of A; of an all-to-all with splits the most that any rank sends
 * @param n columns of B, over all ranks
 * @param k inner dimension, over all ranks
 * @param inputType element type of A and B
 * @param outputType element type of D
 * @param weightLayout how B lies in memory
 * @param ranks number of ranks
 * @param bias whether a bias is added
 * @param accumulates whether the output's previous content is read (beta is not 0)
 * @param blockScales whether A and B come with scales by block
 * @param norm how rows are normalised, such as {@code rms+residual+sum}; empty if they are not
 * @param splits rows by source and target; empty where they are divided evenly
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
    boolean accumulates,
    boolean blockScales,
    String norm,
    List<List<Long>> splits) {
  /** Copies the splits. */
  public TuningKey {
    splits = splits.stream().map(List::copyOf).toList();
  }

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
        p.beta() != 0,
        p.scaling() == Scaling.BLOCKS,
        words(spec.norm()),
        spec instanceof GemmAllToAllSpec allToAll ? counts(allToAll.splits()) : List.of());
  }

  /** What its time depends on, which is not its eps. */
  private static String words(@Nullable Norm norm) {
    return norm == null
        ? ""
        : norm.kind().name().toLowerCase(Locale.ROOT)
            + (norm.bias() ? "+bias" : "")
            + (norm.residual() ? "+residual" : "")
            + (norm.sum() ? "+sum" : "");
  }

  private static List<List<Long>> counts(@Nullable Splits splits) {
    List<List<Long>> counts = new ArrayList<>();
    for (int from = 0; splits != null && from < splits.ranks(); from++) {
      List<Long> row = new ArrayList<>();
      for (int to = 0; to < splits.ranks(); to++) {
        row.add(splits.count(from, to));
      }
      counts.add(row);
    }
    return counts;
  }

  /** How many times a norm reads or writes all rows. */
  int normPasses() {
    return 2 + (norm.contains("+residual") ? 1 : 0) + (norm.contains("+sum") ? 1 : 0);
  }

  /** Whether rows of so many elements can lie one directly behind the other in workspaces. */
  boolean isPacked(int cols, DType dtype) {
    return cols % (16 / dtype.bytes()) == 0;
  }

  /** The operator with what it does besides, for people. */
  public String title() {
    return operator
        + (norm.isEmpty() ? "" : ", " + norm)
        + (splits.isEmpty() ? "" : ", splits " + digest().substring(0, 4))
        + (bias ? ", bias" : "")
        + (accumulates ? ", beta" : "")
        + (blockScales ? ", block scales" : "")
        + (weightLayout == WeightLayout.KN ? ", [K, N]" : "");
  }

  /** As the name of a file: unique, and readable. */
  @JsonIgnore
  String fileName() {
    return String.format(
            Locale.ROOT,
            "%s_m%d_n%d_k%d_%s_%s_%s_r%d%s%s%s%s%s.json",
            operator,
            m,
            n,
            k,
            inputType,
            outputType,
            weightLayout,
            ranks,
            bias ? "_bias" : "",
            accumulates ? "_beta" : "",
            blockScales ? "_blocks" : "",
            norm.isEmpty() ? "" : "_" + norm.replace('+', '-'),
            splits.isEmpty() ? "" : "_splits-" + digest())
        .toLowerCase(Locale.ROOT);
  }

  private String digest() {
    byte[] text = splits.toString().getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(Fingerprint.sha256().digest(text)).substring(0, 16);
  }
}
