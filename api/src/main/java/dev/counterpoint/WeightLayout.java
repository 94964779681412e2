package dev.counterpoint;

/** How a weight matrix lies in memory, row-major. */
public enum WeightLayout {
  /** {@code [N, K]}, as a PyTorch {@code Linear} stores it; the product is {@code A · Bᵀ}. */
  NK,
  /** {@code [K, N]}; the product is {@code A · B}. */
  KN
}
