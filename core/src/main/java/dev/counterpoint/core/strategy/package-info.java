/** The strategies, written once on the SPI. */
@NullMarked
package dev.counterpoint.core.strategy;

import org.jspecify.annotations.NullMarked;
