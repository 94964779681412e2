/** Flight recorder events. */
@NullMarked
package dev.counterpoint.core.telemetry;

import org.jspecify.annotations.NullMarked;
