package dev.counterpoint.spi;

/**
 * How the ranks of a backend are connected.
 *
 * @param description for people, such as {@code "NVLink, all to all"}
 * @param bytesPerSecond peak of one device's link in one direction; 0 if unknown (then it is
 *     measured where needed)
 * @param simulated whether the speed is imposed by software; said in every output
 */
public record LinkInfo(String description, double bytesPerSecond, boolean simulated) {}
