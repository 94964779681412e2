package dev.counterpoint.conformance;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.Norm;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.OperatorSpecBuilder;
import dev.counterpoint.Scaling;
import dev.counterpoint.Splits;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Transport;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What one operator of the kit looks like; everything not set is plain. */
final class OperatorCase {
  /** The operators. */
  enum Kind {
    AG,
    RS,
    AR,
    A2A;

    /** The operator that comes so many places later, in a ring. */
    Kind later(int places) {
      List<Kind> all = List.of(values());
      return all.get((all.indexOf(this) + places) % all.size());
    }
  }

  final Kind kind;
  final int m;
  final int n;
  final int k;
  DType in = DType.FP32;
  DType out = DType.FP32;
  WeightLayout layout = WeightLayout.NK;
  float alpha = 1f;
  float beta;
  boolean bias;
  int padding;
  boolean integers = true;
  Scaling scaling = Scaling.TENSOR;
  Tuning tuning = Tuning.AUTOMATIC;
  @Nullable Norm norm;
  @Nullable Splits splits;

  private OperatorCase(Kind kind, int m, int n, int k) {
    this.kind = kind;
    this.m = m;
    this.n = n;
    this.k = k;
  }

  static OperatorCase of(Kind kind, int m, int n, int k) {
    return new OperatorCase(kind, m, n, k);
  }

  /** An all-to-all whose shards differ. */
  static OperatorCase of(Splits splits, int n, int k) {
    OperatorCase shape = new OperatorCase(Kind.A2A, (int) splits.mostSent(), n, k);
    shape.splits = splits;
    return shape;
  }

  OperatorCase types(DType input, DType output) {
    in = input;
    out = output;
    return this;
  }

  OperatorCase layout(WeightLayout weightLayout) {
    layout = weightLayout;
    return this;
  }

  /** For all-to-all beta stays 0: nothing else is allowed there. */
  OperatorCase factors(float newAlpha, float newBeta) {
    alpha = newAlpha;
    beta = kind == Kind.A2A ? 0 : newBeta;
    return this;
  }

  OperatorCase bias(boolean wanted) {
    bias = wanted;
    return this;
  }

  OperatorCase padded(int elements) {
    padding = elements;
    return this;
  }

  OperatorCase reals() {
    integers = false;
    return this;
  }

  /** With factors of the blocks of inputs and weights. */
  OperatorCase blocks() {
    scaling = Scaling.BLOCKS;
    return this;
  }

  OperatorCase strategy(Strategy strategy) {
    tuning = tuning.withStrategy(strategy);
    return this;
  }

  OperatorCase chunks(int number) {
    tuning = tuning.withChunks(number);
    return this;
  }

  OperatorCase tile(int rows, int cols) {
    tuning = tuning.withTile(rows, cols);
    return this;
  }

  /** The same with the rows of its result normalised, which reduce-scatter and all-reduce can. */
  OperatorCase norm(Norm value) {
    OperatorCase other = new OperatorCase(kind, m, n, k);
    other.types(in, out).layout(layout).factors(alpha, beta).bias(bias).padded(padding);
    other.integers = integers;
    other.scaling = scaling;
    other.tuning = tuning;
    other.norm = value;
    return other;
  }

  /** Groups of these relative sizes, and pushes by something else than usual. */
  OperatorCase forced(List<Integer> groups, Transport transport) {
    tuning = tuning.withGroups(groups).withTransport(transport);
    return this;
  }

  OperatorSpec spec() {
    return switch (kind) {
      case AG -> fill(AllGatherGemmSpec.builder()).build();
      case RS -> fill(GemmReduceScatterSpec.builder().norm(norm)).build();
      case AR -> fill(GemmAllReduceSpec.builder().norm(norm)).build();
      case A2A -> {
        GemmAllToAllSpec.Builder builder = GemmAllToAllSpec.builder();
        if (splits != null) {
          builder.splits(splits);
        }
        yield fill(builder).build();
      }
    };
  }

  private <S extends OperatorSpec, B extends OperatorSpecBuilder<S, B>> B fill(
      OperatorSpecBuilder<S, B> builder) {
    return builder
        .m(m)
        .n(n)
        .k(k)
        .dtype(in)
        .outputType(out)
        .weightLayout(layout)
        .alpha(alpha)
        .beta(beta)
        .bias(bias)
        .scaling(scaling)
        .tuning(tuning);
  }

  OperatorBench on(Desk desk) {
    return new OperatorBench(this, desk);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s %d×%d×%d %s→%s %s by %s, alpha %s, beta %s%s, chunks %d, groups %s, transport %s, padding %d",
        spec().operator(),
        m,
        n,
        k,
        in,
        out,
        layout,
        tuning.strategy(),
        alpha,
        beta,
        (bias ? ", bias" : "")
            + (scaling == Scaling.BLOCKS ? ", scales by block" : "")
            + (splits == null ? "" : ", splits " + splits),
        tuning.chunks(),
        tuning.groups(),
        tuning.transport(),
        padding);
  }
}
