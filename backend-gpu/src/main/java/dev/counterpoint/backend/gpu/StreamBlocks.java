package dev.counterpoint.backend.gpu;

/**
 * Parameter blocks of one stream for kernels whose arguments come with each call: the driver has
 * read them when a launch returns, and a stream is used by one thread at a time, so one of each
 * suffices.
 */
final class StreamBlocks {
  private final RankState rank;
  private final ParameterBlock advance;
  private final ParameterBlock set;
  private final ParameterBlock add;
  private final ParameterBlock await;
  private final ParameterBlock put;

  StreamBlocks(RankState rank) {
    this.rank = rank;
    advance = rank.block(EpochAdvanceParams.SIZE);
    set = rank.block(SignalSetParams.SIZE);
    add = rank.block(SignalAddParams.SIZE);
    await = rank.block(AwaitParams.SIZE);
    put = rank.block(PutParams.SIZE);
  }

  private ParameterBlock begin(ParameterBlock block, int operation) {
    return block.operation(rank.waitContext(), rank.localAbort(), operation);
  }

  ParameterBlock advance(int operation, long epoch) {
    return begin(advance, operation).set(EpochAdvanceParams.EPOCH, epoch);
  }

  /** One word when count is 0, otherwise a table of words. */
  ParameterBlock set(int operation, long word, long words, int count, long epoch) {
    return begin(set, operation)
        .set(SignalSetParams.WORDS, words)
        .set(SignalSetParams.WORD, word)
        .set(SignalSetParams.EPOCH, epoch)
        .set(SignalSetParams.COUNT, count);
  }

  ParameterBlock add(int operation, long word, long delta) {
    return begin(add, operation).set(SignalAddParams.WORD, word).set(SignalAddParams.DELTA, delta);
  }

  ParameterBlock await(
      int operation,
      long words,
      int count,
      int array,
      long firstWord,
      long epoch,
      long perEpoch,
      long offset) {
    return begin(await, operation)
        .set(AwaitParams.WORDS, words)
        .target(AwaitParams.TARGET, epoch, perEpoch, offset)
        .set(AwaitParams.COUNT, count)
        .set(AwaitParams.ARRAY, array)
        .set(AwaitParams.FIRST_WORD, firstWord);
  }

  ParameterBlock put(
      int operation,
      long source,
      long target,
      long sourcePitch,
      long targetPitch,
      long rowBytes,
      long rows) {
    return begin(put, operation)
        .set(PutParams.SOURCE, source)
        .set(PutParams.TARGET, target)
        .set(PutParams.SOURCE_PITCH, sourcePitch)
        .set(PutParams.TARGET_PITCH, targetPitch)
        .set(PutParams.ROW_BYTES, rowBytes)
        .set(PutParams.ROWS, rows);
  }
}
