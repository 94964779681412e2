package dev.counterpoint.core.fake;

import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.SymmetricHeap;
import dev.counterpoint.spi.Target;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Signals and symmetric memory. */
final class RecordingSignals implements Signals, SymmetricHeap {
  private final Journal journal;
  private final int ranks;

  RecordingSignals(Journal journal, int ranks) {
    this.journal = journal;
    this.ranks = ranks;
  }

  private final class Words implements SignalArray {
    private final String name;
    private final int words;

    Words(String name, int words) {
      this.name = name;
      this.words = words;
      if (words < 1) {
        throw new AssertionError("signals " + name + " of " + words + " words");
      }
      journal.open(this, "signals " + name);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int words() {
      return words;
    }

    @Override
    public void close() {
      journal.close(this);
    }
  }

  /** A launch counter; its memory takes part in the search for races. */
  final class Counter implements Epoch {
    final DeviceMemory memory;

    Counter(int rank) {
      journal.open(this, "epoch@" + rank);
      memory = journal.memory("epoch", rank, 4);
    }

    @Override
    public int rank() {
      return memory.rank();
    }

    @Override
    public long read() {
      return 0;
    }

    @Override
    public void close() {
      journal.close(this);
    }
  }

  private final class Symmetric implements SymmetricBuffer {
    private final String name;
    private final long bytes;
    private final DeviceMemory[] parts = new DeviceMemory[ranks];
    private boolean closed;

    Symmetric(String name, long bytes) {
      this.name = name;
      this.bytes = bytes;
      journal.open(this, "symmetric " + name);
      for (int rank = 0; rank < ranks; rank++) {
        parts[rank] = journal.memory(name, rank, bytes);
      }
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public DeviceMemory at(int rank) {
      if (closed) {
        throw new ResourceClosedException(name);
      }
      return parts[rank];
    }

    @Override
    public void close() {
      closed = true;
      journal.close(this);
    }
  }

  @Override
  public SymmetricBuffer allocate(String name, long bytesPerRank) {
    return new Symmetric(name, bytesPerRank);
  }

  @Override
  public long allocatedBytes() {
    return 0;
  }

  @Override
  public SignalArray allocate(String name, int wordsPerRank) {
    return new Words(name, wordsPerRank);
  }

  @Override
  public Epoch newEpoch(int rank) {
    return new Counter(rank);
  }

  @Override
  public void advance(Stream stream, Epoch epoch) {
    if (!journal.muted()) {
      check(epoch.rank() == stream.rank(), "an epoch of another rank");
      ((RecordingStream) stream).step("advance", new Work.Advance(epoch));
    }
  }

  @Override
  public void set(Stream stream, SignalArray array, int owner, int word, Epoch epoch) {
    if (!journal.muted()) {
      Work.Raise raise = raise(array, List.of(owner), word, epoch, 0);
      ((RecordingStream) stream).step("set " + text(raise), raise);
    }
  }

  @Override
  public void setAll(Stream stream, SignalArray array, int[] owners, int word, Epoch epoch) {
    if (!journal.muted()) {
      List<Integer> all = Arrays.stream(owners).boxed().toList();
      Work.Raise raise = raise(array, all, word, epoch, 0);
      ((RecordingStream) stream).step("setAll " + text(raise), raise);
    }
  }

  @Override
  public void add(Stream stream, SignalArray array, int owner, int word, long delta) {
    if (!journal.muted()) {
      Work.Raise raise = new Work.Raise(array, List.of(owner), word, null, delta);
      ((RecordingStream) stream).step("add " + text(raise), raise);
    }
  }

  Work.Raise raise(SignalArray array, List<Integer> owners, int word, Epoch epoch, long delta) {
    check(word >= 0 && word < array.words(), "word " + word + " of " + array.name());
    for (int owner : owners) {
      check(owner >= 0 && owner < ranks, "owner " + owner);
    }
    return new Work.Raise(array, owners, word, epoch, delta);
  }

  static String text(Work.Raise raise) {
    String owners = raise.owners().size() == 1 ? "@" + raise.owners().get(0) : "@" + raise.owners();
    return Journal.shortName(raise.array().name()) + owners + "[" + raise.word() + "]";
  }

  @Override
  public void await(Stream stream, SignalArray array, int word, Epoch epoch, Target target) {
    awaitAll(stream, array, word, 1, epoch, target);
  }

  @Override
  public void awaitAll(
      Stream stream, SignalArray array, int firstWord, int count, Epoch epoch, Target target) {
    if (journal.muted()) {
      return;
    }
    check(firstWord >= 0 && firstWord + count <= array.words(), "words of " + array.name());
    check(epoch.rank() == stream.rank(), "an epoch of another rank");
    String words = count == 1 ? "" + firstWord : firstWord + ".." + (firstWord + count - 1);
    String wanted = target.perEpoch() + "e" + (target.offset() == 0 ? "" : target.offset());
    ((RecordingStream) stream)
        .step(
            "await " + Journal.shortName(array.name()) + "[" + words + "] " + wanted,
            new Work.Wait(array, firstWord, count, epoch, target));
  }

  private static void check(boolean right, String what) {
    if (!right) {
      throw new AssertionError("wrong use: " + what);
    }
  }

  @Override
  public long read(SignalArray array, int rank, int word) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void addFromHost(SignalArray array, int rank, int word, long delta) {
    Work.Raise raise = new Work.Raise(array, List.of(rank), word, null, delta);
    journal.step(rank, "host", "add " + text(raise), raise);
  }

  @Override
  public void awaitOnHost(SignalArray array, int rank, int word, long value, Duration deadline) {
    throw new UnsupportedOperationException();
  }
}
