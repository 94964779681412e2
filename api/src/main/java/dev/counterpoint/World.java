package dev.counterpoint;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.WorldProvider;
import java.time.Duration;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/**
 * A set of ranks that compute together, over one backend. Several worlds may be open at once; they
 * share nothing.
 *
 * <p>Thread-safe. Closing it closes its plans, tensors and devices, in the reverse order of their
 * opening; closing twice does nothing.
 */
public interface World extends AutoCloseable {
  /**
   * Opens a world.
   *
   * @throws BackendUnavailableException if no backend, or not the one asked for, can run here; the
   *     message says why for each
   * @throws CounterpointException if no implementation (the {@code counterpoint-core} artifact) is
   *     on the class path
   */
  static World open(WorldOptions options) {
    return ServiceLoader.load(WorldProvider.class)
        .findFirst()
        .orElseThrow(
            () ->
                new CounterpointException(
                    Failure.Category.UNAVAILABLE,
                    "no implementation of World is on the class path; add the artifact dev.counterpoint:counterpoint-core"))
        .open(options);
  }

  /** Number of ranks, local or not. */
  int size();

  /** The ranks whose devices this JVM drives, in order of index. */
  List<Rank> localRanks();

  /** The local rank with this index. */
  Rank rank(int index);

  /**
   * The backend that carries this world, for diagnostics and for code that builds on the SPI
   * itself.
   */
  Backend backend();

  /**
   * Plans an all-gather + GEMM. Every process of the world plans the same specifications in the
   * same order.
   */
  AllGatherGemm plan(AllGatherGemmSpec spec);

  /** Plans a GEMM + reduce-scatter. */
  GemmReduceScatter plan(GemmReduceScatterSpec spec);

  /** Plans a GEMM + all-reduce. */
  GemmAllReduce plan(GemmAllReduceSpec spec);

  /** Plans a GEMM + all-to-all. */
  GemmAllToAll plan(GemmAllToAllSpec spec);

  /** Plans any operator. */
  OperatorPlan plan(OperatorSpec spec);

  /**
   * Runs an action once per local rank, each on its own thread, and returns when all have returned.
   * The first exception is rethrown with the others suppressed.
   */
  void onEachRank(Consumer<Rank> action);

  /**
   * Waits until everything enqueued on the local ranks' streams is complete.
   *
   * @throws DeviceFaultException if a bounded wait expired or a device failed; the world has then
   *     failed
   * @throws DeadlineExceededException if the deadline passed first; the work may still finish
   */
  void synchronize(Duration deadline);

  @Override
  void close();
}
