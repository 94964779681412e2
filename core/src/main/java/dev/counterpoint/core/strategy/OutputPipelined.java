package dev.counterpoint.core.strategy;

import dev.counterpoint.DType;
import dev.counterpoint.Rank;
import dev.counterpoint.Scaling;
import dev.counterpoint.Splits;
import dev.counterpoint.Tensor;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Transport;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A few plain GEMMs, each over all rows and some of the columns, and the library's collective for
 * each on a second stream while the next is computed; the receive stream puts the columns in place.
 * After TransformerEngine's split pipelines. Needs no peer access.
 *
 * <p>Safe when ranks drift: all buffers are local and the library itself keeps the ranks'
 * collectives in step.
 */
public final class OutputPipelined extends OutputProgram {
  /**
   * Columns are cut as rows are: into good sizes for GEMMs, the last ones smaller; or so that no
   * block of columns that share their factors is cut.
   */
  private final RowBlocks cut;

  /** By chunk, and one more: elements of a row in the chunks before it. */
  private final long[] elementsBefore;

  /** By rank and chunk. */
  private final PreparedGemm[][] gemms;

  /** By rank: the products, chunk after chunk, each with all shards one below the other. */
  private final DeviceMemory[] products;

  private final DeviceMemory[] received;
  private final Event[] computed;
  private final Event[] communicated;
  private final BiasPieces[] biases;
  private final @Nullable Normalization norm;

  /** By chunk: what ranks have for each other, where that differs. */
  private final Splits @Nullable [] elements;

