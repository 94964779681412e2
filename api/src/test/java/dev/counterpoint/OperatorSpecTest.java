package dev.counterpoint;

import static dev.counterpoint.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.spi.Transport;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class OperatorSpecTest {
  private static final Tuning ALL =
      new Tuning(Strategy.SIGNALED, 1, 2, 3, 4, List.of(5, 6), Transport.COMPUTE);

  private static final List<Supplier<OperatorSpecBuilder<?, ?>>> BUILDERS =
      List.of(
          AllGatherGemmSpec::builder,
          GemmReduceScatterSpec::builder,
          GemmAllReduceSpec::builder,
          GemmAllToAllSpec::builder);

  static List<Supplier<OperatorSpecBuilder<?, ?>>> builders() {
    return BUILDERS;
  }

  private static OperatorSpec spec(String operator, WeightLayout layout) {
    return BUILDERS.stream()
        .map(b -> (OperatorSpec) b.get().m(10).n(7).k(5).weightLayout(layout).build())
        .filter(s -> s.operator().equals(operator))
        .findFirst()
        .orElseThrow();
  }

  /** M=10, N=7, K=5 over 4 ranks: pieces of M 3,3,3,1, of N 2,2,2,1 and of K 2,2,1,0. */
  @ParameterizedTest
  @CsvSource({
    // operator, rank, input, weight [N, K], output
    "ag-gemm,  0, 3x5,  2x5, 10x2",
    "ag-gemm,  3, 1x5,  1x5, 10x1",
    "gemm-rs,  0, 10x2, 7x2, 3x7",
    "gemm-rs,  2, 10x1, 7x1, 3x7",
    "gemm-rs,  3, 10x0, 7x0, 1x7",
    "gemm-ar,  0, 10x2, 7x2, 10x7",
    "gemm-ar,  3, 10x0, 7x0, 10x7",
    "gemm-a2a, 0, 10x5, 7x5, 12x7",
    "gemm-a2a, 3, 10x5, 7x5, 4x7"
  })
  void shapesOfRaggedPieces(String operator, int rank, String input, String weight, String output) {
    OperatorSpec nk = spec(operator, WeightLayout.NK);
    OperatorSpec kn = spec(operator, WeightLayout.KN);
    assertThat(nk.inputShape(rank, 4)).isEqualTo(shape(input));
    assertThat(nk.outputShape(rank, 4)).isEqualTo(shape(output));
    assertThat(nk.localWeight(rank, 4)).isEqualTo(shape(weight));
    assertThat(nk.weightShape(rank, 4)).isEqualTo(shape(weight));
    assertThat(kn.localWeight(rank, 4)).isEqualTo(shape(weight));
    assertThat(kn.weightShape(rank, 4))
        .isEqualTo(new Shape(/* rows= */ shape(weight).cols(), /* cols= */ shape(weight).rows()));
    assertThat(kn.biasLength(rank, 4)).isEqualTo(shape(weight).rows());
  }

  private static Shape shape(String text) {
    String[] parts = text.split("x", -1);
    return new Shape(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  @ParameterizedTest
  @MethodSource("builders")
  void withOneRankEveryOperatorIsAPlainGemm(Supplier<OperatorSpecBuilder<?, ?>> builder) {
    OperatorSpec spec = builder.get().m(10).n(7).k(5).build();
    assertThat(spec.inputShape(0, 1)).isEqualTo(new Shape(10, 5));
    assertThat(spec.weightShape(0, 1)).isEqualTo(new Shape(7, 5));
    assertThat(spec.outputShape(0, 1)).isEqualTo(new Shape(10, 7));
  }

  @ParameterizedTest
  @MethodSource("builders")
  void shapesFitTogetherForAllSizesAndRanks(Supplier<OperatorSpecBuilder<?, ?>> builder) {
    for (int m : new int[] {0, 1, 3, 8, 17}) {
      for (int ranks = 1; ranks <= 5; ranks++) {
        OperatorSpec spec = builder.get().m(m).n(6).k(9).build();
        int inner = 0;
        for (int rank = 0; rank < ranks; rank++) {
          Shape input = spec.inputShape(rank, ranks);
          Shape weight = spec.localWeight(rank, ranks);
          assertThat(weight.cols()).isEqualTo(input.cols());
          assertThat(spec.outputShape(rank, ranks).cols()).isEqualTo(weight.rows());
          inner += input.cols();
        }
        boolean divided = spec.operator().equals("gemm-rs") || spec.operator().equals("gemm-ar");
        assertThat(inner).isEqualTo(divided ? 9 : 9 * ranks);
      }
    }
  }

  @Test
  void piecesAddUp() {
    assertThat(OperatorSpec.piece(10, 0, 4)).isEqualTo(3);
    assertThat(OperatorSpec.piece(10, 3, 4)).isEqualTo(1);
    assertThat(OperatorSpec.piece(2, 3, 4)).isZero();
  }

  @ParameterizedTest
  @MethodSource("builders")
  void defaultsAreBf16WithoutBias(Supplier<OperatorSpecBuilder<?, ?>> builder) {
    OperatorSpec spec = builder.get().m(1).n(2).k(3).build();
    assertThat(spec.problem())
        .isEqualTo(
            new GemmProblem(1, 2, 3, DType.BF16, DType.BF16, WeightLayout.NK, 1f, 0f, false));
    assertThat(spec.tuning()).isEqualTo(Tuning.AUTOMATIC);
  }

  @ParameterizedTest
  @MethodSource("builders")
  void factorsOfBlocksHaveRowsLikeInputsAndBlocksOfColumns(
      Supplier<OperatorSpecBuilder<?, ?>> builder) {
    OperatorSpecBuilder<?, ?> made = builder.get();
    made.m(9).n(700).k(1030).dtype(DType.FP8_E4M3).scaling(Scaling.BLOCKS);
    for (WeightLayout layout : WeightLayout.values()) {
      OperatorSpec spec = made.weightLayout(layout).build();
      assertThat(spec.problem().scaling()).isEqualTo(Scaling.BLOCKS);
      for (int rank = 0; rank < 2; rank++) {
        Shape input = spec.inputShape(rank, 2);
        Shape weight = spec.localWeight(rank, 2);
        int alongK = input.cols() == 1030 ? 9 : 5; // of 1030, or of 515
        int alongN = weight.rows() == 700 ? 6 : 3; // of 700, or of 350
        assertThat(spec.inputScalesShape(rank, 2)).isEqualTo(new Shape(input.rows(), alongK));
        assertThat(spec.weightScalesShape(rank, 2)).isEqualTo(new Shape(alongN, alongK));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("builders")
  void everyFieldArrives(Supplier<OperatorSpecBuilder<?, ?>> builder) {
    OperatorSpecBuilder<?, ?> made = builder.get();
    made.m(4).n(5).k(6).dtype(DType.FP16).outputType(DType.FP32).weightLayout(WeightLayout.KN);
    made.alpha(2).bias(true).tuning(ALL.withStrategy(Strategy.AUTO));
    made.strategy(Strategy.FUSED);
    OperatorSpec spec = made.build();
    assertThat(spec.problem())
        .isEqualTo(new GemmProblem(4, 5, 6, DType.FP16, DType.FP32, WeightLayout.KN, 2f, 0f, true));
    assertThat(spec.tuning()).isEqualTo(ALL.withStrategy(Strategy.FUSED));
    OperatorSpec changed = spec.withTuning(Tuning.AUTOMATIC);
    assertThat(changed.getClass()).isEqualTo(spec.getClass());
    assertThat(changed.problem()).isEqualTo(spec.problem());
    assertThat(changed.tuning()).isEqualTo(Tuning.AUTOMATIC);
  }

  @ParameterizedTest
  @CsvSource({
    "FP32,FP32",
    "FP16,FP16",
    "BF16,BF16",
    "FP8_E4M3,BF16",
    "FP8_E5M2,BF16",
    "INT8,INT32"
  })
  void theOutputTypeFollowsTheInputUnlessSet(DType in, DType out) {
    assertThat(AllGatherGemmSpec.builder().m(1).n(1).k(1).dtype(in).build().problem().outputType())
        .isEqualTo(out);
    if (in.isFloating()) {
      GemmProblem set =
          AllGatherGemmSpec.builder()
              .m(1)
              .n(1)
              .k(1)
              .outputType(DType.FP8_E5M2)
              .dtype(in)
              .build()
              .problem();
      assertThat(set.outputType()).isEqualTo(DType.FP8_E5M2);
      assertThat(set.inputType()).isEqualTo(in);
    }
  }

  @ParameterizedTest
  @MethodSource("builders")
  void refusalsNameTheField(Supplier<OperatorSpecBuilder<?, ?>> builder) {
    refused("m", () -> builder.get().n(1).k(1).build());
    refused("n", () -> builder.get().m(1).k(1).build());
    refused("k", () -> builder.get().m(1).n(1).build());
    refused("m", () -> builder.get().m(1L << 31).n(1).k(1).build());
    refused("n", () -> builder.get().m(1).n((1L << 32) + 1).k(1).build());
    refused("k", () -> builder.get().m(1).n(1).k(0).build());
    refused("alpha", () -> builder.get().m(1).n(1).k(1).alpha(Float.NaN).build());
    refused("inputType", () -> builder.get().m(1).n(1).k(1).dtype(DType.INT32).build());
    assertThatThrownBy(() -> builder.get().n(1).k(1).build()).hasMessageContaining("was it set?");
    assertThatThrownBy(() -> builder.get().m(-2).n(1).k(1).build())
        .hasMessageContaining("m is -2")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("was it set?"));
  }

  @Test
  void allToAllHasNoBeta() {
    refused("beta", () -> GemmAllToAllSpec.builder().m(1).n(1).k(1).beta(1).build());
    assertThat(GemmAllReduceSpec.builder().m(1).n(1).k(1).beta(0.5f).build().problem().beta())
        .isEqualTo(0.5f);
  }

  @Test
  void normsGoWithFloatingOutputsAndNoBeta() {
    Norm norm = Norm.rms(1e-5f).withResidual();
    GemmAllReduceSpec.Builder good = GemmAllReduceSpec.builder().m(1).n(1).k(1).norm(norm);
    assertThat(good.build().norm()).isEqualTo(norm);
    assertThat(good.build().withTuning(Tuning.AUTOMATIC.withChunks(2)).norm()).isEqualTo(norm);
    assertThat(GemmReduceScatterSpec.builder().m(1).n(1).k(1).build().norm()).isNull();
    assertThat(AllGatherGemmSpec.builder().m(1).n(1).k(1).build().norm()).isNull();
    refused(
        "beta", () -> GemmReduceScatterSpec.builder().m(1).n(1).k(1).beta(1).norm(norm).build());
    refused(
        "outputType",
        () -> GemmAllReduceSpec.builder().m(1).n(1).k(1).dtype(DType.INT8).norm(norm).build());
    refused(
        "outputType",
        () ->
            GemmAllReduceSpec.builder()
                .m(1)
                .n(1)
                .k(1)
                .dtype(DType.FP8_E4M3)
                .outputType(DType.FP8_E4M3)
                .norm(norm)
                .build());
  }

  @Test
  void normsAreValuesWithAPositiveEpsilon() {
    for (float eps : new float[] {0, -1, Float.MIN_VALUE, Float.NaN, Float.POSITIVE_INFINITY}) {
      refused("eps", () -> Norm.layer(eps));
    }
    assertThat(Norm.layer(1e-6f).withBias().withResidual().withSum())
        .isEqualTo(new Norm(Norm.Kind.LAYER, 1e-6f, true, true, true));
    assertThat(Norm.rms(Float.MIN_NORMAL).withSum().residual()).isFalse();
  }

  @Test
  void tuningRanges() {
    refused("chunks", () -> Tuning.AUTOMATIC.withChunks(-1));
    refused("chunks", () -> Tuning.AUTOMATIC.withChunks(1025));
    refused("tileRows", () -> Tuning.AUTOMATIC.withTile(-1, 0));
    refused("tileCols", () -> Tuning.AUTOMATIC.withTile(0, -1));
    refused("reservedUnits", () -> Tuning.AUTOMATIC.withReservedUnits(-2));
    refused("groups", () -> Tuning.AUTOMATIC.withGroups(List.of(1, 0)));
    refused("groups", () -> Tuning.AUTOMATIC.withGroups(List.of(1025)));
    refused("groups", () -> Tuning.AUTOMATIC.withGroups(Collections.nCopies(1025, 1)));
  }

  @Test
  void whatIsChangedInATuningChangesNothingElse() {
    List<Integer> groups = List.of(5, 6);
    Transport compute = Transport.COMPUTE;
    assertThat(ALL.withChunks(1024))
        .isEqualTo(new Tuning(Strategy.SIGNALED, 1024, 2, 3, 4, groups, compute));
    assertThat(ALL.withTile(7, 8))
        .isEqualTo(new Tuning(Strategy.SIGNALED, 1, 7, 8, 4, groups, compute));
    assertThat(ALL.withStrategy(Strategy.FUSED))
        .isEqualTo(new Tuning(Strategy.FUSED, 1, 2, 3, 4, groups, compute));
    assertThat(ALL.withReservedUnits(9))
        .isEqualTo(new Tuning(Strategy.SIGNALED, 1, 2, 3, 9, groups, compute));
    assertThat(ALL.withGroups(List.of(7)))
        .isEqualTo(new Tuning(Strategy.SIGNALED, 1, 2, 3, 4, List.of(7), compute));
    assertThat(ALL.withTransport(Transport.AUTO))
        .isEqualTo(new Tuning(Strategy.SIGNALED, 1, 2, 3, 4, groups, Transport.AUTO));
  }

  @Test
  void shapes() {
    refused("rows", () -> new Shape(-1, 0));
    refused("cols", () -> new Shape(0, -1));
    assertThat(new Shape(1 << 20, 1 << 20).elements()).isEqualTo(1L << 40);
    assertThat(new Shape(2, 3).transposed()).isEqualTo(new Shape(3, 2));
    assertThat(new Shape(2, 3)).hasToString("[2, 3]");
  }
}
