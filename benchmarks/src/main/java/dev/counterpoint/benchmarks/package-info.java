/**
 * JMH measurements: host time of a launch, and the host backend's GEMM against one plain OpenBLAS
 * call.
 */
@NullMarked
package dev.counterpoint.benchmarks;

import org.jspecify.annotations.NullMarked;
