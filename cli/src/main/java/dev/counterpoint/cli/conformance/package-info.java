/** Runs the conformance kit without a build tool. */
@NullMarked
package dev.counterpoint.cli.conformance;

import org.jspecify.annotations.NullMarked;
