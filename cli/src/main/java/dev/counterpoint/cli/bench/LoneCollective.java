package dev.counterpoint.cli.bench;

import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;

/** The operator's library collective and nothing else. */
final class LoneCollective implements Subject {
  private final Operands operands;
  private final Operator operator;

  LoneCollective(Operands operands) {
    this.operands = operands;
    this.operator = operands.geometry().operator();
  }

  @Override
  public String name() {
    return operator.collective();
  }

  @Override
  public void enqueue(Rank rank) {
    Geometry geometry = operands.geometry();
    Tensor from = operands.of(rank).send(operator);
    Tensor to = operands.of(rank).result();
    Collectives collectives = operands.world().backend().collectives();
    Stream stream = rank.stream();
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
      case GEMM_A2A ->
          collectives.allToAll(stream, send, 0, receive, 0, rows * product, from.dtype());
    }
  }

  @Override
  public void close() {}
}
