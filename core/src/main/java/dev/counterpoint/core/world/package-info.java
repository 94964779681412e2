/** Worlds and ranks: lifecycle, launch order, leaks. */
@NullMarked
package dev.counterpoint.core.world;

import org.jspecify.annotations.NullMarked;
