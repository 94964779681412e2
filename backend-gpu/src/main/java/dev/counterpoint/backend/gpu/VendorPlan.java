package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmSpec;
import java.util.ArrayList;
import java.util.List;

/** How a plain GEMM is cut into calls of the vendor's library, and which GEMMs it can do at all. */
final class VendorPlan {
  /**
   * Consecutive rows with one epilogue.
   *
   * @param firstRow first row of A and D; C begins with the window
   * @param inWindow whether beta · C and the bias are added
   */
  record Part(int firstRow, int rows, boolean inWindow) {}

  private VendorPlan() {}

  /** Whether the library's kinds of GEMM include this one; strides and alignment show at launch. */
  static boolean suits(GemmSpec spec) {
    Epilogue epilogue = spec.epilogue();
    if (spec.k() == 0 || epilogue.rowScale() || epilogue.colScale()) {
      return false;
    }
    boolean byRowOfB = spec.weightLayout() == WeightLayout.NK;
    return switch (spec.inputType()) {
      case FP32, FP16, BF16 -> spec.outputType().bytes() >= spec.inputType().bytes();
      case FP8_E4M3, FP8_E5M2 ->
          byRowOfB
              && (spec.outputType() == DType.BF16
                  || spec.outputType() == DType.FP16
                  || (spec.outputType() == DType.FP32 && !epilogue.bias()));
      case INT8 -> byRowOfB && !epilogue.bias() && spec.k() % 4 == 0 && spec.cols() % 4 == 0;
      case INT32 -> false;
    };
  }

  /**
   * The calls: one, unless C or the bias is added to some of the rows only; then up to three, for
   * the rows before, in and behind the window.
   */
  static List<Part> parts(int rows, Epilogue epilogue) {
    boolean plain = epilogue.beta() == 0f && !epilogue.bias();
    int first = epilogue.firstRow();
    int end = first + epilogue.rowCount();
    List<Part> parts = new ArrayList<>();
    if (plain || epilogue.rowCount() == 0) {
      add(parts, 0, rows, false);
    } else {
      add(parts, 0, first, false);
      add(parts, first, end - first, true);
      add(parts, end, rows - end, false);
    }
    return parts;
  }

  private static void add(List<Part> parts, int first, int rows, boolean inWindow) {
    if (rows > 0) {
      parts.add(new Part(first, rows, inWindow));
    }
  }

  /** What an address or a number of bytes is a multiple of, at most 16. */
  static int alignment(long value) {
    return (int) Math.min(16, Long.lowestOneBit(value | 16));
  }
}
