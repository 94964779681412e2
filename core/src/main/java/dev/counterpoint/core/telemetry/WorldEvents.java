package dev.counterpoint.core.telemetry;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Java Flight Recorder events; they cost a flag test when no recording runs. */
public final class WorldEvents {
  private static final EventType LAUNCH = EventType.getEventType(Launch.class);

  private WorldEvents() {}

  /** A world was opened. */
  @Name("dev.counterpoint.WorldOpened")
  @Label("World Opened")
  @Category("Counterpoint")
  @StackTrace(false)
  static final class WorldOpened extends Event {
    @Label("Backend")
    String backend = "";

    @Label("Ranks")
    int ranks;

    @Label("Description")
    String description = "";
  }

  /** An operator was planned. */
  @Name("dev.counterpoint.Planned")
  @Label("Operator Planned")
  @Category("Counterpoint")
  @StackTrace(false)
  static final class Planned extends Event {
    @Label("Plan")
    String plan = "";

    @Label("Strategy")
    String strategy = "";

    @Label("Explanation")
    String explanation = "";
  }

  /** A launch was enqueued. */
  @Name("dev.counterpoint.Launch")
  @Label("Operator Launch")
  @Description("Host time to enqueue one execution on one rank")
  @Category("Counterpoint")
  @StackTrace(false)
  static final class Launch extends Event {
    @Label("Plan")
    String plan = "";

    @Label("Rank")
    int rank;
  }

  /** Emits the event of a world that was opened. */
  public static void opened(String backend, int ranks, String description) {
    WorldOpened event = new WorldOpened();
    if (event.isEnabled()) {
      event.backend = backend;
      event.ranks = ranks;
      event.description = description;
      event.commit();
    }
  }

  /** Emits the event of a planned operator. */
  public static void planned(String plan, String strategy, String explanation) {
    Planned event = new Planned();
    if (event.isEnabled()) {
      event.plan = plan;
      event.strategy = strategy;
      event.explanation = explanation;
      event.commit();
    }
  }

  /** Whether launches are being recorded. */
  public static boolean recordsLaunches() {
    return LAUNCH.isEnabled();
  }

  /** Begins a launch event; call only when {@link #recordsLaunches} says so. */
  public static Event beginLaunch(String plan, int rank) {
    Launch event = new Launch();
    event.plan = plan;
    event.rank = rank;
    event.begin();
    return event;
  }
}
