/**
 * The CUDA backend's parts. {@link dev.counterpoint.backend.cuda.internal.Driver} is the only way
 * to the device; handles are numbers, and JavaCPP types stay inside the {@code Native…} classes.
 */
@NullMarked
package dev.counterpoint.backend.cuda.internal;

import org.jspecify.annotations.NullMarked;
