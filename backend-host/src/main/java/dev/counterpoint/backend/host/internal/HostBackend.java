package dev.counterpoint.backend.host.internal;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.KernelLibrary;
import dev.counterpoint.spi.LinkInfo;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.SymmetricHeap;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transfers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/** The host backend, open for one world: ranks are virtual devices of this JVM. */
public final class HostBackend implements Backend {
  private final HostContext context;
  private final List<HostDevice> devices = new ArrayList<>();
  private final SymmetricHeap heap;
  private final Signals signals;
  private final Transfers transfers;
  private final TileGemm gemm;
  private final TileReduce reduce;
  private final Collectives collectives;
  private final KernelLibrary kernels;
  private final AtomicBoolean closed = new AtomicBoolean();

  private HostBackend(HostOptions options) {
    context = new HostContext(options);
    for (int rank = 0; rank < options.ranks(); rank++) {
      devices.add(
          new HostDevice(
              context, rank, HostProbe.device(rank, options.ranks(), options.threads())));
    }
    heap = new HostHeap(context);
    signals = new HostSignals(context);
    transfers = new HostTransfers(context);
    gemm = new HostTileGemm(context);
    reduce = new HostTileReduce(context);
    collectives = new HostCollectives(context);
    kernels = new HostKernelLibrary(options);
  }

  /** Opens it. */
  public static Backend open(BackendOptions options) {
    HostOptions parsed = HostOptions.parse(options);
    if (HostProbe.probe() instanceof Probe.Unavailable no) {
      throw new BackendUnavailableException(
          "backend 'host' is unavailable: "
              + no.reason()
              + " ("
              + no.detail()
              + "); "
              + no.remedy());
    }
    return new HostBackend(parsed);
  }

  private HostContext context() {
    context.requireOpen();
    return context;
  }

  @Override
  public String name() {
    return "host";
  }

  @Override
  public String description() {
    HostOptions options = context.options;
    return options.ranks()
        + " virtual devices of "
        + options.threads()
        + (options.threads() == 1 ? " thread" : " threads")
        + " each on "
        + HostProbe.processor()
        + ", OpenBLAS "
        + OpenBlas.version()
        + ", link: "
        + link().description()
        + (options.chaosSeed() != 0 ? ", chaos seed " + options.chaosSeed() : "");
  }

  @Override
  public Set<Capability> capabilities() {
    return HostProbe.CAPABILITIES;
  }

  @Override
  public int size() {
    return context.size();
  }

  @Override
  public List<Integer> localRanks() {
    return IntStream.range(0, context.size()).boxed().toList();
  }

  @Override
  public Device device(int rank) {
    return devices.get(context().requireRank("rank", rank));
  }

  @Override
  public LinkInfo link() {
    HostOptions options = context.options;
    if (!options.linked()) {
      return new LinkInfo("shared memory", 0, false);
    }
    String text =
        String.format(
            Locale.ROOT,
            "simulated %s GB/s, %s µs",
            number(options.linkBytesPerSecond() / 1e9),
            number(options.linkLatencyNanos() / 1e3));
    return new LinkInfo(text, options.linkBytesPerSecond(), true);
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.valueOf((long) value)
        : String.format(Locale.ROOT, "%.3g", value);
  }

  @Override
  public SymmetricHeap heap() {
    context();
    return heap;
  }

  @Override
  public Signals signals() {
    context();
    return signals;
  }

  @Override
  public Transfers transfers() {
    context();
    return transfers;
  }

  @Override
  public TileGemm gemm() {
    context();
    return gemm;
  }

  @Override
  public TileReduce reduce() {
    context();
    return reduce;
  }

  @Override
  public Collectives collectives() {
    context();
    return collectives;
  }

  @Override
  public KernelLibrary kernels() {
    context();
    return kernels;
  }

  @Override
  public Optional<FaultRecord> fault() {
    return context.faults.first();
  }

  @Override
  public void abort(String reason) {
    context()
        .faults
        .raise(new FaultRecord(FaultRecord.Kind.ABORTED, 0, "", "", -1, 0, 0, 0, reason));
  }

  @Override
  public void startTrace() {
    context().tracer.start();
  }

  @Override
  public List<TraceEvent> stopTrace() {
    context();
    long deadline = System.nanoTime() + context.options.waitNanos();
    for (HostDevice device : devices) {
      device
          .streams()
          .forEach(stream -> stream.awaitIdle(Math.max(0, deadline - System.nanoTime()), false));
    }
    return context.tracer.stop();
  }

  @Override
  public String toString() {
    return context.describe();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      context.markClosed();
      new Shutdown(context, devices).run();
    }
  }
}
