package dev.counterpoint.spi;

import java.time.Duration;
import java.util.List;

/**
 * How the processes of a world exchange small things (memory handles, library ids) while it opens.
 * With all ranks in one JVM there is one process and nothing to exchange.
 */
public interface Bootstrap {
  /** This process's position among the processes, 0 … processes−1. */
  int process();

  /** Number of processes. */
  int processes();

  /**
   * Every process passes its bytes under the same key and gets everyone's, in order of process.
   * Blocks until all have called.
   *
   * @throws dev.counterpoint.DeadlineExceededException naming the processes that did not call
   */
  List<byte[]> exchange(String key, byte[] mine, Duration deadline);

  /** The bootstrap of a world that lives in one process. */
  static Bootstrap singleProcess() {
    return new Bootstrap() {
      @Override
      public int process() {
        return 0;
      }

      @Override
      public int processes() {
        return 1;
      }

      @Override
      public List<byte[]> exchange(String key, byte[] mine, Duration deadline) {
        return List.of(mine.clone());
      }
    };
  }
}
