package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.AllReduceChecks;
import dev.counterpoint.spi.support.Resource;

/**
 * An all-reduce that the ranks carry themselves. Each share of the columns is summed by one rank
 * and spread from there, or, with one shot, all columns by everyone. What is stored to a peer is
 * counted there, and read when it has been counted.
 *
 * <p>There are two workspaces, used in turn, and no permission to overwrite one: who ends a launch
 * has had parts of it, directly or in a sum, of every rank; so all have begun it, and ended the one
 * before, whose workspace the next launch uses. Nobody is ever more than one launch ahead.
 */
final class HostPreparedAllReduce extends Resource implements PeerAllReduce.PreparedAllReduce {
  private static final Operation RUN =
      (command, execution) ->
          ((HostPreparedAllReduce) command.first).run(command.numbers, execution);

  private final HostContext context;
  private final AllReduceSpec spec;
  private final PeerAllReduce.Algorithm algorithm;
  private final int ranks;
  private final int elementBytes;

  /** Columns of a share, the last may be shorter; all of them with one shot. */
  private final int shareCols;

  /** Bytes of what one rank has of a share. */
  private final long partBytes;

  private final SymmetricBuffer workspace;

  /** By source: parts to be summed, and behind them sums. */
  private final HostSignalArray arrived;

  private final HostEpoch[] launches;

  /** By rank: addresses of what is summed for one row. */
  private final long[][] sources;

  HostPreparedAllReduce(
      HostContext context, HostHeap heap, AllReduceSpec spec, PeerAllReduce.Algorithm algorithm) {
    super(context.resources, "all-reduce '" + spec.label() + "'");
    this.context = context;
    this.spec = spec;
    this.algorithm = algorithm;
    ranks = context.size();
    elementBytes = spec.dtype().bytes();
    shareCols = isOneShot() ? spec.cols() : (spec.cols() + ranks - 1) / ranks;
    partBytes = (long) spec.rows() * shareCols * elementBytes;
    String name = spec.label() + "/all-reduce";
    workspace = heap.allocate(name, (isOneShot() ? 2L : 4L) * ranks * partBytes);
    arrived = new HostSignalArray(context, name, 2 * ranks);
    launches = new HostEpoch[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      launches[rank] = new HostEpoch(context, rank);
    }
    sources = new long[ranks][ranks];
  }

  private boolean isOneShot() {
    return algorithm == PeerAllReduce.Algorithm.ONE_SHOT;
  }

  @Override
  public AllReduceSpec spec() {
    return spec;
  }

  @Override
  public PeerAllReduce.Algorithm algorithm() {
    return algorithm;
  }

  @Override
  public long workspaceBytes() {
    return workspace.bytes();
  }

  @Override
  public void launch(
      Stream stream,
      DeviceMemory input,
      long inputOffset,
      int inputStride,
      DeviceMemory output,
      long outputOffset,
      int outputStride) {
    requireOpen();
    HostStream mine = HostStream.of(context, stream);
    int rank = mine.rank();
    long from = AllReduceChecks.address(spec, "input", input, rank, inputOffset, inputStride);
    long to = AllReduceChecks.address(spec, "output", output, rank, outputOffset, outputStride);
    Command command = mine.begin(RUN);
    command.first = this;
    command.numbers[0] = from;
    command.numbers[1] = (long) inputStride * elementBytes;
    command.numbers[2] = to;
    command.numbers[3] = (long) outputStride * elementBytes;
    mine.commit(command);
  }

  private void run(long[] numbers, Execution by) {
    requireOpen();
    if (spec.rows() == 0 || spec.cols() == 0) {
      return;
    }
    long input = numbers[0];
    long inputPitch = numbers[1];
    long output = numbers[2];
    long outputPitch = numbers[3];
    launches[by.rank].advance();
    long launch = launches[by.rank].value();
    int own = isOneShot() ? 0 : by.rank;
    try {
      for (int step = 1; step < ranks; step++) {
        int peer = (by.rank + step) % ranks;
        int share = isOneShot() ? 0 : peer;
        send(share, input, inputPitch, peer, parts(launch), by.rank, by);
      }
      for (int source = 0; source < ranks; source++) {
        await(own, source, source, launch, by);
      }
      by.deliveries.awaitAll(); // the output may lie where the input does
      sum(own, input, inputPitch, output, outputPitch, launch, by);
      if (!isOneShot()) {
        for (int step = 1; step < ranks; step++) {
          int peer = (by.rank + step) % ranks;
          send(own, output, outputPitch, peer, sums(launch), ranks + by.rank, by);
        }
        for (int source = 0; source < ranks; source++) {
          await(source, source, ranks + source, launch, by);
          take(source, output, outputPitch, launch, by.rank);
        }
      }
    } finally {
      by.deliveries.awaitAll();
    }
  }

