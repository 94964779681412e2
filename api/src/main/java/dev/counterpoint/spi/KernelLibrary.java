package dev.counterpoint.spi;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The device code in use and where it came from; for {@code doctor} and reports. */
public interface KernelLibrary {
  /** Every kernel that this backend has loaded or could load on its devices. */
  List<Kernel> kernels();

  /**
   * Changes when the device code or a library behind it does, and does not while the backend is
   * open. What was measured with other code is not believed.
   *
   * <p>By default what {@link #kernels()} says, sorted; a backend whose list grows as kernels are
   * loaded gives something else.
   */
  default String identity() {
    return String.join(
        "; ",
        kernels().stream()
            .map(
                k ->
                    String.join(
                        ", ",
                        k.name(),
                        k.architecture(),
                        k.origin(),
                        new TreeMap<>(k.attributes()).toString()))
            .sorted()
            .toList());
  }

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
