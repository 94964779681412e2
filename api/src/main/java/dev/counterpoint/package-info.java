/**
 * The user's API: open a {@link dev.counterpoint.World}, plan an operator once, launch it many
 * times.
 *
 * <p>Everything here is vendor-neutral. What a backend must provide is in {@link
 * dev.counterpoint.spi}.
 */
@NullMarked
package dev.counterpoint;

import org.jspecify.annotations.NullMarked;
