/** Packs the command with a trimmed Java runtime into a folder that runs anywhere. */
@NullMarked
package dev.counterpoint.cli.bundle;

import org.jspecify.annotations.NullMarked;
