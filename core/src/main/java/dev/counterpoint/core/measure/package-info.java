/** How device time is measured: all ranks start together, and the slowest counts. */
@NullMarked
package dev.counterpoint.core.measure;

import org.jspecify.annotations.NullMarked;
