/** Says which backends can run here and what to do about the others. */
@NullMarked
package dev.counterpoint.cli.doctor;

import org.jspecify.annotations.NullMarked;
