/**
 * Finding backends; the entry points of the implementation behind {@link dev.counterpoint.World}.
 */
@NullMarked
package dev.counterpoint.core;

import org.jspecify.annotations.NullMarked;
