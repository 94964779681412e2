/**
 * What GPU backends share: everything above the driver. {@link dev.counterpoint.backend.gpu.Driver}
 * is the only way to a device, with handles that are numbers; {@link
 * dev.counterpoint.backend.gpu.Platform} is what sets one vendor's devices and tools apart, and
 * {@link dev.counterpoint.backend.gpu.Installation} what of it was found in this process.
 *
 * <p>For the backends of this project only: what is public here may change with any version.
 */
@NullMarked
package dev.counterpoint.backend.gpu;

import org.jspecify.annotations.NullMarked;
