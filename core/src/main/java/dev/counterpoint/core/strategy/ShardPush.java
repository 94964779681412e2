package dev.counterpoint.core.strategy;

import dev.counterpoint.Tensor;

/**
 * Every rank pushes its own rows to all its peers.
 *
 * <p>Pushed, never pulled, to rank+1 first, then rank+2 and so on, so that at any time every link
 * carries one transfer: on an all-to-all mesh that was measured at more than twice the rate of
 * pulling.
 */
final class ShardPush extends ShardExchange {
  /** One wait for all peers: where a wait for each costs more than it saves. */
  private final boolean waitsAtOnce;

  ShardPush(AllGatherProgram program, int chunksPerShard) {
    super(program, chunksPerShard);
    waitsAtOnce = Chunking.isWide(program.context);
  }

  @Override
  void enqueue(Lane lane, Operands operands) {
    Tensor input = operands.input();
    if (waitsAtOnce) {
      backPressure.awaitAll(lane.send(), lane);
    }
    for (int chunk = 0; chunk < chunksPerShard(); chunk++) {
      int rows = rows(input.rows(), chunk);
      for (int step = 1; rows > 0 && step < program.ranks; step++) {
        int peer = (lane.rank() + step) % program.ranks;
        if (chunk == 0 && !waitsAtOnce) {
          backPressure.awaitPeer(lane.send(), lane, peer);
        }
        sendOwn(lane, input, chunk, rows, peer);
      }
    }
  }

  @Override
  void release(Lane lane) {
    backPressure.release(lane.main(), lane);
  }

  @Override
  String describe() {
    return "pushed to all " + program.context.pushedBy();
  }
}
