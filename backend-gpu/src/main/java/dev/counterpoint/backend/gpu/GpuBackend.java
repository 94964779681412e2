package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.LinkInfo;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.LocalBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A GPU backend, open for one world: every rank is a GPU of this process. */
final class GpuBackend extends LocalBackend {
  private final GpuContext context;
  private final List<GpuDevice> devices = new ArrayList<>();
  private final @Nullable CollectiveLibrary library;
  private final List<@Nullable VendorBlas> blas;
  private final String versions;
  private final Parts parts;

  /** What {@link GpuSetup} has made. */
  GpuBackend(
      GpuContext context,
      KernelStore store,
      @Nullable CollectiveLibrary library,
      List<@Nullable VendorBlas> blas) {
    super(context);
    this.context = context;
    this.library = library;
    this.blas = blas;
    for (int rank = 0; rank < context.size(); rank++) {
      devices.add(new GpuDevice(context, rank));
    }
    GpuHeap heap = new GpuHeap(context);
    GpuSignals signals = new GpuSignals(context);
    GpuTileReduce reduce = new GpuTileReduce(context);
    GpuTileGemm gemm = new GpuTileGemm(context, blas);
    boolean copies = library == null && context.size() > 1;
    GpuCollectives collectives =
        new GpuCollectives(
            context, library, copies ? new CopyCollectives(context, heap, signals, reduce) : null);
    VendorBlas first = blas.isEmpty() ? null : blas.get(0);
    String blasVersion = first == null ? null : first.version();
    String libraryVersion = library == null ? null : library.version();
    parts =
        new Parts(
            devices,
            heap,
            signals,
            new GpuTransfers(context, signals),
            gemm,
            reduce,
            new GpuRowNorm(context),
            new GpuPeerAllReduce(context, heap),
            collectives,
            new GpuKernelLibrary(context, store, gemm.describe(), libraryVersion, blasVersion));
    versions =
        (libraryVersion == null ? "collectives by copies" : libraryVersion)
            + (blasVersion == null ? "" : ", " + blasVersion);
    context.resources.ownedByBackend();
    context.watch().start(library == null ? () -> {} : library::abort);
  }

  @Override
  protected Parts parts() {
    return parts;
  }

  @Override
  public String description() {
    StringBuilder names = new StringBuilder();
    for (RankState rank : context.ranks()) {
      names.append(names.isEmpty() ? "" : ", ").append(rank.ordinal());
    }
    RankState first = context.rank(0);
    return context.size()
        + (context.size() == 1 ? " rank" : " ranks")
        + " on "
        + first.info().name()
        + " ("
        + first.info().architecture()
        + "; devices "
        + names
        + "), "
        + versions
        + ", link: "
        + link().description();
  }

  @Override
  public Set<Capability> capabilities() {
    return context.capabilities;
  }

  @Override
  public LinkInfo link() {
    String text;
    if (context.options.sharesDevices()) {
      text = "ranks share devices: for tests";
    } else if (context.size() == 1) {
      text = "one device";
    } else if (context.has(Capability.PEER_ACCESS)) {
      text = "peer access, all to all";
    } else {
      text = "no peer access, through the host";
    }
    return new LinkInfo(text, 0, false);
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
    for (RankState rank : context.ranks()) {
      rank.awaitIdle();
    }
    return context.tracer.stop();
  }

  @Override
  protected void shutDown() {
    new Shutdown(context, library, blas).run();
  }
}
