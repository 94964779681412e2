package dev.counterpoint.spi;

import java.util.List;
import java.util.Map;

/** The device code in use and where it came from; for {@code doctor} and reports. */
public interface KernelLibrary {
  /** Every kernel that this backend has loaded or could load on its devices. */
  List<Kernel> kernels();

  /**
   * One kernel.
   *
   * @param name entry point
   * @param architecture what it was compiled for
   * @param origin where it came from: built in, cache, compiled now, or a library
   * @param attributes tile, registers, shared memory, spills and the like
   */
  record Kernel(String name, String architecture, String origin, Map<String, String> attributes) {
    /** Copies the attributes. */
    public Kernel {
      attributes = Map.copyOf(attributes);
    }
  }
}
