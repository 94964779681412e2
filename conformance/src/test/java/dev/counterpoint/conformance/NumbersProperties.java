package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The kit's own number formats agree with what Java knows, and round to the nearest value. */
class NumbersProperties {
  @Property
  void binary32IsThatOfJava(@ForAll int bits) {
    float wanted = Float.intBitsToFloat(bits);
    double seen = Numbers.decode(DType.FP32, bits);
    assertThat(Double.compare(seen, wanted) == 0 || (Double.isNaN(seen) && Float.isNaN(wanted)))
        .isTrue();
  }

  @Property
  void encodingToBinary32RoundsAsJavaDoes(@ForAll double value) {
    float wanted = (float) value;
    int seen = Numbers.encode(DType.FP32, value);
    assertThat(seen).isEqualTo(Float.floatToRawIntBits(wanted));
  }

  @Property
  void whatWasDecodedIsEncodedToItself(@ForAll @IntRange(max = 0xffff) int pattern) {
    for (DType type : new DType[] {DType.FP16, DType.BF16, DType.FP8_E4M3, DType.FP8_E5M2}) {
      int bits = pattern & ((1 << (8 * type.bytes())) - 1);
      if (!Numbers.isNan(type, bits)) {
        assertThat(Numbers.encode(type, Numbers.decode(type, bits)))
            .as("%s %x", type, bits)
            .isEqualTo(bits);
      }
    }
  }

  @Property
  void noOtherValueIsNearer(@ForAll float value) {
    for (DType type : new DType[] {DType.FP16, DType.BF16, DType.FP8_E4M3, DType.FP8_E5M2}) {
      double largest = Numbers.decode(type, Numbers.largestBits(type));
      if (Math.abs(value) > largest) {
        continue;
      }
      int bits = Numbers.encode(type, value);
      double distance = Math.abs(Numbers.decode(type, bits) - value);
      for (int neighbour : new int[] {bits - 1, bits + 1}) {
        double other = Numbers.decode(type, neighbour & ((1 << (8 * type.bytes())) - 1));
        assertThat(Double.isFinite(other) && Math.abs(other - value) < distance)
            .as("%s of %s", type, value)
            .isFalse();
      }
    }
  }
}
