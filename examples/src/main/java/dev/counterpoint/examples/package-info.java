/** Short programs that show one thing each. */
@NullMarked
package dev.counterpoint.examples;

import org.jspecify.annotations.NullMarked;
