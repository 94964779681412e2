package dev.counterpoint.spi;

/**
 * All-reduces of few bytes by kernels over symmetric memory, without a library: one launch on each
 * rank, and no other work for the streams. Needs {@link Capability#PEER_ALL_REDUCE}.
 *
 * <p>Every rank sums slot 0 first, in the order of the ranks, in FP32, and rounds once, whichever
 * algorithm carries the parts; so all ranks get the same bits, and get them again at each launch
 * (rules PEER-1, PEER-2).
 *
 * <p>Two workspaces, used in turn, need no permission to overwrite either: a rank ends launch n
 * only with parts of it, or sums, that all ranks had a part in; so when one ends launch n all have
 * begun it, and, launches of a rank following each other, ended launch n − 1 and read its
 * workspace, which launch n + 1 uses again. Nobody is ever more than one launch ahead.
 *
 * <p>After what NCCL calls its LL protocol, and the one-shot and two-shot all-reduces of
 * TensorRT-LLM and PyTorch's symmetric memory.
 */
public interface PeerAllReduce {
  /** How the parts travel. */
  enum Algorithm {
    /** What the backend takes to be the fastest for so many bytes and ranks. */
    AUTO,
    /**
     * Every rank sends all it has to everyone, and sums all itself: one way, and the most bytes.
     */
    ONE_SHOT,
    /** Every rank sums a share and sends the sum to everyone: two ways, and fewer bytes. */
    TWO_SHOT,
    /**
     * The same with a signal behind many elements instead of one beside every few: the fewest
     * bytes, and twice as long on the way.
     */
    TWO_SHOT_BULK
  }

  /**
   * Makes an all-reduce ready on all local ranks, with a workspace of its own.
   *
   * @throws dev.counterpoint.UnsupportedCapabilityException without the capability
   */
  PreparedAllReduce prepare(AllReduceSpec spec);

  /**
   * An all-reduce ready to be launched any number of times, as often on each rank as on the others:
   * the n-th launch of a rank goes with the n-th of everyone else. Launches count themselves in
   * device memory, so that they can be captured; those of one rank must not overlap in time.
   */
  interface PreparedAllReduce extends AutoCloseable {
    /** What was prepared. */
    AllReduceSpec spec();

    /** The algorithm that runs; not {@link Algorithm#AUTO}. */
    Algorithm algorithm();

    /** Bytes of symmetric memory on each rank. */
    long workspaceBytes();

    /**
     * Enqueues one execution on the stream's rank; allocation-free. The output may lie exactly
     * where the input does, or must not overlap it.
     *
     * @param inputOffset bytes to row 0 of the input
     * @param inputStride elements from row to row of it
     * @param outputOffset bytes to row 0 of the output
     * @param outputStride elements from row to row of it
     */
    void launch(
        Stream stream,
        DeviceMemory input,
        long inputOffset,
        int inputStride,
        DeviceMemory output,
        long outputOffset,
        int outputStride);

    /** Frees the workspace. Does not wait: the owner sees to it that no launch is under way. */
    @Override
    void close();
  }
}
