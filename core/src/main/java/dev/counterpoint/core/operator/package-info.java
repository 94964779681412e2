/** Plans: argument checks, strategy choice, and the mapping from operators to programs. */
@NullMarked
package dev.counterpoint.core.operator;

import org.jspecify.annotations.NullMarked;
