package dev.counterpoint.core.operator;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.Shape;
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
  private final Operands[] operands;
  private final Shape[] inputs;
  private final Shape[] weights;
  private final Shape[] outputs;
  private final Shape[] biases;
  private final AtomicBoolean closed = new AtomicBoolean();

  PlanBody(
      PlanOwner world,
      PlanContext context,
      Program program,
      Strategy strategy,
      String explanation,
      int number) {
    this.world = world;
    this.context = context;
    this.program = program;
    this.strategy = strategy;
    this.explanation = explanation;
    this.number = number;
    int size = world.size();
    operands = new Operands[size];
    inputs = new Shape[size];
    weights = new Shape[size];
    outputs = new Shape[size];
    biases = new Shape[size];
    OperatorSpec spec = context.spec();
    for (int r = 0; r < size; r++) {
      operands[r] = new Operands();
      inputs[r] = spec.inputShape(r, size);
      weights[r] = spec.weightShape(r, size);
      outputs[r] = spec.outputShape(r, size);
      biases[r] = new Shape(1, spec.biasLength(r, size));
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
      @Nullable Tensor gathered) {
    world.requireOpen();
    if (closed.get()) {
      throw new ResourceClosedException("plan " + label());
    }
    if (rank.world() != world) {
      throw new InvalidArgumentException("rank", rank, "belong to the world of plan " + label());
    }
    int r = rank.index();
    OperatorSpec spec = context.spec();
    DType in = spec.problem().inputType();
    DType out = spec.problem().outputType();
    check("input", input, rank, in, inputs[r]);
    check("weight", weight, rank, in, weights[r]);
    check("output", output, rank, out, outputs[r]);
    checkBias(bias, rank, out, biases[r]);
    checkApart("input", input, output);
    checkApart("weight", weight, output);
    if (bias != null) {
      checkApart("bias", bias, output);
    }
    if (gathered != null) {
      check("gathered", gathered, rank, in, new Shape(spec.problem().m(), spec.problem().k()));
      checkApart("gathered", gathered, output);
      checkApart("gathered", gathered, input);
      checkApart("gathered", gathered, weight);
      if (bias != null) {
        checkApart("gathered", gathered, bias);
      }
    }
    world.launching(r, number, label());
    Event event = WorldEvents.recordsLaunches() ? WorldEvents.beginLaunch(label(), r) : null;
    Operands mine = operands[r];
    mine.set(input, weight, bias, output, gathered);
    try {
      program.enqueue(r, mine);
    } finally {
      mine.clear();
    }
    if (event != null) {
      event.commit();
    }
  }

  private void checkBias(@Nullable Tensor bias, Rank rank, DType dtype, Shape shape) {
    if (bias == null) {
      if (context.spec().problem().bias()) {
        throw new InvalidArgumentException(
            "bias", "absent", "be given: plan " + label() + " was made with a bias");
      }
      return;
    }
    if (!context.spec().problem().bias()) {
      throw new InvalidArgumentException(
          "bias", bias, "be absent: plan " + label() + " was made without a bias");
    }
    check("bias", bias, rank, dtype, shape);
  }

  private void check(String name, Tensor tensor, Rank rank, DType dtype, Shape shape) {
    tensor.requireOpen();
    if (tensor.rank() != rank) {
      String where =
          tensor.rank().world() == world ? "rank " + tensor.rank().index() : "another world";
      throw new InvalidArgumentException(
          name,
          tensor + " (" + where + ")",
          "lie on rank " + rank.index() + " of this plan's world");
    }
    if (tensor.dtype() != dtype) {
      throw new InvalidArgumentException(name, tensor, "have element type " + dtype);
    }
    if (tensor.rows() != shape.rows() || tensor.cols() != shape.cols()) {
      throw new InvalidArgumentException(name, tensor, "have shape " + shape);
    }
  }

  private static void checkApart(String name, Tensor tensor, Tensor output) {
    long a = tensor.memory().address();
    long b = output.memory().address();
    if (a < b + extent(output)
        && b < a + extent(tensor)
        && extent(tensor) > 0
        && extent(output) > 0) {
      throw new InvalidArgumentException(name, tensor, "not overlap the memory of " + output);
    }
  }

  private static long extent(Tensor t) {
    return t.rows() == 0 || t.cols() == 0
        ? 0
        : ((t.rows() - 1L) * t.rowStride() + t.cols()) * t.dtype().bytes();
  }

  void close(OperatorPlan plan) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    world.planClosed(plan);
    settle(world, label());
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
