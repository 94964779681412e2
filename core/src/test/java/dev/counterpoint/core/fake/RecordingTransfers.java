package dev.counterpoint.core.fake;

import dev.counterpoint.DType;
import dev.counterpoint.Splits;
import dev.counterpoint.core.fake.Work.Rows;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import java.util.List;

/** Copies and collectives. */
final class RecordingTransfers implements Transfers, Collectives {
  private final Journal journal;
  private final RecordingSignals signals;
  private final int ranks;

  RecordingTransfers(Journal journal, RecordingSignals signals, int ranks) {
    this.journal = journal;
    this.signals = signals;
    this.ranks = ranks;
  }

  private void move(Stream stream, String name, Rows from, Rows to, Work.Raise signal) {
    String text =
        name
            + " "
            + journal.where(from.memory(), from.offset())
            + " -> "
            + journal.where(to.memory(), to.offset())
            + (signal == null ? "" : " then " + RecordingSignals.text(signal));
    ((RecordingStream) stream).step(text, new Work.Move(from, to, signal));
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
    if (!journal.muted()) {
      move(
          stream,
          "put",
          Rows.bytes(source, sourceOffset, bytes),
          Rows.bytes(target, targetOffset, bytes),
          null);
    }
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
    if (!journal.muted()) {
      move(
          stream,
          "putSignal " + transport,
          Rows.bytes(source, sourceOffset, bytes),
          Rows.bytes(target, targetOffset, bytes),
          signals.raise(array, List.of(target.rank()), word, epoch, 0));
    }
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
    if (!journal.muted()) {
      move(
          stream,
          "put2d " + rows,
          new Rows(source, sourceOffset, sourcePitch, rowBytes, rows),
          new Rows(target, targetOffset, targetPitch, rowBytes, rows),
          null);
    }
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
    put(stream, source, sourceOffset, target, targetOffset, bytes, transport);
  }

  @Override
  public void fill(Stream stream, DeviceMemory target, long offset, long bytes, byte value) {
    if (!journal.muted()) {
      ((RecordingStream) stream)
          .step(
              "fill " + journal.where(target, offset),
              new Work.Fill(Rows.bytes(target, offset, bytes)));
    }
  }

  private void collective(
      Stream stream,
      Work.Kind kind,
      int root,
      DeviceMemory send,
      long sendOffset,
      long sendBlocks,
      DeviceMemory receive,
      long receiveOffset,
      long receiveBlocks,
      long count,
      DType dtype) {
    Rows from = Rows.bytes(send, sendOffset, sendBlocks * count * dtype.bytes());
    Rows to = Rows.bytes(receive, receiveOffset, receiveBlocks * count * dtype.bytes());
    collective(stream, kind, root, from, to, count, dtype);
  }

  private void collective(
      Stream stream, Work.Kind kind, int root, Rows from, Rows to, long count, DType dtype) {
    String text =
        kind
            + (root < 0 ? "" : " of " + root)
            + " "
            + journal.where(from.memory(), from.offset())
            + " -> "
            + journal.where(to.memory(), to.offset());
    ((RecordingStream) stream)
        .step(text, new Work.Collective(kind, root, from, to, count, dtype.bytes(), null));
  }

  @Override
  public void allGather(
      Stream s, DeviceMemory a, long ao, DeviceMemory b, long bo, long count, DType dtype) {
    if (!journal.muted()) {
      collective(s, Work.Kind.ALL_GATHER, -1, a, ao, 1, b, bo, ranks, count, dtype);
    }
  }

  @Override
  public void sendReceive(
      Stream s,
      int target,
      DeviceMemory a,
      long ao,
      int source,
      DeviceMemory b,
      long bo,
      long count,
      DType dtype) {
    int shift = (target - s.rank() + ranks) % ranks;
    if (source != (s.rank() - shift + ranks) % ranks) {
      throw new AssertionError("not a shift: " + s.rank() + " to " + target + ", from " + source);
    }
    if (!journal.muted()) {
      collective(s, Work.Kind.SEND_RECEIVE, shift, a, ao, 1, b, bo, 1, count, dtype);
    }
  }

  @Override
  public void reduceScatter(
      Stream s, DeviceMemory a, long ao, DeviceMemory b, long bo, long count, DType dtype) {
    if (!journal.muted()) {
      collective(s, Work.Kind.REDUCE_SCATTER, -1, a, ao, ranks, b, bo, 1, count, dtype);
    }
  }

  @Override
  public void allReduce(
      Stream s, DeviceMemory a, long ao, DeviceMemory b, long bo, long count, DType dtype) {
    if (!journal.muted()) {
      collective(s, Work.Kind.ALL_REDUCE, -1, a, ao, 1, b, bo, 1, count, dtype);
    }
  }

  @Override
  public void broadcast(
      Stream s,
      int root,
      DeviceMemory a,
      long ao,
      DeviceMemory b,
      long bo,
      long count,
      DType dtype) {
    if (!journal.muted()) {
      collective(s, Work.Kind.BROADCAST, root, a, ao, 1, b, bo, 1, count, dtype);
    }
  }

  @Override
  public void allToAllV(
      Stream s, DeviceMemory a, long ao, DeviceMemory b, long bo, Splits counts, DType dtype) {
    if (!journal.muted()) {
      Rows from = Rows.bytes(a, ao, counts.sent(s.rank()) * dtype.bytes());
      Rows to = Rows.bytes(b, bo, counts.received(s.rank()) * dtype.bytes());
      String text =
          "ALL_TO_ALL_V of "
              + counts.sent(s.rank())
              + " "
              + journal.where(a, ao)
              + " -> "
              + journal.where(b, bo);
      ((RecordingStream) s)
          .step(
              text,
              new Work.Collective(
                  Work.Kind.ALL_TO_ALL_V, -1, from, to, counts.most(), dtype.bytes(), counts));
    }
  }

  @Override
  public void allToAll(
      Stream s, DeviceMemory a, long ao, DeviceMemory b, long bo, long count, DType dtype) {
    if (!journal.muted()) {
      collective(s, Work.Kind.ALL_TO_ALL, -1, a, ao, ranks, b, bo, ranks, count, dtype);
    }
  }
}
