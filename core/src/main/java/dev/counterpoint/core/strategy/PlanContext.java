package dev.counterpoint.core.strategy;

import dev.counterpoint.DType;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Scaling;
import dev.counterpoint.World;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.Transport;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;

/**
 * What a program is built from: the world, the specification, and a place that owns everything it
 * allocates and releases it in reverse order.
 */
public final class PlanContext implements AutoCloseable {
  private final World world;
  private final Backend backend;
  private final OperatorSpec spec;
  private final String label;
  private final Lane[] lanes;
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();
  private long workspaceBytes;

  /** Creates the context of one plan. */
  public PlanContext(World world, Backend backend, OperatorSpec spec, String label) {
    this.world = world;
    this.backend = backend;
    this.spec = spec;
    this.label = label;
    lanes = new Lane[backend.size()];
  }

  Backend backend() {
    return backend;
  }

  /** The specification being planned. */
  public OperatorSpec spec() {
    return spec;
  }

  /** Whether the shards of an all-to-all differ. */
  boolean hasSplits() {
    return spec instanceof GemmAllToAllSpec allToAll && allToAll.splits() != null;
  }

  GemmProblem problem() {
    return spec.problem();
  }

  /** The plan's name in traces and fault records. */
  public String label() {
    return label;
  }

  /** Bytes of workspace on one rank so far. */
  public long workspaceBytes() {
    return workspaceBytes;
  }

  int size() {
    return backend.size();
  }

  /** The local ranks. */
  Iterable<Rank> ranks() {
    return world.localRanks();
  }

  /** What carries pushes: copy engines, unless the caller wants something else. */
  Transport pushTransport() {
    Transport wanted = spec.tuning().transport();
    return wanted == Transport.AUTO ? Transport.COPY_ENGINE : wanted;
  }

  /** The same in words. */
  String pushedBy() {
    return pushTransport() == Transport.COMPUTE ? "by compute units" : "by copy engine";
  }

  /** The rows of M divided over the ranks. */
  RowPartition shards() {
    return new RowPartition(problem().m(), size());
  }

  /** The lane of a local rank, made at first use. */
  Lane lane(int rank) {
    Lane lane = lanes[rank];
    if (lane == null) {
      lane = new Lane(this, world.rank(rank));
      lanes[rank] = lane;
    }
    return lane;
  }

  SymmetricBuffer symmetric(String name, long bytes) {
    workspaceBytes += bytes;
    return own(backend.heap().allocate(label + "/" + name, bytes));
  }

  SignalArray signals(String name, int words) {
    return own(backend.signals().allocate(label + "/" + name, words));
  }

  /** Zeroed memory of one rank: stale NaN in padding must not reach a collective's sums. */
  DeviceMemory local(int rank, long bytes) {
    if (rank == firstLocalRank()) {
      workspaceBytes += bytes;
    }
    DeviceBuffer buffer = own(backend.device(rank).allocate(bytes));
    Lane lane = lane(rank);
    backend.transfers().fill(lane.main(), buffer.memory(), 0, bytes, (byte) 0);
    return buffer.memory();
  }

  private int firstLocalRank() {
    return backend.localRanks().get(0);
  }

  PreparedGemm gemm(GemmSpec gemmSpec) {
    return own(backend.gemm().prepare(gemmSpec));
  }

  TileReduce.PreparedReduce reduce(ReduceSpec reduceSpec) {
    return own(backend.reduce().prepare(reduceSpec));
  }

  TileReduce.PreparedUnpack unpack(int rank, Tiling tiling, int[] slots, DType dtype) {
    return own(backend.reduce().prepareUnpack(label, rank, tiling, slots, dtype));
  }

  RowNorm.PreparedNorm norm(NormSpec normSpec) {
    return own(backend.norm().prepare(normSpec));
  }

  /** Whether A and B come with factors of their blocks. */
  boolean hasBlockScales() {
    return problem().scaling() == Scaling.BLOCKS;
  }

  PeerAllReduce.PreparedAllReduce allReduce(AllReduceSpec allReduceSpec) {
    PeerAllReduce.PreparedAllReduce prepared = own(backend.allReduce().prepare(allReduceSpec));
    workspaceBytes += prepared.workspaceBytes();
    return prepared;
  }

  /** The engine for a GEMM without hooks: the vendor's where there is one that can do it. */
  GemmEngine plainEngine() {
    return backend.capabilities().contains(Capability.VENDOR_GEMM) && !hasBlockScales()
        ? GemmEngine.VENDOR
        : GemmEngine.TILE;
  }

  /**
   * The tiles for rows and columns of this problem on one rank, with the tile size that the caller
   * forced, if any.
   */
  Tiling tiling(int rank, RowPartition partition, int cols, int k) {
    return tiling(rank, partition, cols, k, spec.tuning().tileRows(), spec.tuning().tileCols());
  }

  /** The same with a wanted tile size, 0 being the backend's choice. */
  Tiling tiling(int rank, RowPartition partition, int cols, int k, int tileRows, int tileCols) {
    GemmProblem p = problem();
    return backend
        .gemm()
        .tiling(
            rank,
            partition,
            cols,
            k,
            p.inputType(),
            p.outputType(),
            p.weightLayout(),
            tileRows,
            tileCols);
  }

  /** A GEMM of this problem's types on one rank, without hooks. */
  GemmSpec plainGemm(String part, int rank, Tiling tiling, int k, Epilogue epilogue) {
    GemmProblem p = problem();
    String name = part.isEmpty() ? label : label + "/" + part;
    return GemmSpec.plain(
            name,
            rank,
            tiling,
            k,
            p.inputType(),
            p.outputType(),
            p.weightLayout(),
            plainEngine(),
            epilogue)
        .withScaling(p.scaling());
  }

  /** The problem's epilogue with bias and beta applied to the given rows only. */
  Epilogue epilogue(int firstRow, int rowCount) {
    GemmProblem p = problem();
    return new Epilogue(p.alpha(), p.beta(), p.bias(), false, false, firstRow, rowCount);
  }

  /**
   * Elements per row such that rows start at multiples of 16 bytes, as vector and tensor copies
   * want them.
   */
  static int padded(int cols, DType dtype) {
    int unit = 16 / dtype.bytes();
    return Math.multiplyExact((cols + unit - 1) / unit, unit);
  }

  /** Hands a resource over to the plan. */
  <T extends AutoCloseable> T own(T resource) {
    owned.push(Objects.requireNonNull(resource));
    return resource;
  }

  @Override
  public void close() {
    RuntimeException first = null;
    while (!owned.isEmpty()) {
      try {
        owned.pop().close();
      } catch (Exception e) {
        RuntimeException wrapped =
            e instanceof RuntimeException r ? r : new IllegalStateException(e);
        if (first == null) {
          first = wrapped;
        } else {
          first.addSuppressed(wrapped);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
