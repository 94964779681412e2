package dev.counterpoint.core.fake;

import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import java.time.Duration;

/** Writes down what is enqueued on it. */
public final class RecordingStream implements Stream {
  private final Journal journal;
  private final int rank;
  private final String name;
  private boolean closed;

  RecordingStream(Journal journal, int rank, String name) {
    this.journal = journal;
    this.rank = rank;
    this.name = name;
    journal.open(this, "stream " + name + "@" + rank);
  }

  /** An event that counts its recordings. */
  public static final class Point implements Event {
    private final Journal journal;
    private int recorded;
    private volatile double nanos;

    Point(Journal journal, int rank, int number) {
      this.journal = journal;
      journal.open(this, "event " + number + "@" + rank);
    }

    @Override
    public boolean isComplete() {
      return true;
    }

    /** When it was reached, where what is recorded is also executed. */
    void reached(double time) {
      nanos = time;
    }

    @Override
    public double nanosSince(Event earlier) {
      return nanos - ((Point) earlier).nanos;
    }

    @Override
    public void close() {
      journal.close(this);
    }
  }

  void step(String text, Work work) {
    if (closed) {
      throw new ResourceClosedException("stream " + name);
    }
    journal.step(rank, name, text, work);
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void label(String operation) {
    if (!journal.muted()) {
      step("label " + operation, new Work.Label(operation));
    }
  }

  @Override
  public void record(Event event) {
    Point point = (Point) event;
    point.recorded++;
    if (!journal.muted()) {
      step("record", new Work.Mark(point, point.recorded));
    }
  }

  @Override
  public void await(Event event) {
    if (!journal.muted()) {
      Point point = (Point) event;
      step("await event", new Work.Follow(point, point.recorded));
    }
  }

  @Override
  public void beginCapture() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean capturing() {
    return false;
  }

  @Override
  public Graph endCapture() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void synchronize(Duration deadline) {
    step("synchronize", new Work.Label(""));
    journal.execute();
  }

  @Override
  public void close() {
    closed = true;
    journal.close(this);
  }
}
