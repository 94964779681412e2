/**
 * What a backend provides: symmetric memory, signals, transfers, a tile GEMM with four hooks, a
 * gated reduction, normalisation and collectives. The contract is {@code SPEC.md}; the rule names
 * in the Javadoc (such as SIG-3) refer to it.
 */
@NullMarked
package dev.counterpoint.spi;

import org.jspecify.annotations.NullMarked;
