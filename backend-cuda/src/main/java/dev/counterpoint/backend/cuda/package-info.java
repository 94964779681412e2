/** The CUDA backend: ranks are NVIDIA GPUs. Everything but the provider is internal. */
@NullMarked
package dev.counterpoint.backend.cuda;

import org.jspecify.annotations.NullMarked;
