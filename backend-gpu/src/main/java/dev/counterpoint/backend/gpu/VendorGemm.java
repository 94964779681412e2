package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DeviceMemoryException;
import dev.counterpoint.Failure;
import dev.counterpoint.NativeException;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.GemmOperands;
import dev.counterpoint.spi.support.Resource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A plain GEMM by the vendor's library. The library chooses its algorithm by strides and alignment,
 * which come with the operands, so a choice is kept for each combination; that of gapless, aligned
 * operands is made, and run once, while planning. What the library has no kernel for runs on ours.
 */
final class VendorGemm extends Resource implements PreparedGemm {
  private static final Logger log = LoggerFactory.getLogger(VendorGemm.class);
  private static final long MOST_WARM_BYTES = 4L << 30;
  private static final int MOST_VARIANTS = 64;

  private final GpuContext context;
  private final GemmSpec spec;
  private final RankState rank;
  private final VendorBlas blas;
  private final GpuPreparedGemm fallback;
  private final GemmOperands operands;
  private final List<VendorPlan.Part> parts;
  private final List<Variant> variants = new ArrayList<>();
  private final List<Long> workspaces = new ArrayList<>();
  private long workspace;
  private long workspaceBytes;

  /** The library's choices for one combination of strides and alignment. */
  private static final class Variant {
    final int a;
    final int b;
    final int c;
    final int d;
    final int alignment;
    final VendorBlas.@Nullable Ready[] ready;

    /** Whether the library can do all of it; the fallback does it otherwise. */
    boolean complete;

    Variant(int a, int b, int c, int d, int alignment, VendorBlas.@Nullable Ready[] ready) {
      this.a = a;
      this.b = b;
      this.c = c;
      this.d = d;
      this.alignment = alignment;
      this.ready = ready;
      boolean all = true;
      for (VendorBlas.Ready one : ready) {
        all &= one != null;
      }
      complete = all;
    }
  }

  VendorGemm(GpuContext context, GemmSpec spec, VendorBlas blas, GpuPreparedGemm fallback) {
    super(context.resources, "vendor gemm '" + spec.label() + "' of rank " + spec.rank());
    this.context = context;
    this.spec = spec;
    this.rank = context.rank(spec.rank());
    this.blas = blas;
    this.fallback = fallback;
    this.operands = new GemmOperands(spec);
    // What adds something comes first: the library refuses that sooner than the rest.
    this.parts =
        VendorPlan.parts(spec.rows(), spec.epilogue()).stream()
            .sorted(Comparator.comparing(part -> !part.inWindow()))
            .toList();
    if (spec.rows() > 0 && spec.cols() > 0) {
      warm();
    }
  }

  private int gaplessB() {
    return spec.weightLayout() == WeightLayout.NK ? spec.k() : spec.cols();
  }

  /** Chooses for gapless operands and runs that once, on memory of no meaning. */
  private void warm() {
    int cols = spec.cols();
    int inputBytes = spec.inputType().bytes();
    int alignment =
        Math.min(
            VendorPlan.alignment((long) spec.k() * inputBytes),
            Math.min(
                VendorPlan.alignment((long) gaplessB() * inputBytes),
                VendorPlan.alignment((long) cols * spec.outputType().bytes())));
    Variant variant = variant(spec.k(), gaplessB(), cols, cols, alignment);
    long bytes =
        Math.max(
            Math.max((long) spec.rows() * spec.k(), (long) cols * spec.k()) * inputBytes,
            (long) spec.rows() * cols * spec.outputType().bytes());
    if (!variant.complete || bytes > MOST_WARM_BYTES) {
      return;
    }
    long scratch;
    try {
      scratch = rank.memory().allocate("warming '" + spec.label() + "'", bytes);
    } catch (DeviceMemoryException e) {
      log.debug("not warmed: {}", spec.label(), e);
      return;
    }
    rank.zero(scratch, bytes);
    rank.run(
        "warming '" + spec.label() + "'",
        stream -> {
          for (VendorBlas.Ready ready : variant.ready) {
            if (ready != null) {
              variant.complete &=
                  ready.run(scratch, scratch, scratch, scratch, scratch, workspace, stream);
            }
          }
        });
    rank.memory().free(scratch);
  }

  private Variant variant(int a, int b, int c, int d, int alignment) {
    for (int i = 0; i < variants.size(); i++) {
      Variant known = variants.get(i);
      if (known.a == a
          && known.b == b
          && known.c == c
          && known.d == d
          && known.alignment == alignment) {
        return known;
      }
    }
    Variant made = new Variant(a, b, c, d, alignment, choose(a, b, c, d, alignment));
    if (variants.size() < MOST_VARIANTS) {
      variants.add(made);
    }
    return made;
  }

