package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.Probe;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What of a platform is installed on this machine. */
public interface Installation {
  /**
   * Whether the backend can run; never throws.
   *
   * @param kernelFolder a folder to look into for kernels first, or null
   */
  Probe probe(@Nullable String kernelFolder);

  /** The driver; there is one where the probe says that the backend can run. */
  Driver driver();

  /** The run-time compiler, or null. */
  @Nullable KernelCompiler compiler();

  /** Whether there is a library for GEMMs. */
  boolean hasBlas();

  /** The library for GEMMs on the device that the calling thread uses. */
  VendorBlas newBlas();

  /** The library of collectives between devices that are all different, one for each rank. */
  CollectiveLibrary newCollectives(List<Integer> devices);
}
