package dev.counterpoint.core.strategy;

import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;

/**
 * Brings each rank's rows of A into everyone's gathered buffer, chunk by chunk on the send stream,
 * with one signal per source and chunk at the receiver. Subclasses differ in the way that the
 * chunks take. On every rank those of rank−1 arrive first, then those of rank−2 and so on.
 */
abstract class ShardExchange {
  final AllGatherProgram program;
  final BackPressure backPressure;
  private final SignalArray arrived;
  private final RowPartition chunks;

  ShardExchange(AllGatherProgram program, int chunksPerShard) {
    this.program = program;
    backPressure = new BackPressure(program.context);
    chunks = new RowPartition(program.shards.rowsPerShard(), chunksPerShard);
    arrived = program.context.signals("arrived", program.ranks * chunksPerShard);
  }

  final SignalArray arrived() {
    return arrived;
  }

  final int chunksPerShard() {
    return chunks.shards();
  }

  /** First row of a chunk within a shard. */
  final int firstRow(int chunk) {
    return chunks.start(chunk);
  }

  /** Rows of a chunk of a shard that has {@code shardRows} rows. */
  final int rows(int shardRows, int chunk) {
    return Math.max(0, Math.min(chunks.start(chunk + 1), shardRows) - chunks.start(chunk));
  }

  /** The word that the rows from {@code source}'s chunk raise. */
  final int word(int source, int chunk) {
    return source * chunks.shards() + chunk;
  }

  /** Index of the chunk that holds a row of a shard. */
  final int chunkOfRow(int rowInShard) {
    return rowInShard / chunks.rowsPerShard();
  }

  /** Enqueues everything that a rank sends in one launch. */
  abstract void enqueue(Lane lane, Operands operands);

  /**
   * Lets the next launch overwrite this rank's gathered buffer, once everything earlier on the main
   * stream is done.
   */
  abstract void release(Lane lane);

  /** The way of the chunks, in words. */
  abstract String describe();

  /** Sends a chunk of this rank's own rows. */
  final void sendOwn(Lane lane, Tensor input, int chunk, int rows, int peer) {
    int me = lane.rank();
    if (program.isPacked(input)) {
      send(lane, input.memory(), firstRow(chunk) * program.rowBytes, me, chunk, rows, peer);
      return;
    }
    program.copyRows(
        lane.send(),
        input,
        firstRow(chunk),
        rows,
        program.gatheredInput.at(peer),
        program.shards.start(me) + firstRow(chunk),
        program.context.pushTransport());
    program.backend.signals().set(lane.send(), arrived, peer, word(me, chunk), lane.epoch());
  }

  /** Sends on a chunk that has arrived from a source. */
  final void forward(Lane lane, int source, int chunk, int rows, int peer) {
    long offset = program.offsetOfRow(program.shards.start(source) + firstRow(chunk));
    send(lane, program.gatheredInput.at(lane.rank()), offset, source, chunk, rows, peer);
  }

  private void send(
      Lane lane, DeviceMemory memory, long offset, int source, int chunk, int rows, int peer) {
    // The last row of an input may end before the padding does.
    long bytes = (rows - 1) * program.rowBytes + program.usedRowBytes;
    program
        .backend
        .transfers()
        .putSignal(
            lane.send(),
            memory,
            offset,
            program.gatheredInput.at(peer),
            program.offsetOfRow(program.shards.start(source) + firstRow(chunk)),
            bytes,
            program.context.pushTransport(),
            arrived,
            word(source, chunk),
            lane.epoch());
  }

  /** Holds a stream until a chunk from a source has arrived. */
  final void await(Stream stream, Lane lane, int source, int chunk) {
    program
        .backend
        .signals()
        .await(stream, arrived, word(source, chunk), lane.epoch(), Target.THIS_LAUNCH);
  }

  /** Holds a stream until every chunk from every peer has arrived. */
  final void awaitEverything(Stream stream, Lane lane) {
    for (int source = 0; source < program.ranks; source++) {
      for (int chunk = 0; source != lane.rank() && chunk < chunks.shards(); chunk++) {
        if (rows(program.shards.rows(source), chunk) > 0) {
          await(stream, lane, source, chunk);
        }
      }
    }
  }
}
