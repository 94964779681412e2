package dev.counterpoint.core.fake;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.core.fake.Work.Rows;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tile GEMM and the reductions; tiles are 4 × 8 unless another size is wanted. */
public final class RecordingGemm implements TileGemm, TileReduce {
  private final Journal journal;
  private final Set<Capability> capabilities;
  private final @Nullable Speeds speeds;
  private final List<GemmSpec> prepared = new ArrayList<>();
  private final List<ReduceSpec> reductions = new ArrayList<>();

  RecordingGemm(Journal journal, Set<Capability> capabilities, @Nullable Speeds speeds) {
    this.journal = journal;
    this.speeds = speeds;
    this.capabilities = capabilities;
  }

  /** Every GEMM that was prepared, in order. */
  public List<GemmSpec> prepared() {
    return List.copyOf(prepared);
  }

  /** Every reduction that was prepared, in order. */
  public List<ReduceSpec> reductions() {
    return List.copyOf(reductions);
  }

  @Override
  public Tiling tiling(
      int rank,
      RowPartition partition,
      int cols,
      int k,
      DType inputType,
      DType outputType,
      WeightLayout layout,
      int tileRows,
      int tileCols) {
    if (speeds != null) {
      return speeds.tiling(partition, cols, k, tileRows, tileCols);
    }
    return new Tiling(partition, cols, tileRows == 0 ? 4 : tileRows, tileCols == 0 ? 8 : tileCols);
  }

  @Override
  public boolean supports(DType inputType, DType outputType) {
    return switch (inputType) {
      case FP32 -> outputType == DType.FP32;
      case FP16 -> capabilities.contains(Capability.GEMM_FP16) && outputType.bytes() > 1;
      case BF16 -> capabilities.contains(Capability.GEMM_BF16) && outputType.bytes() > 1;
      case FP8_E4M3, FP8_E5M2 -> capabilities.contains(Capability.GEMM_FP8);
      case INT8 -> capabilities.contains(Capability.GEMM_INT8);
      case INT32 -> false;
    };
  }

  @Override
  public PreparedGemm prepare(GemmSpec spec) {
    prepared.add(spec);
    return new Gemm(spec);
  }

  @Override
  public PreparedReduce prepare(ReduceSpec spec) {
    reductions.add(spec);
    return new Reduce(spec);
  }

  @Override
  public PreparedUnpack prepareUnpack(
      String label, int rank, Tiling tiling, int[] slots, DType dtype) {
    return new Unpack(label, rank, tiling, slots, dtype);
  }

  private abstract class Resource implements AutoCloseable {
    Resource(String name) {
      journal.open(this, name);
    }

    @Override
    public void close() {
      journal.close(this);
    }
  }

  private final class Gemm extends Resource implements PreparedGemm {
    private final GemmSpec spec;

    Gemm(GemmSpec spec) {
      super("gemm " + spec.label() + "@" + spec.rank());
      this.spec = spec;
    }

    @Override
    public GemmSpec spec() {
      return spec;
    }

    @Override
    public void launch(Stream stream, GemmArguments arguments) {
      if (journal.muted()) {
        return;
      }
      int in = spec.inputType().bytes();
      int out = spec.outputType().bytes();
      boolean nk = spec.weightLayout() == WeightLayout.NK;
      DeviceMemory a = Objects.requireNonNull(arguments.a());
      DeviceMemory b = Objects.requireNonNull(arguments.b());
      Rows c = null;
      if (spec.epilogue().beta() != 0) {
        DeviceMemory memory = Objects.requireNonNull(arguments.c());
        int rows = spec.epilogue().rowCount();
        c = Rows.matrix(memory, arguments.cOffset(), arguments.cStride(), rows, spec.cols(), out);
      }
      Rows d = null;
      if (spec.route() instanceof TileRoute.Local) {
        DeviceMemory memory = Objects.requireNonNull(arguments.d());
        d =
            Rows.matrix(
                memory, arguments.dOffset(), arguments.dStride(), spec.rows(), spec.cols(), out);
      } else if (spec.route() instanceof TileRoute.Packed) {
        Tiling t = spec.tiling();
        long tile = (long) t.tileRows() * t.tileCols() * out;
        DeviceMemory memory = Objects.requireNonNull(arguments.d());
        d = new Rows(memory, arguments.dOffset(), tile, tile, t.tiles());
      }
      Rows bias = null;
      if (spec.epilogue().bias()) {
        DeviceMemory memory = Objects.requireNonNull(arguments.bias());
        bias = Rows.matrix(memory, 0, spec.cols(), 1, spec.cols(), out);
      }
      ((RecordingStream) stream)
          .step(
              "gemm " + spec.label() + " of " + journal.where(a, arguments.aOffset()),
              new Work.Gemm(
                  spec,
                  Rows.matrix(
                      a, arguments.aOffset(), arguments.aStride(), spec.rows(), spec.k(), in),
                  Rows.matrix(
                      b,
                      arguments.bOffset(),
                      arguments.bStride(),
                      nk ? spec.cols() : spec.k(),
                      nk ? spec.k() : spec.cols(),
                      in),
                  c,
                  d,
                  bias));
    }
  }

  private final class Reduce extends Resource implements PreparedReduce {
    private final ReduceSpec spec;

    Reduce(ReduceSpec spec) {
      super("reduce " + spec.label() + "@" + spec.rank());
      this.spec = spec;
      Rows.matrix(
          spec.staging(),
          (spec.slots() - 1) * spec.slotBytes(),
          spec.rowStride(),
          spec.rows(),
          spec.cols(),
          spec.inputType().bytes());
    }

    @Override
    public ReduceSpec spec() {
      return spec;
    }

    @Override
    public void launch(Stream stream, DeviceMemory output, long offset, int rowStride) {
      if (journal.muted()) {
        return;
      }
      Rows rows = null;
      if (spec.route() instanceof ReduceSpec.Local) {
        rows =
            Rows.matrix(
                Objects.requireNonNull(output),
                offset,
                rowStride,
                spec.rows(),
                spec.cols(),
                spec.outputType().bytes());
      }
      String where = rows == null ? "everywhere" : journal.where(output, offset);
      ((RecordingStream) stream)
          .step("reduce " + spec.rows() + " rows -> " + where, new Work.Reduce(spec, rows));
    }
  }

  private final class Unpack extends Resource implements PreparedUnpack {
    private final Tiling tiling;
    private final int[] slots;
    private final int bytes;

    Unpack(String label, int rank, Tiling tiling, int[] slots, DType dtype) {
      super("unpack " + label + "@" + rank);
      this.tiling = tiling;
      this.slots = slots;
      bytes = dtype.bytes();
    }

    @Override
    public void launch(
        Stream stream,
        DeviceMemory packed,
        long packedOffset,
        DeviceMemory output,
        long offset,
        int rowStride) {
      if (journal.muted()) {
        return;
      }
      long tile = (long) tiling.tileRows() * tiling.tileCols() * bytes;
      int last = -1;
      for (int slot : slots) {
        last = Math.max(last, slot);
      }
      int rows = tiling.partition().rows();
      ((RecordingStream) stream)
          .step(
              "unpack -> " + journal.where(output, offset),
              new Work.Unpack(
                  tiling,
                  slots,
                  new Rows(packed, packedOffset, tile, tile, last + 1),
                  Rows.matrix(output, offset, rowStride, rows, tiling.cols(), bytes)));
    }
  }
}
