package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectivesTest {
  private static final int COUNT = 5003;

  @ParameterizedTest
  @CsvSource({
    "FP32,1,''",
    "FP32,4,''",
    "BF16,3,''",
    "FP16,2,''",
    "INT32,4,''",
    "INT8,2,''",
    "BF16,4,20GB/s",
    "FP8_E4M3,3,''"
  })
  void allOfThemMatchTheReference(DType dtype, int ranks, String link) {
    String[] properties =
        link.isEmpty() ? new String[0] : new String[] {"host.link", link, "host.latency", "3us"};
    try (HostFixture host = HostFixture.open(ranks, properties)) {
      moves(host, dtype, ranks);
      sums(host, dtype, ranks);
    }
  }

  @Test
  void ranksThatDisagreeOnTheirBlocksFailTheWorld() {
    try (HostFixture host = HostFixture.open(2)) {
      Collectives collectives = host.backend.collectives();
      for (int rank = 0; rank < 2; rank++) {
        // As many elements in all, and in the largest block.
        Splits counts = Splits.of(new long[][] {{rank, 1 - rank}, {0, 1}});
        DeviceMemory memory = host.allocate(rank, 64);
        collectives.allToAllV(host.stream(rank), memory, 0, memory, 32, counts, DType.FP32);
      }
      assertThatThrownBy(host::synchronize)
          .isInstanceOf(DeviceFaultException.class)
          .hasMessageContainingAll(
              "allToAllV of [0, 1]; [0, 1] FP32", "allToAllV of [1, 0]; [0, 1] FP32");
    }
  }

  private static float[] values(DType dtype, int rank, int count) {
    float[] values = HostFixture.random(dtype.isFloating() ? dtype : DType.INT8, count, rank + 1);
    for (int i = 0; i < count && !dtype.isFloating(); i++) {
      values[i] = Math.round(values[i] / 8);
    }
    return values;
  }

  private static void moves(HostFixture host, DType dtype, int ranks) {
    Collectives collectives = host.backend.collectives();
    DeviceMemory[] send = new DeviceMemory[ranks];
    DeviceMemory[] gathered = new DeviceMemory[ranks];
    DeviceMemory[] exchanged = new DeviceMemory[ranks];
    DeviceMemory[] spread = new DeviceMemory[ranks];
    int size = dtype.bytes();
    for (int rank = 0; rank < ranks; rank++) {
      send[rank] = host.upload(rank, dtype, values(dtype, rank, COUNT * ranks));
      gathered[rank] = host.allocate(rank, (long) COUNT * ranks * size);
      exchanged[rank] = host.allocate(rank, (long) COUNT * ranks * size);
      spread[rank] = host.allocate(rank, (long) COUNT * size);
      collectives.allGather(host.stream(rank), send[rank], 0, gathered[rank], 0, COUNT, dtype);
      collectives.allToAll(host.stream(rank), send[rank], 0, exchanged[rank], 0, COUNT, dtype);
      collectives.broadcast(
          host.stream(rank), ranks - 1, send[rank], 0, spread[rank], 0, COUNT, dtype);
      collectives.allGather(host.stream(rank), send[rank], 0, gathered[rank], 0, 0, dtype);
    }
    host.synchronize();
    int block = COUNT * size;
    for (int rank = 0; rank < ranks; rank++) {
      for (int peer = 0; peer < ranks; peer++) {
        assertThat(host.bytes(gathered[rank], (long) peer * block, block))
            .isEqualTo(host.bytes(send[peer], 0, block));
        assertThat(host.bytes(exchanged[rank], (long) peer * block, block))
            .isEqualTo(host.bytes(send[peer], (long) rank * block, block));
      }
      assertThat(host.bytes(spread[rank], 0, block))
          .isEqualTo(host.bytes(send[ranks - 1], 0, block));
    }
  }

  private static void sums(HostFixture host, DType dtype, int ranks) {
    Collectives collectives = host.backend.collectives();
    DeviceMemory[] inPlace = new DeviceMemory[ranks];
    DeviceMemory[] scattered = new DeviceMemory[ranks];
    float[][] values = new float[ranks][];
    for (int rank = 0; rank < ranks; rank++) {
      values[rank] = values(dtype, rank, COUNT * ranks);
      inPlace[rank] = host.upload(rank, dtype, values[rank]);
      scattered[rank] = host.allocate(rank, (long) COUNT * dtype.bytes());
      collectives.reduceScatter(
          host.stream(rank), inPlace[rank], 0, scattered[rank], 0, COUNT, dtype);
      collectives.allReduce(
          host.stream(rank), inPlace[rank], 0, inPlace[rank], 0, (long) COUNT * ranks, dtype);
    }
    host.synchronize();
    double[] expected = new double[COUNT * ranks];
    for (int i = 0; i < expected.length; i++) {
      float sum = values[0][i];
      for (int rank = 1; rank < ranks; rank++) {
        sum += values[rank][i];
      }
      expected[i] = dtype.isFloating() ? dtype.decode(dtype.encode(sum)) : sum;
    }
    for (int rank = 0; rank < ranks; rank++) {
      assertThat(host.read(inPlace[rank], 0, dtype, COUNT * ranks)).isEqualTo(expected);
      double[] mine = java.util.Arrays.copyOfRange(expected, rank * COUNT, (rank + 1) * COUNT);
      assertThat(host.read(scattered[rank], 0, dtype, COUNT)).isEqualTo(mine);
    }
  }
}
