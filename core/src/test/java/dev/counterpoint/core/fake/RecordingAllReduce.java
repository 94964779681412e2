package dev.counterpoint.core.fake;

import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.core.fake.Work.Rows;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.Stream;
import java.util.Set;

/** All-reduces by kernels. */
final class RecordingAllReduce implements PeerAllReduce {
  private final Journal journal;
  private final Set<Capability> capabilities;

  RecordingAllReduce(Journal journal, Set<Capability> capabilities) {
    this.journal = journal;
    this.capabilities = capabilities;
  }

  @Override
  public PreparedAllReduce prepare(AllReduceSpec spec) {
    if (!capabilities.contains(Capability.PEER_ALL_REDUCE)) {
      throw new UnsupportedCapabilityException(
          "recorder", Capability.PEER_ALL_REDUCE, spec.label());
    }
    return new AllReduce(spec);
  }

  private final class AllReduce implements PreparedAllReduce {
    private final AllReduceSpec spec;

    AllReduce(AllReduceSpec spec) {
      this.spec = spec;
      journal.open(this, "all-reduce " + spec.label());
    }

    @Override
    public AllReduceSpec spec() {
      return spec;
    }

    @Override
    public Algorithm algorithm() {
      return spec.algorithm() == Algorithm.AUTO ? Algorithm.TWO_SHOT : spec.algorithm();
    }

    @Override
    public long workspaceBytes() {
      return 2 * spec.bytes();
    }

    @Override
    public void launch(
        Stream stream,
        DeviceMemory input,
        long inputOffset,
        int inputStride,
        DeviceMemory output,
        long outputOffset,
        int outputStride) {
      if (journal.muted()) {
        return;
      }
      ((RecordingStream) stream)
          .step(
              "all-reduce of "
                  + journal.where(input, inputOffset)
                  + " -> "
                  + journal.where(output, outputOffset),
              new Work.AllReduce(
                  this,
                  matrix(input, inputOffset, inputStride),
                  matrix(output, outputOffset, outputStride)));
    }

    private Rows matrix(DeviceMemory memory, long offset, int stride) {
      return Rows.matrix(memory, offset, stride, spec.rows(), spec.cols(), spec.dtype().bytes());
    }

    @Override
    public void close() {
      journal.close(this);
    }
  }
}
