package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.KernelLibrary;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The kernels that were loaded, those that could be, and the libraries. */
final class GpuKernelLibrary implements KernelLibrary {
  private final GpuContext context;
  private final KernelStore store;
  private final String tiles;
  private final @Nullable String collectives;
  private final @Nullable String blas;

  /**
   * Creates it.
   *
   * @param tiles whose kernels serve tile GEMMs
   * @param collectives the library of collectives, or null
   * @param blas the vendor's GEMM library, or null
   */
  GpuKernelLibrary(
      GpuContext context,
      KernelStore store,
      String tiles,
      @Nullable String collectives,
      @Nullable String blas) {
    this.context = context;
    this.store = store;
    this.tiles = tiles;
    this.collectives = collectives;
    this.blas = blas;
  }

  @Override
  public List<Kernel> kernels() {
    Set<Kernel> kernels = new LinkedHashSet<>();
    Set<String> loaded = new LinkedHashSet<>();
    for (RankState rank : context.ranks()) {
      for (KernelImage image : rank.kernels().images()) {
        for (KernelManifest.Kernel kernel : image.kernels()) {
          loaded.add(kernel.entry() + kernel.architecture());
          kernels.add(
              new Kernel(
                  kernel.entry(), image.architecture(), image.origin(), kernel.attributes()));
        }
      }
    }
    for (KernelManifest.Kernel kernel : store.built()) {
      if (!loaded.contains(kernel.entry() + kernel.architecture())) {
        kernels.add(
            new Kernel(
                kernel.entry(),
                kernel.architecture(),
                "built in, not loaded",
                kernel.attributes()));
      }
    }
    String architecture = context.ranks().isEmpty() ? "" : context.rank(0).info().architecture();
    if (collectives != null) {
      kernels.add(new Kernel("collectives", architecture, "library: " + collectives, Map.of()));
    }
    if (blas != null) {
      kernels.add(new Kernel("vendor gemm", architecture, "library: " + blas, Map.of()));
    }
    return List.copyOf(new ArrayList<>(kernels));
  }

  @Override
  public String identity() {
    return "code "
        + store.identity()
        + ", tiles by "
        + tiles
        + ", collectives "
        + collectives
        + ", gemm "
        + blas;
  }
}
