/**
 * Runs an operator once per strategy over real data, checks every result and compares the times.
 */
@NullMarked
package dev.counterpoint.cli.bench;

import org.jspecify.annotations.NullMarked;
