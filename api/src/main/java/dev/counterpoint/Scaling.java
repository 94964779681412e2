package dev.counterpoint;

/**
 * Which factors the elements of A and B come with, besides alpha, which is one factor for the whole
 * product.
 */
public enum Scaling {
  /** None: for FP8 input alpha carries the product of the two tensor scales. */
  TENSOR,

  /**
   * One for each row and each {@value #BLOCK} of K of A, and one for each {@value #BLOCK} columns
   * and {@value #BLOCK} of K of B, all in FP32: an element of D is the sum over the blocks of K of
   * the block's own sum times the two factors, added up in FP32. For FP8 input only. After
   * DeepSeek-V3 (arXiv 2412.19437).
   *
   * <p>Blocks are counted from the first column and the first k of the matrix that a rank passes,
   * and the last may be shorter. The factors belong to the operands: {@link Tensor#withScales}.
   */
  BLOCKS;

  /** Elements along K, and columns of B, that share a factor. */
  public static final int BLOCK = 128;

  /** Blocks that cover so many elements. */
  public static int blocks(int elements) {
    return elements / BLOCK + (elements % BLOCK == 0 ? 0 : 1);
  }

  /** Throws unless elements of this type may come with these factors. */
  public void requireFor(DType input) {
    boolean fp8 = input == DType.FP8_E4M3 || input == DType.FP8_E5M2;
    if (this == BLOCKS && !fp8) {
      throw new InvalidArgumentException(
          "scaling",
          this,
          "be TENSOR for " + input + " input; FP8 input alone has scales by block");
    }
  }
}
