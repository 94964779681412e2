/**
 * The {@code counterpoint} command: measures, checks, explains and packs what the library does on
 * this machine.
 */
@NullMarked
package dev.counterpoint.cli;

import org.jspecify.annotations.NullMarked;
