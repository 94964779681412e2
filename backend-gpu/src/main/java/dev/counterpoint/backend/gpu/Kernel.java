package dev.counterpoint.backend.gpu;

/**
 * A loaded kernel.
 *
 * @param entry its name
 * @param handle the driver's
 * @param threads threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param blocksPerUnit how many blocks fit one multiprocessor
 */
record Kernel(String entry, long handle, int threads, int sharedBytes, int blocksPerUnit) {}
