package dev.counterpoint.core.fake;

import dev.counterpoint.Splits;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Tiling;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was enqueued, as data: enough to do it again in {@link Replay}. */
public sealed interface Work {
  /** The name for the operation that follows. */
  record Label(String text) implements Work {}

  /** An event recorded for the {@code number}-th time. */
  record Mark(RecordingStream.Point event, int number) implements Work {}

  /** A wait for an event as it had been recorded then; number 0 if it had not. */
  record Follow(RecordingStream.Point event, int number) implements Work {}

  /** One added to an epoch. */
  record Advance(Epoch epoch) implements Work {}

  /** A word raised to the epoch's value at each owner, or, without epoch, by {@code delta}. */
  record Raise(SignalArray array, List<Integer> owners, int word, @Nullable Epoch epoch, long delta)
      implements Work {}

  /** A wait for consecutive words. */
  record Wait(SignalArray array, int first, int count, Epoch epoch, Target target)
      implements Work {}

  /** A copy, and the signal that follows it. */
  record Move(Rows from, Rows to, @Nullable Raise signal) implements Work {}

  /** Bytes set. */
  record Fill(Rows target) implements Work {}

  /** A GEMM; matrices that it does not touch are null. */
  record Gemm(
      GemmSpec spec, Rows a, Rows b, @Nullable Rows c, @Nullable Rows d, @Nullable Rows bias)
      implements Work {}

  /** A reduction. */
  record Reduce(ReduceSpec spec, @Nullable Rows output) implements Work {}

  /** Packed tiles put in order. */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity only, as in the SPI
  record Unpack(Tiling tiling, int[] slots, Rows packed, Rows output) implements Work {}

  /** Rows normalised; what the norm has not is null. */
  record Norm(
      NormSpec spec,
      Rows input,
      @Nullable Rows residual,
      Rows weight,
      @Nullable Rows bias,
      Rows output,
      @Nullable Rows sum)
      implements Work {
    /**
     * What stands for the normalised element: an exact function of the same operands.
     *
     * @param total over the row of all elements that are normalised
     */
    public static long element(long total, long own, long weight, long bias) {
      return 7 * total + own * weight + bias;
    }
  }

  /** One rank's part in an all-reduce by kernels. */
  record AllReduce(PeerAllReduce.PreparedAllReduce prepared, Rows input, Rows output)
      implements Work {}

  /** A collective of blocks of {@code count} elements, or of those that the counts say. */
  record Collective(
      Kind kind,
      int root,
      Rows send,
      Rows receive,
      long count,
      int elementBytes,
      @Nullable Splits counts)
      implements Work {}

  /** Kinds of collective. */
  enum Kind {
    ALL_GATHER,
    REDUCE_SCATTER,
    ALL_REDUCE,
    BROADCAST,
    ALL_TO_ALL,
    ALL_TO_ALL_V,
    /** By a shift: rank r sends to rank r + root. */
    SEND_RECEIVE
  }

  /** Rows of bytes in someone's memory; making one checks that it lies within it. */
  record Rows(DeviceMemory memory, long offset, long pitch, long rowBytes, long rows) {
    /** Checks the bounds. */
    public Rows {
      memory.slice(offset, rows == 0 || rowBytes == 0 ? 0 : (rows - 1) * pitch + rowBytes);
    }

    static Rows bytes(DeviceMemory memory, long offset, long bytes) {
      return new Rows(memory, offset, bytes, bytes, 1);
    }

    static Rows matrix(
        DeviceMemory memory, long offset, int stride, int rows, int cols, int elementBytes) {
      return new Rows(
          memory, offset, (long) stride * elementBytes, (long) cols * elementBytes, rows);
    }

    /** Address of a byte of a row. */
    long address(long row, long column) {
      return memory.address() + offset + row * pitch + column;
    }
  }
}
