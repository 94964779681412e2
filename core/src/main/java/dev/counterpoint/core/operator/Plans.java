package dev.counterpoint.core.operator;

import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.GemmAllReduce;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAll;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatter;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.NormTensors;
import dev.counterpoint.NormalizingPlan;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import org.jspecify.annotations.Nullable;

/** The plan types of the user's API over a {@link PlanBody}. */
final class Plans {
  private Plans() {}

  private abstract static class Base<S extends OperatorSpec> implements OperatorPlan {
    final PlanBody body;
    private final S spec;

    Base(PlanBody body, S spec) {
      this.body = body;
      this.spec = spec;
    }

    @Override
    public S spec() {
      return spec;
    }

    @Override
    public Strategy strategy() {
      return body.strategy();
    }

    @Override
    public String explanation() {
      return body.explanation();
    }

    @Override
    public String label() {
      return body.label();
    }

    @Override
    public long workspaceBytes() {
      return body.workspaceBytes();
    }

    @Override
    public void launch(Rank rank, Tensor input, Tensor weight, Tensor output) {
      body.launch(rank, input, weight, null, output, null, null);
    }

    @Override
    public void launch(
        Rank rank, Tensor input, Tensor weight, @Nullable Tensor bias, Tensor output) {
      body.launch(rank, input, weight, bias, output, null, null);
    }

    @Override
    public void close() {
      body.close(this);
    }

    @Override
    public String toString() {
      return label() + " " + explanation();
    }
  }

  static final class AllGather extends Base<AllGatherGemmSpec> implements AllGatherGemm {
    AllGather(PlanBody body, AllGatherGemmSpec spec) {
      super(body, spec);
    }

    @Override
    public void launch(
        Rank rank,
        Tensor input,
        Tensor weight,
        @Nullable Tensor bias,
        Tensor output,
        @Nullable Tensor gathered) {
      body.launch(rank, input, weight, bias, output, gathered, null);
    }
  }

  private abstract static class Normalizing<S extends OperatorSpec> extends Base<S>
      implements NormalizingPlan {
    Normalizing(PlanBody body, S spec) {
      super(body, spec);
    }

    @Override
    public void launch(
        Rank rank,
        Tensor input,
        Tensor weight,
        @Nullable Tensor bias,
        Tensor output,
        NormTensors norm) {
      body.launch(rank, input, weight, bias, output, null, norm);
    }
  }

  static final class ReduceScatter extends Normalizing<GemmReduceScatterSpec>
      implements GemmReduceScatter {
    ReduceScatter(PlanBody body, GemmReduceScatterSpec spec) {
      super(body, spec);
    }
  }

  static final class AllReduce extends Normalizing<GemmAllReduceSpec> implements GemmAllReduce {
    AllReduce(PlanBody body, GemmAllReduceSpec spec) {
      super(body, spec);
    }
  }

  static final class AllToAll extends Base<GemmAllToAllSpec> implements GemmAllToAll {
    AllToAll(PlanBody body, GemmAllToAllSpec spec) {
      super(body, spec);
    }
  }
}