  private VendorBlas.@Nullable Ready[] choose(int a, int b, int c, int d, int alignment) {
    VendorBlas.@Nullable Ready[] ready = new VendorBlas.@Nullable Ready[parts.size()];
    Epilogue epilogue = spec.epilogue();
    long needed = 0;
    rank.use();
    for (int i = 0; i < ready.length; i++) {
      VendorPlan.Part part = parts.get(i);
      ready[i] =
          blas.prepare(
              new VendorBlas.Shape(
                  part.rows(),
                  spec.cols(),
                  spec.k(),
                  spec.inputType(),
                  spec.outputType(),
                  spec.weightLayout(),
                  a,
                  b,
                  part.inWindow() && epilogue.beta() != 0f ? c : d,
                  d,
                  alignment,
                  epilogue.alpha(),
                  part.inWindow() ? epilogue.beta() : 0f,
                  part.inWindow() && epilogue.bias()));
      VendorBlas.Ready one = ready[i];
      needed = one == null ? needed : Math.max(needed, one.workspaceBytes());
    }
    if (needed > workspaceBytes) {
      // The smaller one stays: launches in flight and captured ones use it.
      workspace = rank.memory().allocate("workspace of '" + spec.label() + "'", needed);
      workspaceBytes = needed;
      workspaces.add(workspace);
    }
    return ready;
  }

  @Override
  public GemmSpec spec() {
    return spec;
  }

  @Override
  public void launch(Stream stream, GemmArguments arguments) {
    requireOpen();
    GpuStream mine = GpuStream.of(context, stream, spec.rank(), "GEMM");
    operands.take(arguments);
    mine.begin();
    if (parts.isEmpty() || spec.cols() == 0) {
      return;
    }
    int inputBytes = spec.inputType().bytes();
    int outputBytes = spec.outputType().bytes();
    int cStride = spec.epilogue().beta() == 0f ? arguments.dStride() : arguments.cStride();
    long mix =
        operands.a()
            | operands.b()
            | operands.c()
            | operands.d()
            | operands.bias()
            | (long) arguments.aStride() * inputBytes
            | (long) arguments.bStride() * inputBytes
            | (long) cStride * outputBytes
            | (long) arguments.dStride() * outputBytes;
    Variant variant =
        variant(
            leading(arguments.aStride(), spec.rows(), spec.k()),
            leading(arguments.bStride(), rowsOfB(), gaplessB()),
            leading(cStride, spec.epilogue().rowCount(), spec.cols()),
            leading(arguments.dStride(), spec.rows(), spec.cols()),
            VendorPlan.alignment(mix));
    if (!variant.complete) {
      fallback.enqueue(mine, operands, arguments);
      return;
    }
    mine.holdAfterFailure();
    int span = mine.beginSpan();
    if (!run(mine, variant, arguments, inputBytes, outputBytes)) {
      log.debug("{} refuses {}; ours from now on", blas.version(), spec.label());
      variant.complete = false;
      fallback.enqueue(mine, operands, arguments);
    }
    if (span >= 0) {
      mine.endSpan(span, TraceEvent.Kind.COMPUTE, "vendor gemm " + spec.label());
    }
  }

  private int rowsOfB() {
    return spec.weightLayout() == WeightLayout.NK ? spec.cols() : spec.k();
  }

  /** A matrix of one row may come with any stride; the library wants one that fits. */
  private static int leading(int stride, int rows, int cols) {
    return rows > 1 ? stride : Math.max(stride, cols);
  }

  /** Enqueues the parts; false, with nothing enqueued, when the library refuses the first. */
  private boolean run(
      GpuStream stream, Variant variant, GemmArguments arguments, int inputBytes, int outputBytes) {
    for (int i = 0; i < variant.ready.length; i++) {
      VendorPlan.Part part = parts.get(i);
      VendorBlas.Ready ready = variant.ready[i];
      if (ready == null) {
        continue; // not so: the variant is complete
      }
      long first = part.firstRow();
      long d = operands.d() + first * arguments.dStride() * outputBytes;
      boolean reads = part.inWindow() && spec.epilogue().beta() != 0f;
      boolean accepted;
      try {
        accepted =
            ready.run(
                operands.a() + first * arguments.aStride() * inputBytes,
                operands.b(),
                reads ? operands.c() : d,
                d,
                operands.bias(),
                workspace,
                stream.handle());
      } catch (NativeException e) {
        throw stream.failed(e);
      }
      if (!accepted && i == 0) {
        return false;
      }
      if (!accepted) {
        throw new CounterpointException(
            Failure.Category.NATIVE,
            blas.version() + " refuses a part of '" + spec.label() + "', but not the first");
      }
      stream.enqueuedByLibrary();
    }
    return true;
  }

  @Override
  protected void release() {
    for (Variant variant : variants) {
      for (VendorBlas.Ready ready : variant.ready) {
        if (ready != null) {
          ready.close();
        }
      }
    }
    workspaces.forEach(rank.memory()::free);
    fallback.close();
  }
}
