package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.KernelLibrary;
import dev.counterpoint.spi.LinkInfo;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.SymmetricHeap;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transfers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A GPU backend, open for one world: every rank is a GPU of this process. */
final class GpuBackend implements Backend {
  private final GpuContext context;
  private final List<GpuDevice> devices = new ArrayList<>();
  private final GpuHeap heap;
  private final GpuSignals signals;
  private final GpuTransfers transfers;
  private final GpuTileGemm gemm;
  private final GpuTileReduce reduce;
  private final GpuCollectives collectives;
  private final GpuKernelLibrary kernels;
  private final @Nullable CollectiveLibrary library;
  private final List<@Nullable VendorBlas> blas;
  private final String versions;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** What {@link GpuSetup} has made. */
  GpuBackend(
      GpuContext context,
      KernelStore store,
      @Nullable CollectiveLibrary library,
      List<@Nullable VendorBlas> blas) {
    this.context = context;
    this.library = library;
    this.blas = blas;
    for (int rank = 0; rank < context.size(); rank++) {
      devices.add(new GpuDevice(context, rank));
    }
    heap = new GpuHeap(context);
    signals = new GpuSignals(context);
    transfers = new GpuTransfers(context, signals);
    gemm = new GpuTileGemm(context, blas);
    reduce = new GpuTileReduce(context);
    boolean copies = library == null && context.size() > 1;
    collectives =
        new GpuCollectives(
            context, library, copies ? new CopyCollectives(context, heap, signals, reduce) : null);
    VendorBlas first = blas.isEmpty() ? null : blas.get(0);
    String blasVersion = first == null ? null : first.version();
    String libraryVersion = library == null ? null : library.version();
    kernels = new GpuKernelLibrary(context, store, libraryVersion, blasVersion);
    versions =
        (libraryVersion == null ? "collectives by copies" : libraryVersion)
            + (blasVersion == null ? "" : ", " + blasVersion);
    context.resources.ownedByBackend();
    context.watch().start(library == null ? () -> {} : library::abort);
  }

  private GpuContext context() {
    context.requireOpen();
    return context;
  }

  @Override
  public String name() {
    return context.platform.name();
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
    for (RankState rank : context.ranks()) {
      rank.awaitIdle();
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
      new Shutdown(context, library, blas).run();
    }
  }
}
