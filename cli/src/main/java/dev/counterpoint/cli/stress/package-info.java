/** Launches operators very often and looks at what is left. */
@NullMarked
package dev.counterpoint.cli.stress;

import org.jspecify.annotations.NullMarked;
