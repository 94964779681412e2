/** The conformance kit on the ROCm backend and the emulated device. */
@NullMarked
package dev.counterpoint.conformance.rocm;

import org.jspecify.annotations.NullMarked;
