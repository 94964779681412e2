package dev.counterpoint.core.fake;

import dev.counterpoint.core.fake.Work.Rows;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Tiling;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Normalisations. */
final class RecordingNorm implements RowNorm {
  private final Journal journal;

  RecordingNorm(Journal journal) {
    this.journal = journal;
  }

  @Override
  public PreparedNorm prepare(NormSpec spec) {
    return new Norm(spec);
  }

  private final class Norm implements PreparedNorm {
    private final NormSpec spec;

    Norm(NormSpec spec) {
      this.spec = spec;
      journal.open(this, "norm " + spec.label() + "@" + spec.rank());
    }

    @Override
    public NormSpec spec() {
      return spec;
    }

    @Override
    public void launch(Stream stream, NormArguments a) {
      if (journal.muted()) {
        return;
      }
      DeviceMemory input = Objects.requireNonNull(a.input());
      DeviceMemory output = Objects.requireNonNull(a.output());
      ((RecordingStream) stream)
          .step(
              "norm of "
                  + journal.where(input, a.inputOffset())
                  + " -> "
                  + journal.where(output, a.outputOffset()),
              new Work.Norm(
                  spec,
                  spec.packing() == null
                      ? matrix(input, a.inputOffset(), a.inputStride())
                      : tiles(input, a.inputOffset(), spec.packing()),
                  spec.norm().residual()
                      ? matrix(a.residual(), a.residualOffset(), a.residualStride())
                      : null,
                  vector(a.weight()),
                  spec.norm().bias() ? vector(a.bias()) : null,
                  matrix(output, a.outputOffset(), a.outputStride()),
                  spec.norm().sum() ? matrix(a.sum(), a.sumOffset(), a.sumStride()) : null));
    }

    private Rows matrix(@Nullable DeviceMemory memory, long offset, int stride) {
      return Rows.matrix(
          Objects.requireNonNull(memory),
          offset,
          stride,
          spec.rows(),
          spec.cols(),
          spec.dtype().bytes());
    }

    private Rows tiles(DeviceMemory memory, long offset, NormSpec.Packing packing) {
      Tiling tiling = packing.tiling();
      long tile = (long) tiling.tileRows() * tiling.tileCols() * spec.dtype().bytes();
      int last = -1;
      for (int slot : packing.slots()) {
        last = Math.max(last, slot);
      }
      return new Rows(memory, offset, tile, tile, last + 1);
    }

    private Rows vector(@Nullable DeviceMemory memory) {
      return Rows.bytes(
          Objects.requireNonNull(memory), 0, (long) spec.cols() * spec.dtype().bytes());
    }

    @Override
    public void close() {
      journal.close(this);
    }
  }
}
