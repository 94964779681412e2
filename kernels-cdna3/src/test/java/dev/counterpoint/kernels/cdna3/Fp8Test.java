package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.OnEmulatedDevice;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every code of OCP's FP8 means on this device what it means everywhere, through every path. */
@OnEmulatedDevice
class Fp8Test {
  private static double[] values(byte[] bytes, int first, int count) {
    return IntStream.range(first, first + count)
        .mapToDouble(k -> Element.FP32.read(bytes, 4 * k))
        .toArray();
  }

  private static int one(Element type) {
    return type.encode(1);
  }

  /**
   * D[m, n] = A[m, 0] · B[0, n] with all 256 codes on either side: exact products, infinities and
   * NaN, by whole panels (k = 64 or more) and by pieces.
   */
  @ParameterizedTest
  @CsvSource({
    "FP8_E4M3, true, 64, 0", "FP8_E4M3, false, 64, 0", "FP8_E4M3, true, 5, 0",
    "FP8_E4M3, false, 64, 1", "FP8_E5M2, true, 64, 0", "FP8_E5M2, false, 64, 0",
    "FP8_E5M2, true, 5, 0", "FP8_E5M2, true, 64, 1"
  })
  void allProductsOfAllCodes(Element type, boolean alongK, int k, int pad) {
    GemmSpec spec = new GemmSpec().in(type).out(Element.FP32).alongK(alongK);
    Gemm gemm = new Gemm(spec.shape(256, 256, k).pad(pad), "g", 1);
    Arrays.fill(gemm.a, (byte) 0);
    Arrays.fill(gemm.b, (byte) 0);
    int at = k / 2;
    for (int code = 0; code < 256; code++) {
      gemm.a[code * gemm.strideA + at] = (byte) code;
      gemm.b[alongK ? code * gemm.strideB + at : at * gemm.strideB + code] = (byte) code;
    }
    KernelScript script = new KernelScript();
    gemm.prepare(script).launch(script, "0", gemm.parameters());
    byte[] got = script.add("devsync").download("gD").run().bytes("gD");
    for (int row = 0; row < 256; row++) {
      double[] wanted = new double[256];
      for (int col = 0; col < 256; col++) {
        // Added to zeros, so that there is no minus zero.
        wanted[col] = type.decode(row) * type.decode(col) + 0.0;
      }
      assertThat(values(got, row * gemm.strideD, 256)).as("0x%x", row).isEqualTo(wanted);
    }
  }

  /** A NaN or an infinity reaches its row and no other. */
  @ParameterizedTest
  @CsvSource({"FP8_E4M3, 0x7f", "FP8_E4M3, 0xff", "FP8_E5M2, 0x7c", "FP8_E5M2, 0xfe"})
  void specialValuesDoNotSpread(Element type, String code) {
    int special = Integer.decode(code);
    GemmSpec spec = new GemmSpec().in(type).out(Element.FP32).tile(2).shape(70, 140, 96);
    Gemm gemm = new Gemm(spec, "g", 1);
    Arrays.fill(gemm.a, (byte) one(type));
    Arrays.fill(gemm.b, (byte) one(type));
    gemm.a[33 * gemm.strideA + 70] = (byte) special;
    KernelScript script = new KernelScript();
    gemm.prepare(script).launch(script, "0", gemm.parameters());
    byte[] got = script.add("devsync").download("gD").run().bytes("gD");
    for (int row = 0; row < 70; row++) {
      double[] wanted = new double[140];
      Arrays.fill(wanted, row == 33 ? 95 + type.decode(special) : 96);
      assertThat(values(got, row * 140, 140)).as("row %d", row).isEqualTo(wanted);
    }
  }
}
