package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce.PreparedReduce;
import dev.counterpoint.spi.TileRoute;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TileReduceTest {
  private static final int ROWS = 23;
  private static final int COLS = 19;
  private static final int STRIDE = 21;

  @ParameterizedTest
  @CsvSource({
    "FP32,FP32,1",
    "FP32,BF16,3",
    "BF16,BF16,4",
    "FP16,FP32,2",
    "INT32,INT32,3",
    "INT8,INT32,3"
  })
  void slotsAreSummedInOrderAndRoundedOnce(DType input, DType output, int slots) {
    try (HostFixture host = HostFixture.open(1)) {
      float[] partials =
          HostFixture.random(input.isFloating() ? input : DType.INT8, slots * ROWS * STRIDE, 9);
      DeviceMemory staging = host.upload(0, input, partials);
      DeviceMemory target = host.allocate(0, (long) ROWS * STRIDE * output.bytes());
      host.write(target, 0, output, new float[ROWS * STRIDE]);
      ReduceSpec spec =
          new ReduceSpec(
              "sum",
              0,
              ROWS,
              COLS,
              slots,
              staging,
              (long) ROWS * STRIDE * input.bytes(),
              STRIDE,
              input,
              output,
              5,
              null,
              new ReduceSpec.Local(),
              null);
      PreparedReduce reduce = host.own(host.backend.reduce().prepare(spec));
      reduce.launch(host.stream(0), target, 0, STRIDE);
      host.synchronize();
      assertThat(host.read(target, 0, output, ROWS * STRIDE))
          .isEqualTo(reference(partials, slots, output));
    }
  }

  private static double[] reference(float[] partials, int slots, DType output) {
    double[] expected = new double[ROWS * STRIDE];
    for (int row = 0; row < ROWS; row++) {
      for (int col = 0; col < COLS; col++) {
        float sum = partials[row * STRIDE + col];
        for (int slot = 1; slot < slots; slot++) {
          sum += partials[(slot * ROWS + row) * STRIDE + col];
        }
        expected[row * STRIDE + col] =
            output == DType.INT32 ? sum : output.decode(output.encode(sum));
      }
    }
    return expected;
  }

  @ParameterizedTest
  @CsvSource({"''", "5GB/s"})
  void everywhereReachesAllRanksAfterGatesAndClearance(String link) {
    String[] properties = link.isEmpty() ? new String[0] : new String[] {"host.link", link};
    try (HostFixture host = HostFixture.open(3, properties)) {
      var signals = host.backend.signals();
      SignalArray arrived = host.own(signals.allocate("arrived", 8));
      SignalArray done = host.own(signals.allocate("done", 4));
      SignalArray cleared = host.own(signals.allocate("cleared", 3));
      SymmetricBuffer result =
          host.own(host.backend.heap().allocate("result", 4L * ROWS * STRIDE + 16));
      Epoch epoch = host.own(signals.newEpoch(1));
      float[] partials = new float[2 * ROWS * COLS];
      DeviceMemory staging = host.upload(1, DType.FP32, partials);
      int[] words = {0, 1, 2, 3, 4, 5, -1, 6};
      long[] perEpoch = {1, 1, 1, 2, 1, 1, 1, 1};
      ReduceSpec spec =
          new ReduceSpec(
              "all",
              1,
              ROWS,
              COLS,
              2,
              staging,
              4L * ROWS * COLS,
              COLS,
              DType.FP32,
              DType.FP32,
              6,
              new ReduceSpec.Gate(arrived, words, perEpoch),
              new ReduceSpec.Everywhere(
                  result,
                  16,
                  STRIDE,
                  done,
                  new int[] {0, 1, 2, 3},
                  new TileRoute.Clearance(cleared, new int[] {0, 1, 2}, Target.THIS_LAUNCH)),
              epoch);
      PreparedReduce reduce = host.own(host.backend.reduce().prepare(spec));
      signals.advance(host.stream(1), epoch);
      reduce.launch(host.stream(1), null, 0, 0);
      for (int i = 0; i < partials.length; i++) {
        partials[i] = i % 251;
      }
      host.write(staging, 0, DType.FP32, partials);
      for (int word = 6; word >= 0; word--) {
        signals.addFromHost(arrived, 1, word, word == 3 ? 2 : 1);
      }
      assertThat(signals.read(done, 2, 0)).isZero();
      for (int rank = 0; rank < 3; rank++) {
        signals.addFromHost(cleared, 1, rank, 1);
      }
      host.synchronize();
      for (int rank = 0; rank < 3; rank++) {
        for (int row = 0; row < ROWS; row++) {
          double[] values = host.read(result.at(rank), 16 + 4L * row * STRIDE, DType.FP32, COLS);
          for (int col = 0; col < COLS; col++) {
            int i = row * COLS + col;
            assertThat(values[col]).isEqualTo(partials[i] + partials[ROWS * COLS + i]);
          }
        }
        for (int block = 0; block < 4; block++) {
          assertThat(signals.read(done, rank, block)).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void wrongTablesAreRefused() {
    try (HostFixture host = HostFixture.open(1)) {
      SignalArray words = host.own(host.backend.signals().allocate("w", 1));
      DeviceMemory staging = host.allocate(0, 64);
      ReduceSpec spec =
          new ReduceSpec(
              "bad",
              0,
              4,
              4,
              1,
              staging,
              64,
              4,
              DType.FP32,
              DType.FP32,
              2,
              new ReduceSpec.Gate(words, new int[] {0, 1}, new long[] {1, 1}),
              new ReduceSpec.Local(),
              host.own(host.backend.signals().newEpoch(0)));
      assertThatThrownBy(() -> host.backend.reduce().prepare(spec))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("gate.words");
    }
  }
}
