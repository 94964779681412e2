/** The ROCm backend: ranks are AMD GPUs. Everything but the provider is internal. */
@NullMarked
package dev.counterpoint.backend.rocm;

import org.jspecify.annotations.NullMarked;
