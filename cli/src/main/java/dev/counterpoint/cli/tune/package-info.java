/** {@code counterpoint tune} and {@code counterpoint profile}. */
@NullMarked
package dev.counterpoint.cli.tune;

import org.jspecify.annotations.NullMarked;
