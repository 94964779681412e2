package dev.counterpoint.conformance;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What threads allocate on the Java heap, and what the process holds. */
public final class HeapUse {
  /** Kept, because looking it up allocates. */
  private static final @Nullable ThreadMXBean THREADS =
      ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads ? threads : null;

  private static final Path STATUS = Path.of("/proc/self/status");

  private HeapUse() {}

  /** Bytes that this thread has ever allocated; 0 where the JVM does not count them. */
  public static long ofThisThread() {
    return THREADS == null ? 0 : THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  /** Bytes of objects on the Java heap that are still reachable. */
  static long live() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Bytes of memory that the process occupies, off-heap memory included; 0 if that is unknown. */
  static long resident() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
    } catch (IOException e) {
      return 0; // not Linux
    }
    return 0;
  }
}
