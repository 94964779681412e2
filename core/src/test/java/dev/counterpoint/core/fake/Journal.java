package dev.counterpoint.core.fake;

import dev.counterpoint.DeviceMemoryException;
import dev.counterpoint.spi.DeviceMemory;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Everything that happened to a {@link RecordingBackend}, in order; shared by its parts. */
public final class Journal {
  /**
   * One thing enqueued.
   *
   * @param rank the stream's rank
   * @param stream the stream's name
   * @param text for people and for tests of sequences
   * @param work for {@link Replay}
   */
  public record Step(int rank, String stream, String text, Work work) {}

  private record Region(String name, DeviceMemory memory) {}

  private final List<Step> steps = new ArrayList<>();
  private final IdentityHashMap<Object, String> live = new IdentityHashMap<>();
  private final List<String> opened = new ArrayList<>();
  private final List<String> closed = new ArrayList<>();
  private final NavigableMap<Long, Region> regions = new TreeMap<>();
  private long nextAddress = 256;
  private int resources;
  private int failAt = -1;
  private String failClose = "";

  /** Executes what was enqueued whenever a device is synchronized; nobody does by itself. */
  private @Nullable Consumer<List<Step>> executor;

  /** While set, nothing is recorded and nothing is allocated on the Java heap. */
  private volatile boolean muted;

  /** Stops recording. */
  public void mute() {
    muted = true;
  }

  boolean muted() {
    return muted;
  }

  synchronized void step(int rank, String stream, String text, Work work) {
    steps.add(new Step(rank, stream, text, work));
  }

  /** What was enqueued so far. */
  public synchronized List<Step> steps() {
    return List.copyOf(steps);
  }

  /** From now on, what was enqueued is executed, and forgotten, when a device is synchronized. */
  synchronized void executedBy(Consumer<List<Step>> machine) {
    executor = machine;
  }

  /** A device is synchronized. */
  synchronized void execute() {
    if (executor != null) {
      executor.accept(List.copyOf(steps));
      steps.clear();
    }
  }

  /** Forgets what was enqueued so far. */
  public synchronized void clear() {
    steps.clear();
  }

  /** The texts of what was enqueued on one stream, labels left out. */
  public synchronized List<String> texts(int rank, String stream) {
    return steps.stream()
        .filter(s -> s.rank() == rank && s.stream().equals(stream))
        .filter(s -> !(s.work() instanceof Work.Label))
        .map(Step::text)
        .toList();
  }

  /** From now on, the n-th resource (from 1) to be created cannot be. */
  public synchronized void failAt(int n) {
    resources = 0;
    failAt = n;
  }

  /** Makes the close of one resource throw. */
  public synchronized void failClose(String name) {
    failClose = name;
  }

  /** How many resources were created since {@link #failAt}. */
  public synchronized int resources() {
    return resources;
  }

  synchronized void open(Object resource, String name) {
    if (++resources == failAt) {
      throw new DeviceMemoryException("no room for " + name + ", as the test wants it", 1, null);
    }
    live.put(resource, name);
    opened.add(name);
  }

  synchronized void close(Object resource) {
    String name = live.remove(resource);
    if (name != null) {
      closed.add(name);
      steps.add(new Step(-1, "host", "close " + name, new Work.Label("")));
      if (name.equals(failClose)) {
        throw new IllegalStateException(name + " does not close, as the test wants it");
      }
    }
  }

  /** Names of everything that was opened, in order. */
  public synchronized List<String> opened() {
    return List.copyOf(opened);
  }

  /** Names of everything that was closed, in order. */
  public synchronized List<String> closed() {
    return List.copyOf(closed);
  }

  /** Names of everything that is open, sorted. */
  public synchronized List<String> live() {
    return live.values().stream().sorted().toList();
  }

  synchronized DeviceMemory memory(String name, int rank, long bytes) {
    DeviceMemory memory = new DeviceMemory(rank, nextAddress, bytes);
    regions.put(nextAddress, new Region(name, memory));
    nextAddress += (bytes / 256 + 2) * 256; // with a gap, so that neighbours never touch
    return memory;
  }

  synchronized long end() {
    return nextAddress;
  }

  /** Gives memory a name for texts. */
  public synchronized void name(DeviceMemory memory, String name) {
    regions.put(memory.address(), new Region(name, memory));
  }

  /** Where something lies, in words, such as {@code gathered@1+64}. */
  synchronized String where(DeviceMemory memory, long offset) {
    long address = memory.address() + offset;
    Region region = regions.floorEntry(address).getValue();
    long past = address - region.memory().address();
    return shortName(region.name()) + "@" + memory.rank() + (past == 0 ? "" : "+" + past);
  }

  static String shortName(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }
}
