package dev.counterpoint.conformance;

import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Transport;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Looks at one rank's results while launches go on: now and then the stream copies an output aside,
 * and when the copy is there it is compared. Nobody waits for one; while it is not there yet, no
 * other is taken in its place. Used by the thread that launches for the rank.
 */
final class Snapshots {
  private static final int SLOTS = 4;

  private final Desk desk;
  private final int rank;
  private final List<OperatorBench> benches;
  private final byte[][][] initial;
  private final byte[][][] first;
  private final Consumer<String> problems;
  private final Slot[][] slots;
  private final int[] next;
  private long compared;
  private boolean silent;

  /** A place for one copy. */
  private static final class Slot {
    final DeviceMemory memory;
    final Event event;
    final byte[] content;
    final ByteBuffer buffer;
    long launch;

    Slot(DeviceMemory memory, Event event) {
      this.memory = memory;
      this.event = event;
      this.content = new byte[(int) memory.bytes()];
      this.buffer = ByteBuffer.wrap(content);
    }
  }

  /**
   * @param initial by plan and rank, what was in the outputs before the first launch
   * @param first by plan and rank, what the first launch left there
   * @param problems hears of the first result of this rank that is wrong
   */
  Snapshots(
      Desk desk,
      int rank,
      List<OperatorBench> benches,
      byte[][][] initial,
      byte[][][] first,
      Consumer<String> problems) {
    this.desk = desk;
    this.rank = rank;
    this.benches = benches;
    this.initial = initial;
    this.first = first;
    this.problems = problems;
    this.next = new int[benches.size()];
    this.slots = new Slot[benches.size()][SLOTS];
    for (int i = 0; i < slots.length; i++) {
      for (int j = 0; j < SLOTS; j++) {
        DeviceMemory memory = desk.rig.memory(rank, first[i][rank].length);
        slots[i][j] = new Slot(memory, desk.rig.event(rank));
      }
    }
  }

  /** Takes a copy of what this launch of a plan leaves, if there is room for one. */
  void take(int plan, long launch) {
    Slot slot = slots[plan][next[plan]];
    if (slot.launch != 0) {
      if (!slot.event.isComplete()) {
        return;
      }
      compare(plan, slot);
    }
    next[plan] = (next[plan] + 1) % SLOTS;
    Stream stream = desk.rank(rank).stream();
    DeviceMemory output = benches.get(plan).output[rank].memory;
    desk.rig
        .backend
        .transfers()
        .put(stream, output, 0, slot.memory, 0, slot.memory.bytes(), Transport.AUTO);
    stream.record(slot.event);
    slot.launch = launch;
  }

  private void compare(int plan, Slot slot) {
    Device device = desk.rig.backend.device(rank);
    device.download(slot.memory, 0, slot.buffer.clear());
    boolean turned = slot.launch % 2 == 0 && benches.get(plan).shape.beta != 0;
    byte[] wanted = turned ? initial[plan][rank] : first[plan][rank];
    int at = Arrays.mismatch(wanted, slot.content);
    compared++;
    if (at >= 0 && !silent) {
      silent = true;
      problems.accept(
          String.format(
              Locale.ROOT,
              "%s: the result of launch %,d on rank %d is wrong at byte %d, seen while launching",
              benches.get(plan).plan.label(),
              slot.launch,
              rank,
              at));
    }
    slot.launch = 0;
  }

  /** Compares what is left, when the device is idle. */
  void finish() {
    for (int plan = 0; plan < slots.length; plan++) {
      for (Slot slot : slots[plan]) {
        if (slot.launch != 0) {
          compare(plan, slot);
        }
      }
    }
  }

  /** How many results were compared. */
  long compared() {
    return compared;
  }
}
