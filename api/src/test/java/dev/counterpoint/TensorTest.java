package dev.counterpoint;

import static dev.counterpoint.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.spi.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {
  private static float[] counting(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = i - 7;
    }
    return values;
  }

  /** Values that every type holds exactly. */
  private static float[] small() {
    return counting(15);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsUploadedIsDownloaded(DType dtype) {
    FakeRank rank = new FakeRank(4096);
    Tensor tensor = rank.tensor(dtype, 3, 5, 5, 0);
    assertThat(tensor.upload(small())).isSameAs(tensor);
    assertThat(tensor.toFloats()).containsExactly(small());
    assertThat(rank.transfers).as("one piece each").hasSize(2);
    ByteBuffer expected = ByteBuffer.allocate(15 * 4).order(ByteOrder.nativeOrder());
    for (float value : small()) {
      int bits = dtype.encode(value);
      switch (dtype.bytes()) {
        case 1 -> expected.put((byte) bits);
        case 2 -> expected.putShort((short) bits);
        default -> expected.putInt(bits);
      }
    }
    assertThat(Arrays.copyOf(rank.memory, 15 * dtype.bytes()))
        .isEqualTo(Arrays.copyOf(expected.array(), 15 * dtype.bytes()));
  }

  @Test
  void gapsBetweenRowsAreLeftAlone() {
    FakeRank rank = new FakeRank(40);
    Arrays.fill(rank.memory, (byte) 99);
    Tensor tensor = rank.tensor(DType.INT8, 3, 2, 5, 4);
    tensor.upload(new float[] {1, 2, 3, 4, 5, 6});
    byte[] expected = new byte[40];
    Arrays.fill(expected, (byte) 99);
    expected[4] = 1;
    expected[5] = 2;
    expected[9] = 3;
    expected[10] = 4;
    expected[14] = 5;
    expected[15] = 6;
    assertThat(rank.memory).containsExactly(expected);
    assertThat(tensor.toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(tensor.isContiguous()).isFalse();
  }

  @Test
  void rowsMakesAViewOfTheSameMemory() {
    FakeRank rank = new FakeRank(400);
    Tensor tensor = rank.tensor(DType.FP16, 6, 3, 7, 0);
    tensor.upload(counting(18));
    Tensor view = tensor.rows(2, 3);
    assertThat(view.shape()).isEqualTo(new Shape(3, 3));
    assertThat(view.rowStride()).isEqualTo(7);
    assertThat(view.memory().address()).isEqualTo(2 * 7 * 2);
    assertThat(view.toFloats()).containsExactly(Arrays.copyOfRange(counting(18), 6, 15));
    assertThat(view.rows(1, 1).toFloats()).containsExactly(Arrays.copyOfRange(counting(18), 9, 12));
    view.rows(2, 1).upload(new float[] {100, 101, 102});
    assertThat(tensor.toFloats()).startsWith(Arrays.copyOf(counting(18), 12)).contains(100, 101);
    assertThat(tensor.toFloats()[12]).isEqualTo(100);
    assertThat(tensor.rows(6, 0).toFloats()).isEmpty();
  }

  @Test
  void theLastRowNeedNotFillItsStride() {
    FakeRank rank = new FakeRank(2 * 10 + 3);
    Tensor tensor = rank.tensor(DType.INT8, 3, 3, 10, 0);
    tensor.upload(counting(9));
    assertThat(tensor.rows(2, 1).toFloats()).containsExactly(-1, 0, 1);
    assertThat(tensor.rows(3, 0).shape()).isEqualTo(new Shape(0, 3));
    refused("memory", () -> new FakeRank(22).tensor(DType.INT8, 3, 3, 10, 0));
  }

  @Test
  void scalesBelongToTheViewThatHasThem() {
    FakeRank rank = new FakeRank(100);
    Tensor tensor = rank.tensor(DType.FP8_E4M3, 4, 5, 5, 0);
    Tensor factors = rank.tensor(DType.FP32, 4, 1, 2, 40);
    Tensor scaled = tensor.withScales(factors);
    assertThat(scaled.scales()).isSameAs(factors);
    assertThat(scaled.memory()).isEqualTo(tensor.memory());
    assertThat(scaled.shape()).isEqualTo(tensor.shape());
    assertThat(tensor.scales()).isNull();
    assertThat(scaled.rows(1, 2).scales()).isNull();
    refused("scales", () -> tensor.withScales(rank.tensor(DType.FP16, 4, 1, 1, 40)));
    refused("scales", () -> tensor.withScales(new FakeRank(16).tensor(DType.FP32, 4, 1, 1, 0)));
    scaled.close();
    assertThat(rank.freed).as("the view's own memory").isEqualTo(1);
    factors.requireOpen();
    assertThatThrownBy(tensor::requireOpen).isInstanceOf(ResourceClosedException.class);
    assertThatThrownBy(() -> tensor.withScales(factors))
        .isInstanceOf(ResourceClosedException.class);
  }

  @Test
  void viewsOutsideAreRefused() {
    Tensor tensor = new FakeRank(100).tensor(DType.INT8, 4, 5, 5, 0);
    refused("rows", () -> tensor.rows(-1, 1));
    refused("rows", () -> tensor.rows(0, 5));
    refused("rows", () -> tensor.rows(5, 0));
    refused("rows", () -> tensor.rows(1, -1));
    refused("rows", () -> tensor.rows(Integer.MAX_VALUE, 2));
    refused("rows", () -> tensor.rows(2, Integer.MAX_VALUE));
  }

  @Test
  void tensorsLargerThanABatchGoInSeveralPieces() {
    int rows = 5;
    int cols = 100_000; // two rows to a batch
    FakeRank rank = new FakeRank(rows * (cols + 1) * 2);
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 251;
    }
    Tensor packed = rank.tensor(DType.FP16, rows, cols, cols, 0);
    packed.upload(values);
    assertThat(rank.transfers).containsExactly("up 400000", "up 400000", "up 200000");
    assertThat(packed.toFloats()).isEqualTo(values);
    Tensor strided = rank.tensor(DType.FP16, rows, cols, cols + 1, 0);
    strided.upload(values);
    assertThat(strided.toFloats()).isEqualTo(values);
  }

  @Test
  void aRowLongerThanABatchIsOnePiece() {
    int cols = (1 << 18) + 3;
    FakeRank rank = new FakeRank(2 * cols);
    float[] values = new float[2 * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 100;
    }
    Tensor tensor = rank.tensor(DType.INT8, 2, cols, cols, 0);
    assertThat(tensor.upload(values).toFloats()).isEqualTo(values);
  }

  @Test
  void rawBytesKeepTheirPlaces() {
    FakeRank rank = new FakeRank(64);
    Tensor tensor = rank.tensor(DType.FP16, 2, 3, 4, 0);
    ByteBuffer source = ByteBuffer.allocate(20);
    for (int i = 0; i < 20; i++) {
      source.put(i, (byte) i);
    }
    source.position(4).limit(16);
    assertThat(tensor.uploadBytes(source)).isSameAs(tensor);
    assertThat(source.remaining()).as("consumed").isZero();
    assertThat(source.limit()).as("limit kept").isEqualTo(16);
    assertThat(Arrays.copyOf(rank.memory, 16))
        .containsExactly(4, 5, 6, 7, 8, 9, 0, 0, 10, 11, 12, 13, 14, 15, 0, 0);
    ByteBuffer target = ByteBuffer.allocate(12);
    tensor.downloadBytes(target);
    assertThat(target.remaining()).isZero();
    assertThat(target.array()).containsExactly(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  }

  @Test
  void wrongAmountsAreRefusedAndNothingMoves() {
    FakeRank rank = new FakeRank(64);
    Tensor tensor = rank.tensor(DType.FP16, 2, 3, 3, 0);
    refused("values", () -> tensor.upload(new float[5]));
    refused("values", () -> tensor.upload(new float[7]));
    refused("buffer", () -> tensor.uploadBytes(ByteBuffer.allocate(11)));
    refused("buffer", () -> tensor.downloadBytes(ByteBuffer.allocate(13)));
    assertThat(rank.transfers).isEmpty();
  }

  @Test
  void emptyTensorsMoveNothing() {
    FakeRank rank = new FakeRank(0);
    for (Shape shape : List.of(new Shape(0, 4), new Shape(4, 0), new Shape(0, 0))) {
      Tensor tensor = rank.tensor(DType.FP32, shape.rows(), shape.cols(), shape.cols(), 0);
      assertThat(tensor.upload(new float[0]).toFloats()).isEmpty();
      tensor.uploadBytes(ByteBuffer.allocate(0));
      tensor.downloadBytes(ByteBuffer.allocate(0));
    }
  }

  @Test
  void badGeometryIsRefused() {
    FakeRank rank = new FakeRank(1000);
    DeviceMemory memory = new DeviceMemory(2, 0, 1000);
    refused("rows", () -> Tensor.over(rank, DType.FP32, -1, 1, 1, memory, rank));
    refused("cols", () -> Tensor.over(rank, DType.FP32, 1, -1, 1, memory, rank));
    refused("rowStride", () -> Tensor.over(rank, DType.FP32, 1, 5, 4, memory, rank));
    refused("memory", () -> Tensor.over(rank, DType.FP32, 1, 251, 251, memory, rank));
    int huge = Integer.MAX_VALUE;
    refused("memory", () -> Tensor.over(rank, DType.INT8, huge, 2, huge, memory, rank));
    refused("rowStride", () -> Tensor.over(rank, DType.FP32, huge, 2, huge, memory, rank));
    assertThat(Tensor.over(rank, DType.FP32, 1, 250, huge, memory, rank).isContiguous()).isTrue();
  }

  @Test
  void aClosedTensorAndItsViewsRefuseEverything() {
    FakeRank rank = new FakeRank(100);
    Tensor tensor = rank.tensor(DType.INT8, 2, 3, 3, 0);
    Tensor view = tensor.rows(1, 1);
    tensor.close();
    tensor.close();
    view.close();
    assertThat(rank.freed).isEqualTo(1);
    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            tensor::memory,
            tensor::toFloats,
            () -> tensor.rows(0, 1),
            () -> tensor.upload(new float[6]),
            () -> tensor.uploadBytes(ByteBuffer.allocate(6)),
            () -> tensor.downloadBytes(ByteBuffer.allocate(6)),
            view::requireOpen)) {
      assertThatThrownBy(use)
          .isInstanceOf(ResourceClosedException.class)
          .hasMessageContaining("tensor INT8 [")
          .hasMessageContaining("on rank 2 is closed");
    }
    assertThat(rank.transfers).isEmpty();
  }

  @Test
  void itDescribesItself() {
    FakeRank rank = new FakeRank(100);
    Tensor tensor = rank.allocate(DType.FP8_E4M3, new Shape(2, 3));
    assertThat(tensor).hasToString("tensor FP8_E4M3 [2, 3] on rank 2");
    assertThat(tensor.rank()).isSameAs(rank);
    assertThat(tensor.dtype()).isEqualTo(DType.FP8_E4M3);
    assertThat(tensor.rows()).isEqualTo(2);
    assertThat(tensor.cols()).isEqualTo(3);
    assertThat(tensor.isContiguous()).isTrue();
  }
}
