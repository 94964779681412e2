package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;

/** Numbers of element types in parameter blocks: {@code ElementType} of the kernels. */
final class ElementType {
  private ElementType() {}

  static int number(DType dtype) {
    return switch (dtype) {
      case FP32 -> 0;
      case FP16 -> 1;
      case BF16 -> 2;
      case FP8_E4M3 -> 3;
      case FP8_E5M2 -> 4;
      case INT8 -> 5;
      case INT32 -> 6;
    };
  }
}
