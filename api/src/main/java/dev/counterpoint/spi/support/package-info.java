/**
 * What every backend needs and none should write again. Resources that are closed once and reported
 * when they leak ({@link dev.counterpoint.spi.support.Resource}). The body of a backend whose ranks
 * are all in one process ({@link dev.counterpoint.spi.support.LocalBackend}), what its parts share
 * ({@link dev.counterpoint.spi.support.BackendContext}), its symmetric memory, and who takes part
 * in a capture. And the argument checks that a backend owes its callers, in one place so that all
 * backends refuse the same things in the same words (rules GEMM-16, GEMM-17, XFER-5, SIG-12,
 * ERR-7). They look at plain values of the SPI only; what depends on a device, such as
 * capabilities, stays with the backend. No check allocates when the arguments are good, except
 * those of specifications, which belong to planning.
 */
@NullMarked
package dev.counterpoint.spi.support;

import org.jspecify.annotations.NullMarked;
