package dev.counterpoint.backend.rocm.internal.hip;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Prints how many bytes of the Java heap a round of the calls that launches make takes. */
final class HotCallProgram {
  private static final int ROUNDS = 100_000;
  private static final int CALLS = 13;

  private HotCallProgram() {}

  public static void main(String[] arguments) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    rounds();
    long nanos = System.nanoTime();
    long before = threads.getCurrentThreadAllocatedBytes();
    int failed = rounds();
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    nanos = System.nanoTime() - nanos;
    System.out.println("failed " + failed);
    System.out.println("bytes " + bytes);
    System.out.println("nanos " + (double) nanos / ROUNDS / CALLS + " per call");
  }

  private static int rounds() {
    int failed = 0;
    for (int i = 0; i < ROUNDS; i++) {
      failed |= Hip.hipSetDevice(1);
      failed |= Hip.hipModuleLaunchKernel(1, 2, 1, 1, 256, 1, 1, 0, 3, 4, 0);
      failed |= Hip.hipMemcpyAsync(1, 2, i, 4, 5);
      failed |= Hip.hipMemcpy2DAsync(1, 2, 3, 4, 5, 6, 4, 7);
      failed |= Hip.hipMemsetAsync(1, 0, i, 2);
      failed |= Hip.hipEventRecord(1, 2);
      failed |= Hip.hipStreamWaitEvent(1, 2, 0);
      failed |= Hip.hipEventQuery(1);
      failed |= Hip.hipStreamWaitValue64(1, 2, i, 0, -1);
      failed |= Hip.hipStreamWriteValue64(1, 2, i, 0);
      failed |= Hip.hipGraphLaunch(1, 2);
      failed |= Rccl.ncclAllReduce(1, 2, i, 7, 0, 3, 4);
      failed |= HipBlasLt.hipblasLtMatmul(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    }
    return failed;
  }
}