  private int cols(int share) {
    return Math.max(0, Math.min(shareCols, spec.cols() - share * shareCols));
  }

  /** Bytes from a row's beginning to that of a share. */
  private long start(int share) {
    return (long) share * shareCols * elementBytes;
  }

  /** Where the parts of a launch begin: a slot for each rank. */
  private long parts(long launch) {
    return (launch & 1) * (workspace.bytes() / 2);
  }

  /** Where the sums of a launch begin. */
  private long sums(long launch) {
    return parts(launch) + ranks * partBytes;
  }

  private long slot(int rank, long region, int source) {
    return workspace.at(rank).address() + region + source * partBytes;
  }

  private long slotPitch() {
    return (long) shareCols * elementBytes;
  }

  /** Stores a share of a matrix into a peer's slot for this rank, and counts it there. */
  private void send(
      int share, long matrix, long pitch, int peer, long region, int word, Execution by) {
    if (cols(share) == 0) {
      return;
    }
    by.chaos.delay();
    long from = matrix + start(share);
    long to = slot(peer, region, by.rank);
    long rowBytes = (long) cols(share) * elementBytes;
    if (!context.link.on()) {
      OffHeap.copyRows(from, pitch, to, slotPitch(), rowBytes, spec.rows());
      arrived.add(peer, word, 1);
      return;
    }
    DeliveryAgent.Parcel parcel = by.parcel;
    parcel.peer = peer;
    parcel.source = from;
    parcel.sourcePitch = pitch;
    parcel.rowBytes = rowBytes;
    parcel.rows = spec.rows();
    parcel.target = to;
    parcel.targetPitch = slotPitch();
    parcel.name = by.tracing() ? spec.label() : "";
    parcel.post = arrived;
    parcel.owner = peer;
    parcel.word = word;
    context.rank(by.rank).agent.send(by, by.deliveries, parcel);
  }

  /** Waits until a peer has sent what it has of a share, or its sum. */
  private void await(int share, int source, int word, long launch, Execution by) {
    if (source != by.rank && cols(share) > 0) {
      by.awaitWords(arrived, word, 1, launch, -1);
    }
  }

  private void sum(
      int share,
      long input,
      long inputPitch,
      long output,
      long outputPitch,
      long launch,
      Execution by) {
    by.chaos.delay();
    long start = System.nanoTime();
    long[] from = sources[by.rank];
    for (int row = 0; row < spec.rows() && cols(share) > 0; row++) {
      for (int source = 0; source < ranks; source++) {
        from[source] =
            source == by.rank
                ? input + start(share) + row * inputPitch
                : slot(by.rank, parts(launch), source) + row * slotPitch();
      }
      long to = output + start(share) + row * outputPitch;
      Sums.sum(spec.dtype(), from, ranks, 0, spec.dtype(), to, cols(share), by.scratch);
    }
    if (by.tracing()) {
      by.span(TraceEvent.Kind.REDUCE, "all-reduce", start);
    }
  }

  /** Takes another rank's sum. */
  private void take(int source, long output, long pitch, long launch, int rank) {
    if (source != rank) {
      long from = slot(rank, sums(launch), source);
      long rowBytes = (long) cols(source) * elementBytes;
      OffHeap.copyRows(from, slotPitch(), output + start(source), pitch, rowBytes, spec.rows());
    }
  }

  @Override
  protected void release() {
    for (HostEpoch launch : launches) {
      launch.close();
    }
    arrived.close();
    workspace.close();
  }
}
