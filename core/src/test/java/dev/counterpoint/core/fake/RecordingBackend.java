package dev.counterpoint.core.fake;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.KernelLibrary;
import dev.counterpoint.spi.LinkInfo;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.SymmetricHeap;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transfers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A backend that computes nothing and writes everything down in a {@link Journal}. */
public final class RecordingBackend implements Backend {
  private final Journal journal = new Journal();
  private final int size;
  private final Set<Capability> capabilities;
  private final List<RecordingDevice> devices = new ArrayList<>();
  private final RecordingSignals signals;
  private final RecordingTransfers transfers;
  private final RecordingGemm gemm;
  private final RecordingNorm norm;
  private final RecordingAllReduce allReduce;
  private int closed;

  /** A backend of {@code size} ranks, all local. */
  public RecordingBackend(int size, Set<Capability> capabilities) {
    this(size, capabilities, 1);
  }

  /** The same, on devices of so many compute units. */
  public RecordingBackend(int size, Set<Capability> capabilities, int units) {
    this(size, capabilities, units, null);
  }

  /** Devices of known speeds: what is enqueued is executed in virtual time when they are asked. */
  public static RecordingBackend simulated(int size, Set<Capability> capabilities, Speeds speeds) {
    RecordingBackend backend = new RecordingBackend(size, capabilities, speeds.units(), speeds);
    SimulatedMachine machine = new SimulatedMachine(speeds, size);
    backend.journal.executedBy(machine::run);
    return backend;
  }

  private RecordingBackend(
      int size, Set<Capability> capabilities, int units, @Nullable Speeds speeds) {
    this.size = size;
    this.capabilities = capabilities;
    for (int rank = 0; rank < size; rank++) {
      devices.add(new RecordingDevice(journal, rank, units, speeds == null));
    }
    signals = new RecordingSignals(journal, size);
    transfers = new RecordingTransfers(journal, signals, size);
    gemm = new RecordingGemm(journal, capabilities, speeds);
    norm = new RecordingNorm(journal);
    allReduce = new RecordingAllReduce(journal, capabilities);
  }

  /** A provider that hands out this backend. */
  public BackendProvider provider() {
    return new BackendProvider() {
      @Override
      public String name() {
        return "recorder";
      }

      @Override
      public int priority() {
        return 1;
      }

      @Override
      public Probe probe() {
        return new Probe.Available("recorder", List.of(), Map.of(), capabilities, List.of());
      }

      @Override
      public Backend open(BackendOptions options) {
        return RecordingBackend.this;
      }
    };
  }

  /** What happened. */
  public Journal journal() {
    return journal;
  }

  /** How often it was closed. */
  public int timesClosed() {
    return closed;
  }

  /** Makes {@code Device.synchronize} of a rank throw. */
  public void failSynchronize(int rank, RuntimeException failure) {
    devices.get(rank).failSynchronize(failure);
  }

  @Override
  public String name() {
    return "recorder";
  }

  @Override
  public String description() {
    return "records";
  }

  @Override
  public Set<Capability> capabilities() {
    return capabilities;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public List<Integer> localRanks() {
    return IntStream.range(0, size).boxed().toList();
  }

  @Override
  public Device device(int rank) {
    return devices.get(rank);
  }

  @Override
  public LinkInfo link() {
    return new LinkInfo("paper", 0, true);
  }

  @Override
  public SymmetricHeap heap() {
    return signals;
  }

  @Override
  public Signals signals() {
    return signals;
  }

  @Override
  public Transfers transfers() {
    return transfers;
  }

  @Override
  public RecordingGemm gemm() {
    return gemm;
  }

  @Override
  public TileReduce reduce() {
    return gemm;
  }

  @Override
  public RowNorm norm() {
    return norm;
  }

  @Override
  public PeerAllReduce allReduce() {
    return allReduce;
  }

  @Override
  public Collectives collectives() {
    return transfers;
  }

  @Override
  public KernelLibrary kernels() {
    return List::of;
  }

  @Override
  public Optional<FaultRecord> fault() {
    return Optional.empty();
  }

  @Override
  public void abort(String reason) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void startTrace() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean tracing() {
    return false;
  }

  @Override
  public List<TraceEvent> stopTrace() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    closed++;
  }
}
