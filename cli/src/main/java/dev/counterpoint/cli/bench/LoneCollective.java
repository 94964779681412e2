package dev.counterpoint.cli.bench;

import dev.counterpoint.Rank;
import dev.counterpoint.Splits;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operator's library collective and nothing else. */
final class LoneCollective implements Subject {
  private final Operands operands;
  private final Operator operator;

  /** For each target of an uneven all-to-all; else null. */
  private final @Nullable Splits elements;

  /** By rank, memory that nothing else uses; empty where the operands' own is used. */
  private final List<Tensor> sent = new ArrayList<>();

  private final List<Tensor> received = new ArrayList<>();

  LoneCollective(Operands operands) {
    this.operands = operands;
    this.operator = operands.geometry().operator();
    Splits splits = operands.geometry().splits();
    elements = splits == null ? null : splits.times(operands.geometry().problem().n());
  }

  /** One that may run beside the unsplit GEMM: it touches nothing that the GEMM does. */
  static LoneCollective apart(Operands operands) {
    LoneCollective collective = new LoneCollective(operands);
    for (Rank rank : operands.world().localRanks()) {
      Tensor from = operands.of(rank).send(collective.operator);
      Tensor to = operands.of(rank).result();
      // A short shard of an input is sent with the rows that it lacks.
      int rows =
          collective.elements != null
              ? from.rows()
              : Math.max(from.rows(), operands.geometry().rows().rowsPerShard());
      Tensor copy = rank.allocate(from.dtype(), rows, from.cols());
      collective.sent.add(copy);
      collective.received.add(rank.allocate(to.dtype(), to.rows(), to.cols()));
      long bytes = from.shape().elements() * from.dtype().bytes();
      operands
          .world()
          .backend()
          .transfers()
          .put(rank.stream(), from.memory(), 0, copy.memory(), 0, bytes, Transport.AUTO);
    }
    return collective;
  }

  @Override
  public String name() {
    return operator.collective();
  }

  @Override
  public void enqueue(Rank rank) {
    enqueue(rank, rank.stream());
  }

  void enqueue(Rank rank, Stream stream) {
    Geometry geometry = operands.geometry();
    boolean apart = !sent.isEmpty();
    Tensor from = apart ? sent.get(rank.index()) : operands.of(rank).send(operator);
    Tensor to = apart ? received.get(rank.index()) : operands.of(rank).result();
    Collectives collectives = operands.world().backend().collectives();
    DeviceMemory send = from.memory();
    DeviceMemory receive = to.memory();
    long rows = geometry.rows().rowsPerShard();
    long product = geometry.problem().n();
    switch (operator) {
      case AG_GEMM ->
          collectives.allGather(
              stream, send, 0, receive, 0, rows * geometry.problem().k(), from.dtype());
      case GEMM_RS ->
          collectives.reduceScatter(stream, send, 0, receive, 0, rows * product, from.dtype());
      case GEMM_AR ->
          collectives.allReduce(
              stream, send, 0, receive, 0, geometry.problem().m() * product, from.dtype());
      case GEMM_A2A -> {
        if (elements == null) {
          collectives.allToAll(stream, send, 0, receive, 0, rows * product, from.dtype());
        } else {
          collectives.allToAllV(stream, send, 0, receive, 0, elements, from.dtype());
        }
      }
    }
  }

  @Override
  public void close() {
    sent.forEach(Tensor::close);
    received.forEach(Tensor::close);
  }
}
