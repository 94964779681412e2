/**
 * What is NVIDIA's of the CUDA backend; JavaCPP types stay inside the {@code Native…} classes. The
 * rest is {@link dev.counterpoint.backend.gpu}.
 */
@NullMarked
package dev.counterpoint.backend.cuda.internal;

import org.jspecify.annotations.NullMarked;
