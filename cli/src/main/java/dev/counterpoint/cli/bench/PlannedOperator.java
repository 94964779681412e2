package dev.counterpoint.cli.bench;

import dev.counterpoint.NormalizingPlan;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import java.util.Locale;

/** The operator itself, by one strategy. */
final class PlannedOperator implements Subject {
  private final Strategy asked;
  private final Operands operands;
  private final OperatorPlan plan;

  private PlannedOperator(Strategy asked, Operands operands, OperatorPlan plan) {
    this.asked = asked;
    this.operands = operands;
    this.plan = plan;
  }

  /** Plans it; whatever the plan throws is the caller's to explain. */
  static PlannedOperator plan(Strategy strategy, Tuning tuning, Operands operands) {
    Geometry geometry = operands.geometry();
    OperatorSpec spec = geometry.spec(tuning.withStrategy(strategy));
    return new PlannedOperator(strategy, operands, operands.world().plan(spec));
  }

  /** What was asked for. */
  Strategy asked() {
    return asked;
  }

  OperatorPlan plan() {
    return plan;
  }

  @Override
  public String name() {
    String name = asked.name().toLowerCase(Locale.ROOT);
    return plan.strategy() == asked
        ? name
        : name + " → " + plan.strategy().name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void enqueue(Rank rank) {
    Operands.OfRank tensors = operands.of(rank);
    if (tensors.norm() != null && plan instanceof NormalizingPlan normalizing) {
      normalizing.launch(
          rank,
          tensors.input(),
          tensors.weight(),
          tensors.bias(),
          tensors.output(),
          tensors.norm());
    } else if (tensors.bias() == null) {
      plan.launch(rank, tensors.input(), tensors.weight(), tensors.output());
    } else {
      plan.launch(rank, tensors.input(), tensors.weight(), tensors.bias(), tensors.output());
    }
  }

  @Override
  public void close() {
    plan.close();
  }
}
