package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transport;
import dev.counterpoint.spi.support.CheckedTransfers;
import dev.counterpoint.spi.support.Sizes;

/** Copies by the stream's own thread, at the speed of the simulated link if there is one. */
final class HostTransfers extends CheckedTransfers<HostStream, HostSignalArray, HostEpoch> {
  private static final Operation COPY = HostTransfers::runCopy;
  private static final Operation COPY_SIGNAL = HostTransfers::runCopySignal;
  private static final Operation COPY_ROWS = HostTransfers::runCopyRows;
  private static final Operation FILL =
      (command, execution) ->
          OffHeap.fill(command.numbers[0], command.numbers[1], (byte) command.numbers[2]);
  private static final int FROM = 0;
  private static final int TO = 1;
  private static final int SOURCE = 2;
  private static final int TARGET = 3;
  private static final int BYTES = 4;
  private static final int ROWS = 5;
  private static final int SOURCE_PITCH = 6;
  private static final int TARGET_PITCH = 7;
  private static final int WORD = 8;

  HostTransfers(HostContext context) {
    super(context, HostStream.class, HostSignalArray.class, HostEpoch.class);
  }

  @Override
  protected void copy(
      HostStream stream,
      int source,
      long from,
      int target,
      long to,
      long bytes,
      Transport transport) {
    stream.commit(copyOf(stream.begin(COPY), source, from, target, to, bytes));
  }

  private static Command copyOf(
      Command command, int source, long from, int target, long to, long bytes) {
    command.numbers[FROM] = source;
    command.numbers[TO] = target;
    command.numbers[SOURCE] = from;
    command.numbers[TARGET] = to;
    command.numbers[BYTES] = bytes;
    return command;
  }

  @Override
  protected void copyAndRaise(
      HostStream stream,
      long from,
      int target,
      long to,
      long bytes,
      Transport transport,
      HostSignalArray array,
      int word,
      HostEpoch epoch) {
    Command command = copyOf(stream.begin(COPY_SIGNAL), stream.rank(), from, target, to, bytes);
    command.first = array;
    command.second = epoch;
    command.numbers[WORD] = word;
    stream.commit(command);
  }

  @Override
  protected void copyRows(
      HostStream stream,
      long from,
      long fromPitch,
      int target,
      long to,
      long toPitch,
      long rowBytes,
      long rows,
      Transport transport) {
    Command command = copyOf(stream.begin(COPY_ROWS), stream.rank(), from, target, to, rowBytes);
    command.numbers[ROWS] = rows;
    command.numbers[SOURCE_PITCH] = fromPitch;
    command.numbers[TARGET_PITCH] = toPitch;
    stream.commit(command);
  }

  @Override
  protected void set(HostStream stream, long to, long bytes, byte value) {
    Command command = stream.begin(FILL);
    command.numbers[0] = to;
    command.numbers[1] = bytes;
    command.numbers[2] = value;
    stream.commit(command);
  }

  private static void runCopy(Command command, Execution execution) {
    execution.chaos.delay();
    long[] n = command.numbers;
    long start = System.nanoTime();
    execution.wire.copy((int) n[FROM], (int) n[TO], n[SOURCE], n[TARGET], n[BYTES]);
    trace(n, n[BYTES], execution, start);
  }

  private static void runCopySignal(Command command, Execution execution) {
    runCopy(command, execution);
    execution.chaos.delay();
    ((HostSignalArray) command.first)
        .raise(
            (int) command.numbers[TO],
            (int) command.numbers[WORD],
            ((HostEpoch) command.second).value());
  }

  private static void runCopyRows(Command command, Execution execution) {
    execution.chaos.delay();
    long[] n = command.numbers;
    long start = System.nanoTime();
    execution.wire.copyRows(
        (int) n[FROM],
        (int) n[TO],
        n[SOURCE],
        n[SOURCE_PITCH],
        n[TARGET],
        n[TARGET_PITCH],
        n[BYTES],
        n[ROWS]);
    trace(n, n[BYTES] * n[ROWS], execution, start);
  }

  private static void trace(long[] n, long bytes, Execution execution, long start) {
    if (execution.tracing()) {
      boolean out = n[FROM] == execution.rank;
      String name = n[FROM] == n[TO] ? "copy" : out ? "put → " + n[TO] : "get ← " + n[FROM];
      TraceEvent.Kind kind = n[FROM] == n[TO] ? TraceEvent.Kind.OTHER : TraceEvent.Kind.TRANSFER;
      execution.span(kind, name + ", " + Sizes.text(bytes), start);
    }
  }
}
