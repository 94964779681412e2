/**
 * Chooses a strategy for a shape: by what was measured before, else by a model of time over curves
 * that were sampled once per machine. What the strategies do lies in {@code core.strategy}, which
 * knows nothing of this package. The formulas are in {@code docs/tuner.md}.
 */
@NullMarked
package dev.counterpoint.core.tuner;

import org.jspecify.annotations.NullMarked;