  /** Prepares the program. */
  public OutputPipelined(PlanContext context) {
    super(context);
    int automatic = Chunking.atLeast(context, 2, slotBytes);
    int pieces = Chunking.pieces(context.spec(), problem.n(), automatic);
    cut =
        context.hasBlockScales()
            ? RowBlocks.multiples(problem.n(), pieces, Scaling.BLOCK)
            : RowBlocks.tapered(problem.n(), pieces);
    elementsBefore = new long[cut.count() + 1];
    for (int chunk = 0; chunk < cut.count(); chunk++) {
      elementsBefore[chunk + 1] = elementsBefore[chunk] + stride(chunk);
    }
    gemms = new PreparedGemm[ranks][];
    products = new DeviceMemory[ranks];
    received = new DeviceMemory[ranks];
    computed = new Event[ranks];
    communicated = new Event[ranks];
    biases = new BiasPieces[ranks];
    norm = Normalization.inPlace(this);
    elements = splits == null ? null : elements(splits);
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      context.lane(r);
      gemms[r] = prepare(r);
      products[r] = context.local(r, offset(cut.count(), productBuffer(r)));
      received[r] =
          kind == Kind.ALL_REDUCE
              ? products[r]
              : context.local(r, offset(cut.count(), receiveBuffer(r)));
      computed[r] = context.own(rank.device().newEvent(false));
      communicated[r] = context.own(rank.device().newEvent(false));
      biases[r] = new BiasPieces();
    }
  }

  private Splits[] elements(Splits rows) {
    Splits[] table = new Splits[cut.count()];
    for (int chunk = 0; chunk < table.length; chunk++) {
      table[chunk] = rows.times(stride(chunk));
    }
    return table;
  }

  private int cols(int chunk) {
    return cut.rows(problem.n(), chunk);
  }

  /** Elements from row to row of a chunk. */
  private int stride(int chunk) {
    return PlanContext.padded(cols(chunk), problem.outputType());
  }

  /** Where a chunk lies in a buffer that has so many rows of each. */
  private long offset(int chunk, long rows) {
    return elementsBefore[chunk] * elementBytes * rows;
  }

  /** Rows of a rank's product, padded to full shards where those are alike. */
  private long productBuffer(int rank) {
    return splits == null ? (long) shards.rowsPerShard() * ranks : splits.sent(rank);
  }

  /** Rows that the collective delivers to a rank. */
  private long receiveBuffer(int rank) {
    if (splits != null) {
      return splits.received(rank);
    }
    return kind == Kind.REDUCE_SCATTER ? shards.rowsPerShard() : productBuffer(rank);
  }

  private PreparedGemm[] prepare(int rank) {
    Map<Integer, PreparedGemm> bySize = new HashMap<>();
    PreparedGemm[] table = new PreparedGemm[cut.count()];
    for (int chunk = 0; chunk < table.length; chunk++) {
      table[chunk] = bySize.computeIfAbsent(cols(chunk), cols -> gemm(rank, cols));
    }
    return table;
  }

  private PreparedGemm gemm(int rank, int cols) {
    return context.gemm(
        context.plainGemm(
            "chunk",
            rank,
            context.tiling(rank, RowPartition.whole(productRows(rank)), cols, k(rank)),
            k(rank),
            epilogue(rank)));
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.main().label(context.label());
    lane.fork();
    for (int chunk = 0; chunk < cut.count(); chunk++) {
      compute(lane, operands, chunk);
      lane.sendAfterMain(computed[rank]);
      communicate(lane, chunk);
      lane.receiveAfterSend(communicated[rank]);
      copyColumns(lane, operands.output(), chunk);
    }
    if (norm != null) {
      lane.mainAfterReceive();
      norm.enqueue(lane, operands, operands.output().memory(), operands.output().rowStride());
    }
    lane.end();
  }

  private void compute(Lane lane, Operands operands, int chunk) {
    int rank = lane.rank();
    Tensor weight = operands.weight();
    GemmArguments arguments = inputs(lane, operands);
    long apart = problem.weightLayout() == WeightLayout.NK ? weight.rowStride() : 1;
    long columns = cut.start(chunk) * apart * weight.dtype().bytes();
    // What has no elements may lie at the end of its memory but not beyond it: B of a rank without
    // a piece of K, and C of one without rows.
    arguments
        .b(weight.memory(), Math.min(columns, weight.memory().bytes()), weight.rowStride())
        .bias(biases[rank].of(operands.bias(), chunk))
        .d(products[rank], offset(chunk, productBuffer(rank)), stride(chunk));
    Tensor scales = weight.scales();
    if (scales != null) {
      long blocks = cut.start(chunk) / Scaling.BLOCK * (long) scales.rowStride();
      long offset = Math.min(blocks * scales.dtype().bytes(), scales.memory().bytes());
      arguments.bScales(scales.memory(), offset, scales.rowStride());
    }
    DeviceMemory addend = arguments.c();
    if (addend != null) {
      long offset = arguments.cOffset() + (long) cut.start(chunk) * elementBytes;
      arguments.c(addend, Math.min(offset, addend.bytes()), arguments.cStride());
    }
    gemms[rank][chunk].launch(lane.main(), arguments);
  }

  private void communicate(Lane lane, int chunk) {
    int rank = lane.rank();
    Collectives collectives = backend.collectives();
    DeviceMemory product = products[rank];
    DeviceMemory target = received[rank];
    DType type = problem.outputType();
    long from = offset(chunk, productBuffer(rank));
    long to = offset(chunk, receiveBuffer(rank));
    long count = (long) shards.rowsPerShard() * stride(chunk);
    switch (kind) {
      case REDUCE_SCATTER ->
          collectives.reduceScatter(lane.send(), product, from, target, to, count, type);
      case ALL_REDUCE ->
          collectives.allReduce(
              lane.send(), product, from, target, to, (long) problem.m() * stride(chunk), type);
      case ALL_TO_ALL -> {
        if (elements == null) {
          collectives.allToAll(lane.send(), product, from, target, to, count, type);
        } else {
          collectives.allToAllV(lane.send(), product, from, target, to, elements[chunk], type);
        }
      }
    }
  }

  private void copyColumns(Lane lane, Tensor output, int chunk) {
    int rank = lane.rank();
    int rows = shards.rows(rank);
    long from = offset(chunk, receiveBuffer(rank));
    if (splits != null) {
      copyColumns(lane, output, chunk, from, 0, (int) splits.received(rank));
      return;
    }
    switch (kind) {
      case REDUCE_SCATTER -> copyColumns(lane, output, chunk, from, 0, rows);
      case ALL_REDUCE -> copyColumns(lane, output, chunk, from, 0, problem.m());
      case ALL_TO_ALL -> {
        long block = (long) shards.rowsPerShard() * stride(chunk) * elementBytes;
        for (int source = 0; source < ranks; source++) {
          copyColumns(lane, output, chunk, from + source * block, source * rows, rows);
        }
      }
    }
  }

  private void copyColumns(
      Lane lane, Tensor output, int chunk, long from, int outputRow, int rows) {
    if (rows == 0 || cols(chunk) == 0) {
      return;
    }
    long pitch = (long) output.rowStride() * elementBytes;
    backend
        .transfers()
        .put2d(
            lane.receive(),
            received[lane.rank()],
            from,
            (long) stride(chunk) * elementBytes,
            output.memory(),
            outputRow * pitch + (long) cut.start(chunk) * elementBytes,
            pitch,
            (long) cols(chunk) * elementBytes,
            rows,
            Transport.AUTO);
  }

  /** The pieces of a rank's bias by chunk; made anew only when a launch brings another bias. */
  private final class BiasPieces {
    private final DeviceMemory[] pieces = new DeviceMemory[cut.count()];
    private @Nullable DeviceMemory whole;

    @Nullable DeviceMemory of(@Nullable Tensor bias, int chunk) {
      if (bias == null) {
        return null;
      }
      if (!bias.memory().equals(whole)) {
        whole = bias.memory();
        for (int piece = 0; piece < pieces.length; piece++) {
          pieces[piece] =
              whole.slice(
                  (long) cut.start(piece) * elementBytes, (long) cols(piece) * elementBytes);
        }
      }
      return pieces[chunk];
    }
  }

  @Override
  public String describe() {
    return cut.count()
        + " chunks of columns, one "
        + context.plainEngine()
        + " GEMM and one library collective each"
        + thenNorm();
  }
}
