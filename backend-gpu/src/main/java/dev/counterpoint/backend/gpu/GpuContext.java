package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.Failure;
import dev.counterpoint.NativeException;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.support.BackendContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** What all parts of one open backend share. */
final class GpuContext extends BackendContext {
  final Platform platform;
  final GpuOptions options;
  final Driver driver;
  final Set<Capability> capabilities;
  final Names operations = new Names();
  final Names arrays = new Names();
  final Tracer tracer;
  final HostPage page;
  final FaultBoard faults;
  private final List<RankState> ranks = new ArrayList<>();
  private final CollectiveWatch watch = new CollectiveWatch(this);
  private final AtomicInteger numbers = new AtomicInteger();

  GpuContext(
      Platform platform,
      GpuOptions options,
      Driver driver,
      Set<Capability> capabilities,
      HostPage page) {
    super(platform.name(), options.devices().size());
    this.platform = platform;
    this.options = options;
    this.driver = driver;
    this.capabilities = Set.copyOf(capabilities);
    this.page = page;
    this.tracer = new Tracer(this);
    this.faults = new FaultBoard(page, size(), operations, arrays, this::raiseOnDevices);
  }

  /** Adds the ranks, in order; once. */
  void connect(List<RankState> all) {
    ranks.addAll(all);
    boolean peers = capabilities.contains(Capability.PEER_ACCESS);
    for (RankState rank : ranks) {
      rank.use();
      for (RankState other : ranks) {
        if (peers && other.ordinal() != rank.ordinal()) {
          driver.enablePeer(other.context());
        }
      }
    }
    ranks.forEach(rank -> rank.connect(ranks, peers));
  }

  private void raiseOnDevices() {
    ranks.forEach(RankState::raiseAbort);
  }

  /** Lets held streams of a failed world go, since it is being taken apart. */
  void letGo() {
    if (faults.raised()) {
      ranks.forEach(RankState::letGo);
    }
  }

  CollectiveWatch watch() {
    return watch;
  }

  /** A number that nothing else of this backend has; from 1 on. */
  int nextNumber() {
    return numbers.incrementAndGet();
  }

  RankState rank(int rank) {
    return ranks.get(rank);
  }

  List<RankState> ranks() {
    return ranks;
  }

  boolean has(Capability capability) {
    return capabilities.contains(capability);
  }

  void require(Capability capability, String wanted) {
    if (!has(capability)) {
      throw new UnsupportedCapabilityException(platform.name(), capability, wanted);
    }
  }

  /** Whether kernels of one rank may address memory of another. */
  boolean reaches(int from, int to) {
    return has(Capability.PEER_ACCESS) || rank(from).ordinal() == rank(to).ordinal();
  }

  /** Whether kernels of one rank may address memory of all. */
  boolean reachesAll(int from) {
    for (int to = 0; to < size(); to++) {
      if (!reaches(from, to)) {
        return false;
      }
    }
    return true;
  }

  /** Throws unless kernels of one rank may address memory of another. */
  void requireReach(int from, int to, String wanted) {
    if (!reaches(from, to)) {
      require(Capability.PEER_ACCESS, wanted);
    }
  }

  /** What to throw when a native call failed while enqueuing or waiting; fails the world. */
  RuntimeException failed(int rank, String operation, NativeException e) {
    if (driver.isCapture(e)) {
      return new CounterpointException(
          Failure.Category.STATE,
          "this cannot be done while a stream of rank " + rank + " captures: " + e.getMessage(),
          e);
    }
    DeviceFaultException failure = faults.nativeError(rank, operation, e);
    return failure;
  }
}
