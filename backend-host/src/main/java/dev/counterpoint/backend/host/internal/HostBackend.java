package dev.counterpoint.backend.host.internal;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.LinkInfo;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.LocalBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The host backend, open for one world: ranks are virtual devices of this JVM. */
public final class HostBackend extends LocalBackend {
  private final HostContext context;
  private final List<HostDevice> devices = new ArrayList<>();
  private final Parts parts;

  private HostBackend(HostOptions options, HostContext context) {
    super(context);
    this.context = context;
    for (int rank = 0; rank < options.ranks(); rank++) {
      devices.add(
          new HostDevice(
              context, rank, HostProbe.device(rank, options.ranks(), options.threads())));
    }
    HostHeap heap = new HostHeap(context);
    parts =
        new Parts(
            devices,
            heap,
            new HostSignals(context),
            new HostTransfers(context),
            new HostTileGemm(context),
            new HostTileReduce(context),
            new HostRowNorm(context),
            new HostPeerAllReduce(context, heap),
            new HostCollectives(context),
            new HostKernelLibrary(options));
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
    return new HostBackend(parsed, new HostContext(parsed));
  }

  @Override
  protected Parts parts() {
    return parts;
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
  public Optional<FaultRecord> fault() {
    return context.faults.first();
  }

  @Override
  protected void raise(FaultRecord fault) {
    context.faults.raise(fault);
  }

  @Override
  public void startTrace() {
    context.requireOpen();
    context.tracer.start();
  }

  @Override
  public boolean tracing() {
    return context.tracer.on();
  }

  @Override
  public List<TraceEvent> stopTrace() {
    context.requireOpen();
    long deadline = System.nanoTime() + context.options.waitNanos();
    for (HostDevice device : devices) {
      device
          .streams()
          .forEach(stream -> stream.awaitIdle(Math.max(0, deadline - System.nanoTime()), false));
    }
    return context.tracer.stop();
  }

  @Override
  protected void shutDown() {
    new Shutdown(context, devices).run();
  }
}
