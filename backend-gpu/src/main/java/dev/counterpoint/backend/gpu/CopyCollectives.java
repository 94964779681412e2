package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.support.CollectiveKind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Collectives by copies and signals, for ranks that share a device, which the library refuses. Made
 * for tests: right, bounded and capturable, not fast.
 *
 * <p>Every call is a series of rounds of at most {@link #PIECE} bytes per rank. In a round each
 * rank puts a piece into its own slot at every rank and raises a word there; waits for the words of
 * all; copies the slots out, or sums them in the order of the ranks; and tells everyone that its
 * slots are free. The next round's puts wait for that. Rounds are counted by an epoch on the
 * device, so they can be replayed. Calls of one rank on different streams follow one another by an
 * event.
 */
final class CopyCollectives {
  /** Bytes of a slot; a multiple of every element's size. */
  static final int PIECE = 1 << 20;

  private final GpuContext context;
  private final GpuSignals signals;
  private final SymmetricBuffer slots;
  private final GpuSignalArray arrived;
  private final GpuSignalArray free;
  private final int[] everyone;
  private final List<Lane> lanes = new ArrayList<>();

  /** What one rank needs. */
  private static final class Lane {
    final GpuEpoch epoch;
    final GpuEvent last;
    final DeviceMemory sum;
    final Map<DType, TileReduce.PreparedReduce> reduces = new EnumMap<>(DType.class);

    Lane(GpuEpoch epoch, GpuEvent last, DeviceMemory sum) {
      this.epoch = epoch;
      this.last = last;
      this.sum = sum;
    }
  }

  /** Makes everything; it belongs to the backend, which closes it with the rest. */
  CopyCollectives(GpuContext context, GpuHeap heap, GpuSignals signals, GpuTileReduce reduce) {
    this.context = context;
    this.signals = signals;
    int size = context.size();
    slots = heap.allocate("collectives/slots", (long) PIECE * size);
    arrived = (GpuSignalArray) signals.allocate("collectives/arrived", size);
    free = (GpuSignalArray) signals.allocate("collectives/free", size);
    everyone = new int[size];
    for (int rank = 0; rank < size; rank++) {
      everyone[rank] = rank;
      lanes.add(lane(rank, reduce));
    }
  }

  private Lane lane(int rank, GpuTileReduce reduce) {
    GpuEvent last = new GpuEvent(context, rank, false);
    last.opened();
    GpuBuffer sum = new GpuBuffer(context, rank, PIECE);
    sum.opened();
    Lane lane = new Lane((GpuEpoch) signals.newEpoch(rank), last, ((DeviceBuffer) sum).memory());
    for (DType dtype : DType.values()) {
      if (!GpuTileGemm.isStored(dtype)) {
        continue;
      }
      int cols = PIECE / dtype.bytes();
      ReduceSpec spec =
          new ReduceSpec(
              "collectives/sum",
              rank,
              1,
              cols,
              context.size(),
              slots.at(rank),
              PIECE,
              cols,
              dtype,
              dtype,
              1,
              null,
              new ReduceSpec.Local(),
              null);
      lane.reduces.put(dtype, reduce.prepare(spec));
    }
    return lane;
  }

  void enqueue(
      CollectiveKind kind,
      GpuStream stream,
      int root,
      long send,
      int source,
      long receive,
      long count,
      DType dtype) {
    Lane lane = lanes.get(stream.rank());
    if (kind.sums() && !lane.reduces.containsKey(dtype)) {
      throw new InvalidArgumentException(
          "dtype", dtype, "be FP32, FP16, BF16 or INT32 where sums are made by copies");
    }
    long bytes = count * dtype.bytes();
    stream.await(lane.last);
    for (long done = 0; done < bytes; done += PIECE) {
      long piece = Math.min(PIECE, bytes - done);
      round(kind, stream, lane, root, send, source, receive, bytes, done, piece, dtype);
    }
    stream.record(lane.last);
  }

  /** Blocks as counted: every rank has as many rounds as the largest needs. */
  void enqueue(GpuStream stream, long send, long receive, Splits counts, DType dtype) {
    Lane lane = lanes.get(stream.rank());
    Splits bytes = counts.times(dtype.bytes());
    stream.await(lane.last);
    for (long done = 0; done < bytes.most(); done += PIECE) {
      round(stream, lane, send, receive, bytes, done);
    }
    stream.record(lane.last);
  }

  private void round(
      GpuStream stream, Lane lane, long send, long receive, Splits bytes, long done) {
    int me = stream.rank();
    int size = context.size();
    begin(stream, lane);
    for (int step = 1; step <= size; step++) {
      int peer = (me + step) % size;
      long piece = Math.min(PIECE, bytes.count(me, peer) - done);
      if (piece > 0) {
        long own = send + bytes.sendStart(me, peer) + done;
        stream.copy(slots.at(peer).address() + (long) me * PIECE, own, piece);
      }
      signals.raise(stream, arrived, peer, me, lane.epoch);
    }
    signals.awaitAll(stream, arrived, 0, size, lane.epoch, Target.THIS_LAUNCH);
    for (int source = 0; source < size; source++) {
      long piece = Math.min(PIECE, bytes.count(source, me) - done);
      if (piece > 0) {
        long target = receive + bytes.receiveStart(source, me) + done;
        stream.copy(target, slots.at(me).address() + (long) source * PIECE, piece);
      }
    }
    signals.setAll(stream, free, everyone, me, lane.epoch);
  }

  /** A round begins when everyone has taken what the last one brought. */
  private void begin(GpuStream stream, Lane lane) {
    signals.advance(stream, lane.epoch);
    signals.awaitAll(stream, free, 0, context.size(), lane.epoch, Target.PREVIOUS_LAUNCH);
  }

  private void round(
      CollectiveKind kind,
      GpuStream stream,
      Lane lane,
      int root,
      long send,
      int from,
      long receive,
      long bytes,
      long done,
      long piece,
      DType dtype) {
    int me = stream.rank();
    int size = context.size();
    begin(stream, lane);
    boolean ownBlocks = kind == CollectiveKind.REDUCE_SCATTER || kind == CollectiveKind.ALL_TO_ALL;
    boolean sends = kind != CollectiveKind.BROADCAST || me == root;
    for (int step = 1; step <= size; step++) {
      int peer = (me + step) % size;
      if (sends && (kind != CollectiveKind.SEND_RECEIVE || peer == root)) {
        long own = send + done + (ownBlocks ? peer * bytes : 0);
        stream.copy(slots.at(peer).address() + (long) me * PIECE, own, piece);
      }
      signals.raise(stream, arrived, peer, me, lane.epoch);
    }
    signals.awaitAll(stream, arrived, 0, size, lane.epoch, Target.THIS_LAUNCH);
    long mine = slots.at(me).address();
    if (kind.sums()) {
      TileReduce.PreparedReduce reduce = lane.reduces.get(dtype);
      if (reduce != null) {
        reduce.launch(stream, lane.sum, 0, PIECE / dtype.bytes());
      }
      stream.copy(receive + done, lane.sum.address(), piece);
    } else if (kind == CollectiveKind.SEND_RECEIVE) {
      stream.copy(receive + done, mine + (long) from * PIECE, piece);
    } else if (kind == CollectiveKind.BROADCAST) {
      stream.copy(receive + done, mine + (long) root * PIECE, piece);
    } else {
      for (int source = 0; source < size; source++) {
        stream.copy(receive + source * bytes + done, mine + (long) source * PIECE, piece);
      }
    }
    signals.setAll(stream, free, everyone, me, lane.epoch);
  }
}
