package dev.counterpoint.core.strategy;

import dev.counterpoint.Tensor;

/**
 * Every rank sends its own rows to rank+1, and then, chunk by chunk as they arrive, those that
 * rank−1 sent: each row is on every link of the ring but one, and no link carries anything else.
 *
 * <p>A rank's buffer is free again when it has been read by the GEMMs and by the transfers that
 * sent its content on, so both come before the release, which concerns rank−1 alone.
 */
final class ShardRing extends ShardExchange {
  ShardRing(AllGatherProgram program, int chunksPerShard) {
    super(program, chunksPerShard);
  }

  @Override
  void enqueue(Lane lane, Operands operands) {
    int me = lane.rank();
    int next = (me + 1) % program.ranks;
    if (next == me) {
      return;
    }
    Tensor input = operands.input();
    backPressure.awaitPeer(lane.send(), lane, next);
    for (int step = 0; step < program.ranks - 1; step++) {
      int source = (me - step + program.ranks) % program.ranks;
      for (int chunk = 0; chunk < chunksPerShard(); chunk++) {
        int rows = rows(program.shards.rows(source), chunk);
        if (rows > 0 && step == 0) {
          sendOwn(lane, input, chunk, rows, next);
        } else if (rows > 0) {
          await(lane.send(), lane, source, chunk);
          forward(lane, source, chunk, rows, next);
        }
      }
    }
  }

  @Override
  void release(Lane lane) {
    lane.mainAfterSend();
    int previous = (lane.rank() - 1 + program.ranks) % program.ranks;
    backPressure.releaseTo(lane.main(), lane, previous);
  }

  @Override
  String describe() {
    return "sent around a ring " + program.context.pushedBy();
  }
}
