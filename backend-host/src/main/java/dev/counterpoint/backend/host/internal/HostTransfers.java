package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.SignalChecks;
import dev.counterpoint.spi.support.Sizes;
import dev.counterpoint.spi.support.TransferChecks;

/** Copies by the stream's own thread, at the speed of the simulated link if there is one. */
final class HostTransfers implements Transfers {
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

  private final HostContext context;

  HostTransfers(HostContext context) {
    this.context = context;
  }

  @Override
  public void put(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport) {
    HostStream mine = HostStream.of(context, stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    context.requireRank("target", target.rank());
    enqueueCopy(mine, source, sourceOffset, target, targetOffset, bytes);
  }

  @Override
  public void get(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport) {
    HostStream mine = HostStream.of(context, stream);
    context.requireRank("source", source.rank());
    MemoryChecks.requireOn("target", target, mine.rank());
    enqueueCopy(mine, source, sourceOffset, target, targetOffset, bytes);
  }

  private static void enqueueCopy(
      HostStream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes) {
    long from = MemoryChecks.address("source", source, sourceOffset, bytes);
    long to = MemoryChecks.address("target", target, targetOffset, bytes);
    Command command = stream.begin(COPY);
    command.numbers[FROM] = source.rank();
    command.numbers[TO] = target.rank();
    command.numbers[SOURCE] = from;
    command.numbers[TARGET] = to;
    command.numbers[BYTES] = bytes;
    stream.commit(command);
  }

  @Override
  public void putSignal(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport,
      SignalArray array,
      int word,
      Epoch epoch) {
    HostStream mine = HostStream.of(context, stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    context.requireRank("target", target.rank());
    HostSignalArray words = HostSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, word, 1);
    HostEpoch counter = HostEpoch.of(context, mine.rank(), epoch);
    long from = MemoryChecks.address("source", source, sourceOffset, bytes);
    long to = MemoryChecks.address("target", target, targetOffset, bytes);
    Command command = mine.begin(COPY_SIGNAL);
    command.first = words;
    command.second = counter;
    command.numbers[FROM] = source.rank();
    command.numbers[TO] = target.rank();
    command.numbers[SOURCE] = from;
    command.numbers[TARGET] = to;
    command.numbers[BYTES] = bytes;
    command.numbers[WORD] = word;
    mine.commit(command);
  }

  @Override
  public void put2d(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      long sourcePitch,
      DeviceMemory target,
      long targetOffset,
      long targetPitch,
      long rowBytes,
      long rows,
      Transport transport) {
    HostStream mine = HostStream.of(context, stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    context.requireRank("target", target.rank());
    TransferChecks.requireRows(rows, rowBytes, sourcePitch, targetPitch);
    long sourceExtent = MemoryChecks.extent(rows, rowBytes, sourcePitch, 1);
    long targetExtent = MemoryChecks.extent(rows, rowBytes, targetPitch, 1);
    long from = MemoryChecks.address("source", source, sourceOffset, sourceExtent);
    long to = MemoryChecks.address("target", target, targetOffset, targetExtent);
    Command command = mine.begin(COPY_ROWS);
    command.numbers[FROM] = source.rank();
    command.numbers[TO] = target.rank();
    command.numbers[SOURCE] = from;
    command.numbers[TARGET] = to;
    command.numbers[BYTES] = rowBytes;
    command.numbers[ROWS] = rows;
    command.numbers[SOURCE_PITCH] = sourcePitch;
    command.numbers[TARGET_PITCH] = targetPitch;
    mine.commit(command);
  }

  @Override
  public void fill(Stream stream, DeviceMemory target, long offset, long bytes, byte value) {
    HostStream mine = HostStream.of(context, stream);
    MemoryChecks.requireOn("target", target, mine.rank());
    long to = MemoryChecks.address("target", target, offset, bytes);
    Command command = mine.begin(FILL);
    command.numbers[0] = to;
    command.numbers[1] = bytes;
    command.numbers[2] = value;
    mine.commit(command);
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
