package dev.counterpoint.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.WeightLayout;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpiValuesTest {
  @ParameterizedTest
  @CsvSource({"0,100", "0,0", "100,0", "60,40", "99,1"})
  void sliceKeepsRankAndMovesTheAddress(long offset, long length) {
    assertThat(new DeviceMemory(3, 1000, 100).slice(offset, length))
        .isEqualTo(new DeviceMemory(3, 1000 + offset, length));
  }

  @ParameterizedTest
  @CsvSource({
    "-1,1",
    "0,-1",
    "0,101",
    "101,0",
    "60,41",
    "9223372036854775807,1",
    "1,9223372036854775807"
  })
  void sliceOutsideTheMemoryIsRefused(long offset, long length) {
    assertThatThrownBy(() -> new DeviceMemory(3, 1000, 100).slice(offset, length))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("slice is " + offset + "+" + length)
        .hasMessageContaining("100");
  }

  @Test
  void memoryOfNegativeLengthIsRefused() {
    assertThatThrownBy(() -> new DeviceMemory(0, 0, -1))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessage("bytes is -1; it must not be negative");
  }

  @Test
  void targetsFollowTheEpoch() {
    assertThat(new Target(6, 2).at(0)).isEqualTo(2);
    assertThat(new Target(6, 2).at(7)).isEqualTo(44);
    assertThat(new Target(1L << 20, 0).at(1L << 40)).isEqualTo(1L << 60);
    assertThat(Target.THIS_LAUNCH.at(5)).isEqualTo(5);
    assertThat(Target.PREVIOUS_LAUNCH.at(5)).isEqualTo(4);
    assertThat(Target.PREVIOUS_LAUNCH.at(1)).as("satisfied by a word that is new").isZero();
  }

  @ParameterizedTest
  @CsvSource({"0,5,0", "1,5,1", "5,5,1", "6,5,2", "10,5,2"})
  void reductionsCountTheirBlocks(int rows, int blockRows, int blocks) {
    ReduceSpec spec =
        new ReduceSpec(
            "r",
            0,
            rows,
            4,
            2,
            new DeviceMemory(0, 0, 1000),
            100,
            4,
            DType.FP32,
            DType.FP32,
            blockRows,
            null,
            new ReduceSpec.Local(),
            null);
    assertThat(spec.blocks()).isEqualTo(blocks);
  }

  @Test
  void hooksReplaceOnlyWhatTheyName() {
    Tiling tiling = new Tiling(RowPartition.whole(10), 20, 4, 8);
    GemmSpec plain =
        GemmSpec.plain(
            "g",
            2,
            tiling,
            30,
            DType.FP16,
            DType.FP32,
            WeightLayout.KN,
            GemmEngine.VENDOR,
            Epilogue.plain(10));
    assertThat(plain.order()).isEqualTo(TileOrder.NATURAL);
    assertThat(plain.gate()).isEqualTo(TileGate.NONE);
    assertThat(plain.route()).isEqualTo(TileRoute.LOCAL);
    assertThat(plain.post()).isEqualTo(TilePost.NONE);
    assertThat(plain.engine()).isEqualTo(GemmEngine.VENDOR);
    assertThat(plain.epoch()).isNull();
    assertThat(plain.reservedUnits()).isZero();
    assertThat(plain.rows()).isEqualTo(10);
    assertThat(plain.cols()).isEqualTo(20);

    TileOrder order = new TileOrder.Shards(new int[] {0});
    TileRoute route = new TileRoute.Packed(new int[0]);
    GemmSpec hooked =
        plain
            .withReservedUnits(5)
            .withHooks(order, TileGate.NONE, route, TilePost.NONE, new NoEpoch());
    assertThat(hooked.engine()).as("only the tile engine has hooks").isEqualTo(GemmEngine.TILE);
    assertThat(hooked.order()).isSameAs(order);
    assertThat(hooked.route()).isSameAs(route);
    assertThat(hooked.epoch()).isInstanceOf(NoEpoch.class);
    assertThat(hooked.reservedUnits()).isEqualTo(5);
    assertThat(hooked)
        .usingRecursiveComparison()
        .ignoringFields("order", "route", "engine", "epoch", "reservedUnits")
        .isEqualTo(plain);
    assertThat(plain.withReservedUnits(5).withReservedUnits(0)).isEqualTo(plain);
  }

  private record NoEpoch() implements Epoch {
    @Override
    public int rank() {
      return 0;
    }

    @Override
    public long read() {
      return 0;
    }

    @Override
    public void close() {}
  }

  @Test
  void argumentsGiveBackWhatWasSet() {
    DeviceMemory[] m = new DeviceMemory[7];
    for (int i = 0; i < m.length; i++) {
      m[i] = new DeviceMemory(0, i, 1);
    }
    GemmArguments arguments =
        new GemmArguments()
            .a(m[0], 1, 2)
            .b(m[1], 3, 4)
            .c(m[2], 5, 6)
            .d(m[3], 7, 8)
            .bias(m[4])
            .scales(m[5], m[6]);
    assertThat(
            new Object[] {
              arguments.a(),
              arguments.b(),
              arguments.c(),
              arguments.d(),
              arguments.bias(),
              arguments.rowScale(),
              arguments.colScale()
            })
        .containsExactly((Object[]) m);
    assertThat(
            new long[] {
              arguments.aOffset(),
              arguments.aStride(),
              arguments.bOffset(),
              arguments.bStride(),
              arguments.cOffset(),
              arguments.cStride(),
              arguments.dOffset(),
              arguments.dStride()
            })
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void plainEpilogueCoversAllRows() {
    assertThat(Epilogue.plain(9)).isEqualTo(new Epilogue(1, 0, false, false, false, 0, 9));
  }

  @Test
  void collectionsOfValuesAreCopies() {
    Map<String, String> properties = new HashMap<>(Map.of("a", "b"));
    BackendOptions options =
        new BackendOptions(2, Bootstrap.singleProcess(), Duration.ofSeconds(1), properties);
    KernelLibrary.Kernel kernel = new KernelLibrary.Kernel("k", "sm_90", "built in", properties);
    Set<Capability> capabilities = EnumSet.of(Capability.GRAPHS);
    Probe.Available probe =
        new Probe.Available("s", List.of(), properties, capabilities, List.of());
    properties.clear();
    capabilities.clear();
    assertThat(options.properties()).containsEntry("a", "b");
    assertThat(kernel.attributes()).containsEntry("a", "b");
    assertThat(probe.versions()).containsEntry("a", "b");
    assertThat(probe.capabilities()).containsExactly(Capability.GRAPHS);
    assertThat(new Probe.Available("s", List.of(), Map.of(), Set.of(), List.of()).capabilities())
        .isEmpty();
  }

  @Test
  void aSingleProcessExchangesWithItself() {
    Bootstrap bootstrap = Bootstrap.singleProcess();
    byte[] mine = {1, 2};
    List<byte[]> all = bootstrap.exchange("key", mine, Duration.ofSeconds(1));
    assertThat(bootstrap.process()).isZero();
    assertThat(bootstrap.processes()).isEqualTo(1);
    assertThat(all).hasSize(1);
    assertThat(all.get(0)).containsExactly(1, 2).isNotSameAs(mine);
  }
}
