package dev.counterpoint.conformance;

import dev.counterpoint.spi.FaultRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Stress} run found.
 *
 * @param backend name of the backend
 * @param description its own words
 * @param ranks number of ranks
 * @param seed of operands, order and delays
 * @param problem sizes and types
 * @param launches on each rank, after the first of each plan
 * @param millis from the first of them to the end of the last
 * @param delays how many launches were made late; 0 without delays
 * @param delayMillis by how much, all together
 * @param compared results that were compared while launching
 * @param bytesPerLaunch what the launching threads allocated on the Java heap for each launch of
 *     the second half
 * @param plans what was launched
 * @param refused strategies that the backend cannot do, with the reason
 * @param memory what the process held on the way; the first sample is after a fifth of the launches
 * @param stop what came of stopping a rank; null if none was
 * @param threadsLeft threads that are there after the world was closed and were not before
 * @param problems what is wrong, one sentence each; empty if all is well
 */
public record StressReport(
    String backend,
    String description,
    int ranks,
    long seed,
    String problem,
    long launches,
    long millis,
    long delays,
    long delayMillis,
    long compared,
    double bytesPerLaunch,
    List<Plan> plans,
    List<String> refused,
    List<Memory> memory,
    @Nullable Stop stop,
    int threadsLeft,
    List<String> problems) {
  /** Copies the lists. */
  public StressReport {
    plans = List.copyOf(plans);
    refused = List.copyOf(refused);
    memory = List.copyOf(memory);
    problems = List.copyOf(problems);
  }

  /**
   * One plan.
   *
   * @param label as in fault records
   * @param strategy which strategy
   * @param launches how often each rank launched it, the first included
   * @param equal whether the last result was bitwise the first one, on all ranks
   */
  public record Plan(String label, String strategy, long launches, boolean equal) {}

  /**
   * What the process held.
   *
   * @param launches after how many launches on each rank
   * @param residentBytes physical memory; 0 if unknown
   * @param heapBytes live objects on the Java heap
   */
  public record Memory(long launches, long residentBytes, long heapBytes) {}

  /**
   * What came of stopping a rank.
   *
   * @param rank which
   * @param operation the plan that it did not launch
   * @param millis until every rank had its exception
   * @param boundMillis what is allowed (rule OP-5)
   * @param exceptions by rank, what it got
   * @param fault the world's first fault; null if there was none
   * @param closeMillis how long closing the failed world took
   */
  public record Stop(
      int rank,
      String operation,
      long millis,
      long boundMillis,
      List<String> exceptions,
      @Nullable FaultRecord fault,
      long closeMillis) {
    /** Copies the list. */
    public Stop {
      exceptions = List.copyOf(exceptions);
    }
  }

  /** Whether all is well. */
  public boolean passed() {
    return problems.isEmpty();
  }
}
