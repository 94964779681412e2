package dev.counterpoint.spi;

/**
 * What happens between the sums and the store: {@code D = alpha · sums · rowScale · colScale +
 * (beta · C + bias)}, where the part in parentheses applies only to rows {@code firstRow … firstRow
 * + rowCount − 1} of the output. Restricting it lets the partial products of several ranks add up
 * with bias and C entering once.
 *
 * @param alpha factor of the product
 * @param beta factor of C; 0 means that C is not read
 * @param bias whether a bias of N elements is added to each row in the window
 * @param rowScale whether each row is scaled by an FP32 factor; needs {@link
 *     Capability#EPILOGUE_SCALES}
 * @param colScale whether each column is scaled by an FP32 factor; needs {@link
 *     Capability#EPILOGUE_SCALES}
 * @param firstRow first row of the window; row {@code firstRow} of the output takes row 0 of C
 * @param rowCount rows in the window
 */
public record Epilogue(
    float alpha,
    float beta,
    boolean bias,
    boolean rowScale,
    boolean colScale,
    int firstRow,
    int rowCount) {
  /** The plain product of a GEMM with {@code rows} rows. */
  public static Epilogue plain(int rows) {
    return new Epilogue(1f, 0f, false, false, false, 0, rows);
  }
}
