package dev.counterpoint.spi.support;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.KernelLibrary;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.SymmetricHeap;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.Transfers;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A backend all of whose ranks are in this process: hands out its parts while it is open, and
 * closes once.
 */
public abstract class LocalBackend implements Backend {
  private final BackendContext context;

  /**
   * What it hands out.
   *
   * @param devices by rank
   */
  public record Parts(
      List<? extends Device> devices,
      SymmetricHeap heap,
      Signals signals,
      Transfers transfers,
      TileGemm gemm,
      TileReduce reduce,
      RowNorm norm,
      PeerAllReduce allReduce,
      Collectives collectives,
      KernelLibrary kernels) {}

  /** Creates one that is open for as long as its context is. */
  protected LocalBackend(BackendContext context) {
    this.context = context;
  }

  /** What it hands out; the same at each call. */
  protected abstract Parts parts();

  /** Makes a fault the world's first, unless there is one, and every wait leave. */
  protected abstract void raise(FaultRecord fault);

  /** Ends work and frees everything; called once, when nothing new can begin any more. */
  protected abstract void shutDown();

  private Parts openParts() {
    context.requireOpen();
    return parts();
  }

  @Override
  public final String name() {
    return context.name();
  }

  @Override
  public final int size() {
    return context.size();
  }

  @Override
  public final List<Integer> localRanks() {
    return IntStream.range(0, context.size()).boxed().toList();
  }

  @Override
  public final Device device(int rank) {
    return openParts().devices().get(context.requireRank("rank", rank));
  }

  @Override
  public final SymmetricHeap heap() {
    return openParts().heap();
  }

  @Override
  public final Signals signals() {
    return openParts().signals();
  }

  @Override
  public final Transfers transfers() {
    return openParts().transfers();
  }

  @Override
  public final TileGemm gemm() {
    return openParts().gemm();
  }

  @Override
  public final TileReduce reduce() {
    return openParts().reduce();
  }

  @Override
  public final RowNorm norm() {
    return openParts().norm();
  }

  @Override
  public final PeerAllReduce allReduce() {
    return openParts().allReduce();
  }

  @Override
  public final Collectives collectives() {
    return openParts().collectives();
  }

  @Override
  public final KernelLibrary kernels() {
    return openParts().kernels();
  }

  @Override
  public final void abort(String reason) {
    context.requireOpen();
    raise(FaultRecord.aborted(reason));
  }

  @Override
  public final String toString() {
    return context.describe();
  }

  @Override
  public final void close() {
    if (context.markClosed()) {
      shutDown();
    }
  }
}
