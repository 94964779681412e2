package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the names of element types, in any case. */
public final class DTypeConverter implements ITypeConverter<DType> {
  /** Called by picocli. */
  public DTypeConverter() {}

  @Override
  public DType convert(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "fp32", "float32", "f32" -> DType.FP32;
      case "fp16", "float16", "half", "f16" -> DType.FP16;
      case "bf16", "bfloat16" -> DType.BF16;
      case "fp8", "fp8_e4m3", "e4m3" -> DType.FP8_E4M3;
      case "fp8_e5m2", "e5m2" -> DType.FP8_E5M2;
      case "int8", "i8" -> DType.INT8;
      default ->
          throw new TypeConversionException(
              "'" + text + "' is not one of fp32, fp16, bf16, fp8_e4m3, fp8_e5m2, int8");
    };
  }
}
