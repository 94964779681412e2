package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.Failure;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.tuner.TuningAdvisor;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Transport;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StrategyChooserTest {
  private static final Set<Capability> PEERS = Set.of(Capability.PEER_ACCESS);

  private static OperatorSpec spec(int m, Strategy strategy) {
    return GemmReduceScatterSpec.builder().m(m).n(8).k(8).strategy(strategy).build();
  }

  private static StrategyChooser.Choice choose(OperatorSpec spec, int ranks, boolean peers) {
    RecordingBackend backend = new RecordingBackend(ranks, peers ? PEERS : Set.of());
    return StrategyChooser.choose(spec, backend, new TuningAdvisor(backend, null));
  }

  @ParameterizedTest
  @CsvSource({
    // m, ranks, peer access, choice, part of the reason
    "4096, 1, true,  SEQUENTIAL, one rank",
    "4096, 1, false, SEQUENTIAL, one rank",
    "4096, 4, true,  FUSED,      addressed directly",
    "4096, 4, false, SIGNALED,   library collectives",
    "64,   4, true,  FUSED,      addressed directly",
    "61,   4, true,  FUSED,      addressed directly",
    "60,   4, true,  SEQUENTIAL, 15 rows per rank",
    "60,   4, false, SEQUENTIAL, 15 rows per rank",
    "0,    4, true,  SEQUENTIAL, 0 rows per rank"
  })
  void automaticChoice(int m, int ranks, boolean peers, Strategy strategy, String reason) {
    StrategyChooser.Choice choice = choose(spec(m, Strategy.AUTO), ranks, peers);
    assertThat(choice.strategy()).isEqualTo(strategy);
    assertThat(choice.reason()).contains(reason);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void whatIsAskedForIsTaken(Strategy strategy) {
    StrategyChooser.Choice choice = choose(spec(1, strategy), 4, true);
    assertThat(choice)
        .isEqualTo(
            new StrategyChooser.Choice(Tuning.AUTOMATIC.withStrategy(strategy), "asked for"));
    assertThat(choose(spec(1, strategy), 1, false).strategy()).isEqualTo(strategy);
    if (strategy != Strategy.FUSED) {
      assertThat(choose(spec(1, strategy), 4, false).strategy()).isEqualTo(strategy);
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.INCLUDE,
      names = {"RING", "DECOMPOSED"})
  void pushesByComputeUnitsNeedPeers(Strategy strategy) {
    OperatorSpec spec = spec(4096, strategy);
    OperatorSpec forced = spec.withTuning(spec.tuning().withTransport(Transport.COMPUTE));
    assertThatThrownBy(() -> choose(forced, 2, false))
        .isInstanceOf(UnsupportedCapabilityException.class);
    assertThat(choose(forced, 2, true).strategy()).isEqualTo(strategy);
    assertThat(choose(forced, 1, false).strategy()).isEqualTo(strategy);
  }

  @Test
  void fusedWithoutPeerAccessIsRefusedByName() {
    assertThatThrownBy(() -> choose(spec(4096, Strategy.FUSED), 2, false))
        .isInstanceOfSatisfying(
            UnsupportedCapabilityException.class,
            e -> {
              assertThat(e.capability()).isEqualTo(Capability.PEER_ACCESS);
              assertThat(e.category()).isEqualTo(Failure.Category.UNAVAILABLE);
            })
        .hasMessageContainingAll("recorder", "PEER_ACCESS", "FUSED", "gemm-rs");
  }

  @ParameterizedTest
  @CsvSource({
    // operator, m, n, k, ranks, peer access, choice on a device of many units
    "ag-gemm,  4096, 57344, 8192,  8, true,  DECOMPOSED",
    "ag-gemm,  4088, 57344, 8192,  8, true,  SEQUENTIAL",
    "ag-gemm,  4096, 57344, 8192,  8, false, SEQUENTIAL",
    "ag-gemm,  8192, 57344, 8192,  4, true,  RING",
    "ag-gemm,  4096, 57344, 8192,  4, true,  RING",
    "ag-gemm,  4096, 10240, 8192,  4, true,  FUSED",
    "ag-gemm,  1024, 49152, 12288, 4, true,  FUSED",
    "ag-gemm,  1020, 49152, 12288, 4, true,  SEQUENTIAL",
    "ag-gemm,  4096, 57344, 8192,  4, false, SEQUENTIAL",
    "gemm-rs,  1024, 12288, 49152, 8, true,  FUSED",
    "gemm-rs,  4096, 8192,  16384, 8, true,  FUSED",
    "gemm-rs,  4096, 8192,  8192,  8, true,  SEQUENTIAL",
    "gemm-rs,  4096, 8192,  49152, 8, false, SEQUENTIAL",
    "gemm-rs,  8192, 8192,  28672, 4, true,  RING",
    "gemm-rs,  4096, 8192,  28672, 4, true,  FUSED",
    "gemm-rs,  4096, 8192,  8192,  4, true,  FUSED",
    "gemm-rs,  4096, 8192,  4096,  4, true,  SEQUENTIAL",
    "gemm-ar,  2048, 8192,  28672, 8, true,  SEQUENTIAL",
    "gemm-ar,  2048, 8192,  28672, 4, true,  FUSED",
    "gemm-ar,  4096, 8192,  16384, 2, true,  SEQUENTIAL",
    "gemm-ar,  64,   8192,  28672, 4, true,  SEQUENTIAL",
    "gemm-a2a, 8192, 8192,  8192,  4, true,  SEQUENTIAL"
  })
  void wideDevicesTakeWhatWasFasterOnFourAndOnEight(
      String operator, int m, int n, int k, int ranks, boolean peers, Strategy strategy) {
    OperatorSpec spec =
        switch (operator) {
          case "ag-gemm" -> AllGatherGemmSpec.builder().m(m).n(n).k(k).build();
          case "gemm-rs" -> GemmReduceScatterSpec.builder().m(m).n(n).k(k).build();
          case "gemm-ar" -> GemmAllReduceSpec.builder().m(m).n(n).k(k).build();
          default -> GemmAllToAllSpec.builder().m(m).n(n).k(k).build();
        };
    RecordingBackend backend = new RecordingBackend(ranks, peers ? PEERS : Set.of(), 132);
    StrategyChooser.Choice choice =
        StrategyChooser.choose(spec, backend, new TuningAdvisor(backend, null));
    assertThat(choice.strategy()).isEqualTo(strategy);
  }

  @ParameterizedTest
  @CsvSource({
    // m, n, k, ranks, units, output, choice where kernels can sum over peers' memory
    "1,    8192, 28672, 4, 132, BF16, FUSED,      one kernel",
    "64,   8192, 28672, 4, 132, BF16, FUSED,      one kernel",
    "64,   8192, 28672, 2, 132, BF16, FUSED,      one kernel",
    "512,  8192, 28672, 8, 132, FP16, FUSED,      one kernel",
    "513,  8192, 28672, 8, 132, BF16, SEQUENTIAL, no other strategy",
    "512,  8192, 28672, 8, 132, FP32, SEQUENTIAL, no other strategy",
    "0,    8192, 28672, 4, 132, BF16, SEQUENTIAL, 0 rows",
    "64,   8192, 28672, 1, 132, BF16, SEQUENTIAL, one rank",
    "60,   8192, 28672, 4, 2,   BF16, SEQUENTIAL, too few",
    "64,   8192, 28672, 4, 2,   BF16, FUSED,      addressed directly"
  })
  void fewRowsAreExchangedByOneKernelOnWideDevices(
      int m, int n, int k, int ranks, int units, DType output, Strategy strategy, String reason) {
    DType input = output == DType.FP32 ? DType.BF16 : output;
    GemmAllReduceSpec spec =
        GemmAllReduceSpec.builder().m(m).n(n).k(k).dtype(input).outputType(output).build();
    RecordingBackend backend = new RecordingBackend(ranks, Worlds.PEERS, units);
    StrategyChooser.Choice choice =
        StrategyChooser.choose(spec, backend, new TuningAdvisor(backend, null));
    assertThat(choice.strategy()).isEqualTo(strategy);
    assertThat(choice.reason()).contains(reason);
  }
}
