package dev.counterpoint.spi;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A backend opened for one world: its devices and everything that spans them. Two open backends
 * share nothing.
 *
 * <p><b>Threads.</b> All methods may be called from any thread, except that work of one rank
 * (anything that takes a {@link Stream}) is enqueued by one thread at a time. <b>Asynchrony.</b>
 * What takes a stream returns before the work is done, reads its arguments before it returns, and
 * allocates nothing on the Java heap in steady state unless it says so. <b>Failure.</b> After the
 * first fault every later operation that enqueues or waits throws {@link
 * dev.counterpoint.DeviceFaultException} with that first fault.
 */
public interface Backend extends AutoCloseable {
  /** The provider's name. */
  String name();

  /** One line about devices, driver and libraries, for reports. */
  String description();

  /** What this backend can do with these devices. */
  Set<Capability> capabilities();

  /** Number of ranks in the world. */
  int size();

  /** The ranks whose devices this process drives, ascending. */
  List<Integer> localRanks();

  /** The device of a local rank. */
  Device device(int rank);

  /** How the ranks are connected. */
  LinkInfo link();

  /** Memory that every rank can address. */
  SymmetricHeap heap();

  /** Counters that order work between ranks. */
  Signals signals();

  /** Copies within and between ranks. */
  Transfers transfers();

  /** The tile GEMM. */
  TileGemm gemm();

  /** The gated reduction. */
  TileReduce reduce();

  /** Normalisation of rows. */
  RowNorm norm();

  /** All-reduces by kernels; see {@link Capability#PEER_ALL_REDUCE}. */
  PeerAllReduce allReduce();

  /** Library collectives. */
  Collectives collectives();

  /** The kernels in use and where they came from. */
  KernelLibrary kernels();

  /** The first fault, once one has happened. */
  Optional<FaultRecord> fault();

  /**
   * Fails the world from the host: every bounded wait on every local device leaves soon, and later
   * operations throw.
   *
   * @param reason why, for the fault record
   */
  void abort(String reason);

  /** Starts to record what the devices do. Needs {@link Capability#TRACING}. */
  void startTrace();

  /** Whether what the devices do is recorded now. */
  boolean tracing();

  /** Stops recording, waits for the streams, and returns what was recorded, ordered by start. */
  List<TraceEvent> stopTrace();

  /**
   * Releases everything, in reverse order of creation, and reports what its users did not close.
   * Idempotent. Returns within about twice the wait timeout even if a peer never arrives.
   */
  @Override
  void close();
}
