/**
 * The conformance kit: the rules of {@code SPEC.md} as tests that any backend can run.
 *
 * <p>Run it with {@link dev.counterpoint.conformance.ConformanceRunner}, with the command {@code
 * counterpoint conformance}, or from any JUnit Platform build: put this jar and the backend on the
 * test class path, select the package {@code dev.counterpoint.conformance} and set the system
 * property {@code counterpoint.conformance.backend} to the backend's name. Every test method names
 * its rules with {@link dev.counterpoint.conformance.Rule}.
 */
@NullMarked
package dev.counterpoint.conformance;

import org.jspecify.annotations.NullMarked;
