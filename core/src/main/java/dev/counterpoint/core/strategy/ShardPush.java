package dev.counterpoint.core.strategy;

import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Transport;

/**
 * Sends each rank's rows of A to all peers by copy engine, chunk by chunk, and raises one signal
 * per source and chunk at the receiver.
 *
 * <p>Pushed, never pulled, to rank+1 first, then rank+2 and so on, so that at any time every link
 * carries one transfer: on an all-to-all mesh that was measured at more than twice the rate of
 * pulling.
 */
final class ShardPush {
  private final AllGatherProgram program;
  private final BackPressure backPressure;
  private final SignalArray arrived;
  private final RowPartition chunks;

  ShardPush(AllGatherProgram program, BackPressure backPressure, int chunksPerShard) {
    this.program = program;
    this.backPressure = backPressure;
    chunks = new RowPartition(program.shards.rowsPerShard(), chunksPerShard);
    arrived = program.context.signals("arrived", program.ranks * chunksPerShard);
  }

  int chunksPerShard() {
    return chunks.shards();
  }

  SignalArray arrived() {
    return arrived;
  }

  /** First row of a chunk within a shard. */
  int firstRow(int chunk) {
    return chunks.start(chunk);
  }

  /** Rows of a chunk of a shard that has {@code shardRows} rows. */
  int rows(int shardRows, int chunk) {
    return Math.max(0, Math.min(chunks.start(chunk + 1), shardRows) - chunks.start(chunk));
  }

  /** The word that the rows from {@code source}'s chunk raise. */
  int word(int source, int chunk) {
    return source * chunks.shards() + chunk;
  }

  /** Index of the chunk that holds a row of a shard. */
  int chunkOfRow(int rowInShard) {
    return rowInShard / chunks.rowsPerShard();
  }

  /** Enqueues all pushes of one launch. */
  void enqueue(Lane lane, Operands operands) {
    int me = lane.rank();
    Tensor input = operands.input();
    Stream stream = lane.send();
    for (int chunk = 0; chunk < chunks.shards(); chunk++) {
      int rows = rows(input.rows(), chunk);
      for (int step = 1; rows > 0 && step < program.ranks; step++) {
        int peer = (me + step) % program.ranks;
        if (chunk == 0) {
          backPressure.awaitPeer(stream, lane, peer);
        }
        push(stream, lane, input, chunk, rows, peer);
      }
    }
  }

  private void push(Stream stream, Lane lane, Tensor input, int chunk, int rows, int peer) {
    int me = lane.rank();
    int targetRow = program.shards.start(me) + firstRow(chunk);
    DeviceMemory target = program.gatheredInput.at(peer);
    if (program.isPacked(input)) {
      // The last row of the input may end before the padding does.
      long bytes =
          (rows - 1) * program.rowBytes + (long) program.problem.k() * program.elementBytes;
      program
          .backend
          .transfers()
          .putSignal(
              stream,
              input.memory(),
              firstRow(chunk) * program.rowBytes,
              target,
              program.offsetOfRow(targetRow),
              bytes,
              Transport.COPY_ENGINE,
              arrived,
              word(me, chunk),
              lane.epoch());
    } else {
      program.copyRows(
          stream, input, firstRow(chunk), rows, target, targetRow, Transport.COPY_ENGINE);
      program.backend.signals().set(stream, arrived, peer, word(me, chunk), lane.epoch());
    }
  }

  /** Holds a stream until a chunk from a source has arrived. */
  void await(Stream stream, Lane lane, int source, int chunk) {
    program
        .backend
        .signals()
        .await(stream, arrived, word(source, chunk), lane.epoch(), Target.THIS_LAUNCH);
  }

  /** Holds a stream until every chunk from every peer has arrived. */
  void awaitEverything(Stream stream, Lane lane) {
    for (int source = 0; source < program.ranks; source++) {
      for (int chunk = 0; source != lane.rank() && chunk < chunks.shards(); chunk++) {
        if (rows(program.shards.rows(source), chunk) > 0) {
          await(stream, lane, source, chunk);
        }
      }
    }
  }
}
