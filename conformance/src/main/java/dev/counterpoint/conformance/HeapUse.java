package dev.counterpoint.conformance;

import java.lang.management.ManagementFactory;

/** Bytes that a thread has allocated on the Java heap. */
final class HeapUse {
  private HeapUse() {}

  static long ofThisThread() {
    return ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads
        ? threads.getThreadAllocatedBytes(Thread.currentThread().getId())
        : 0;
  }
}
