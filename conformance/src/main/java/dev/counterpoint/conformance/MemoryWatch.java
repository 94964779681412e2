package dev.counterpoint.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the process holds while it launches, and whether that grows. */
final class MemoryWatch {
  private static final long HEAP_GROWTH = 1L << 20;
  private static final long RESIDENT_GROWTH = 24L << 20;
  private static final int LEAK_PER_LAUNCH = 16;

  private final List<StressReport.Memory> samples = new ArrayList<>();

  void sample(long launches) {
    long heap = HeapUse.live();
    samples.add(new StressReport.Memory(launches, HeapUse.resident(), heap));
  }

  List<StressReport.Memory> samples() {
    return samples;
  }

  /** What grew from the first sample to the last by more than chance and the JVM explain. */
  List<String> growth(int ranks) {
    if (samples.size() < 2) {
      return List.of();
    }
    StressReport.Memory first = samples.get(0);
    StressReport.Memory last = samples.get(samples.size() - 1);
    long launches = (last.launches() - first.launches()) * ranks;
    List<String> problems = new ArrayList<>();
    judge(problems, "the Java heap", last.heapBytes() - first.heapBytes(), HEAP_GROWTH, launches);
    judge(
        problems,
        "the process",
        last.residentBytes() - first.residentBytes(),
        RESIDENT_GROWTH,
        launches);
    return problems;
  }

  private static void judge(
      List<String> problems, String what, long growth, long allowed, long launches) {
    if (growth > allowed + LEAK_PER_LAUNCH * launches) {
      problems.add(
          String.format(
              Locale.ROOT,
              "%s grew by %,d bytes in %,d launches of all ranks",
              what,
              growth,
              launches));
    }
  }
}
