package dev.counterpoint.spi;

/**
 * What is known of a device.
 *
 * @param index position among the backend's devices
 * @param name the product's name
 * @param architecture as its compiler names it, such as {@code sm_90} or {@code gfx942}; for the
 *     host its CPU architecture
 * @param memoryBytes total memory
 * @param computeUnits multiprocessors, or worker threads
 * @param emulated whether the device is emulated in software; said in every output
 */
public record DeviceInfo(
    int index,
    String name,
    String architecture,
    long memoryBytes,
    int computeUnits,
    boolean emulated) {}
