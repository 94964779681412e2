package dev.counterpoint.core.operator;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.NormTensors;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.Rank;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.core.strategy.Operands;
import dev.counterpoint.core.strategy.PlanContext;
import dev.counterpoint.core.strategy.Program;
import dev.counterpoint.core.telemetry.WorldEvents;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.Event;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all plans have in common: checking operands, launching the program, closing. */
final class PlanBody {
  private static final Logger log = LoggerFactory.getLogger(PlanBody.class);

  private final PlanOwner world;
  private final PlanContext context;
  private final Program program;
  private final Strategy strategy;
  private final String explanation;
  private final int number;
  private final @Nullable PlanReplays replays;
  private final Operands[] operands;
  private final OperandChecks checks;
  private final AtomicBoolean closed = new AtomicBoolean();

  PlanBody(
      PlanOwner world,
      PlanContext context,
      Program program,
      Strategy strategy,
      String explanation,
      int number,
      @Nullable PlanReplays replays) {
    this.world = world;
    this.context = context;
    this.program = program;
    this.strategy = strategy;
    this.explanation = explanation;
    this.number = number;
    this.replays = replays;
    checks = new OperandChecks(world, context.spec(), context.label());
    operands = new Operands[world.size()];
    for (int r = 0; r < operands.length; r++) {
      operands[r] = new Operands();
    }
  }

  Strategy strategy() {
    return strategy;
  }

  String explanation() {
    return explanation;
  }

  String label() {
    return context.label();
  }

  long workspaceBytes() {
    return context.workspaceBytes();
  }

  void launch(
      Rank rank,
      Tensor input,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor output,
      @Nullable Tensor gathered,
      @Nullable NormTensors norm) {
    world.requireOpen();
    if (closed.get()) {
      throw new ResourceClosedException("plan " + label());
    }
    if (rank.world() != world) {
      throw new InvalidArgumentException("rank", rank, "belong to the world of plan " + label());
    }
    checks.requireOperands(rank, input, weight, bias, output);
    if (gathered != null) {
      checks.requireGathered(rank, input, weight, bias, output, gathered);
    }
    checks.requireNorm(rank, input, weight, bias, output, norm);
    int r = rank.index();
    world.launching(r, number, label());
    Event event = WorldEvents.recordsLaunches() ? WorldEvents.beginLaunch(label(), r) : null;
    Operands mine = operands[r];
    mine.set(input, weight, bias, output, gathered, norm);
    try {
      if (replays == null || !replays.launch(rank, mine)) {
        program.enqueue(r, mine);
      }
    } finally {
      mine.clear();
    }
    if (event != null) {
      event.commit();
    }
  }

  void close(OperatorPlan plan) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    world.planClosed(plan);
    settle(world, label());
    if (replays != null) {
      replays.close();
    }
    context.close();
  }

  /**
   * Waits for the ranks so that a plan's memory can be freed; a failed or closed one is idle by
   * itself.
   */
  static void settle(PlanOwner world, String label) {
    for (Rank rank : world.localRanks()) {
      try {
        rank.stream().synchronize(world.patience());
      } catch (CounterpointException | ResourceClosedException e) {
        log.debug("closing {} in a failed world", label, e);
      }
    }
  }
}
