/**
 * What is AMD's of the ROCm backend; native calls are made by the {@code Native…} classes alone,
 * through {@link dev.counterpoint.backend.rocm.internal.hip}. The rest is {@link
 * dev.counterpoint.backend.gpu}.
 */
@NullMarked
package dev.counterpoint.backend.rocm.internal;

import org.jspecify.annotations.NullMarked;
