/**
 * What every backend needs and none should write again: resources that are closed once and reported
 * when they leak ({@link dev.counterpoint.spi.support.Resource}), and the argument checks that it
 * owes its callers, in one place so that all backends refuse the same things in the same words
 * (rules GEMM-16, GEMM-17, XFER-5, SIG-12, ERR-7). They look at plain values of the SPI only; what
 * depends on a device, such as capabilities and closed resources, stays with the backend. Nothing
 * here allocates when the arguments are good, except the checks of specifications, which belong to
 * planning.
 */
@NullMarked
package dev.counterpoint.spi.support;

import org.jspecify.annotations.NullMarked;
