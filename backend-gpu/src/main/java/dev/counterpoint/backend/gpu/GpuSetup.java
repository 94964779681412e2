package dev.counterpoint.backend.gpu;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Probe;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Opens a backend: everything that may block or load happens here, before the first launch. */
public final class GpuSetup {
  private GpuSetup() {}

  /**
   * Opens a backend.
   *
   * @throws BackendUnavailableException with the reason that the probe gives
   */
  public static Backend open(Platform platform, Installation installation, BackendOptions options) {
    GpuOptions.requireKnown(platform, options.properties().keySet());
    String kernels = options.properties().get(platform.property(GpuOptions.KERNELS));
    if (installation.probe(kernels) instanceof Probe.Unavailable no) {
      throw new BackendUnavailableException(
          "backend '"
              + platform.name()
              + "' is unavailable: "
              + no.reason()
              + " ("
              + no.detail()
              + "); "
              + no.remedy());
    }
    Driver driver = installation.driver();
    GpuOptions parsed = GpuOptions.parse(platform, options, driver.deviceCount());
    return open(
        platform,
        parsed,
        driver,
        KernelStore.of(
            platform, parsed.kernelFolder(), parsed.cacheFolder(), installation::compiler),
        installation.hasBlas() ? installation::newBlas : null,
        usesLibrary(platform, parsed) ? () -> installation.newCollectives(parsed.devices()) : null);
  }

  /** The library needs a device for each rank; one rank needs no library. */
  static boolean usesLibrary(Platform platform, GpuOptions options) {
    boolean possible = options.devices().size() > 1 && !options.sharesDevices();
    return switch (options.collectives()) {
      case AUTO -> possible;
      case COPIES -> false;
      case LIBRARY -> {
        if (options.sharesDevices()) {
          throw new InvalidArgumentException(
              platform.property(GpuOptions.COLLECTIVES),
              "library",
              "be 'copies' or 'auto' where ranks share a device, which "
                  + platform.collectiveLibrary()
                  + " refuses");
        }
        yield possible;
      }
    };
  }

  /**
   * Opens with given parts.
   *
   * @param blas makes the vendor's GEMM library for the current device, or null
   * @param collectives makes the library of collectives, or null
   */
  static GpuBackend open(
      Platform platform,
      GpuOptions options,
      Driver driver,
      KernelStore store,
      @Nullable Supplier<VendorBlas> blas,
      @Nullable Supplier<CollectiveLibrary> collectives) {
    List<Integer> distinct = new ArrayList<>(new TreeSet<>(options.devices()));
    DeviceSurvey survey = DeviceSurvey.of(driver, distinct);
    Set<Capability> capabilities = survey.capabilities(platform, blas != null, new ArrayList<>());
    HostPage page = new HostPage(driver, options.devices().get(0), options.devices().size());
    GpuContext context = new GpuContext(platform, options, driver, capabilities, page);
    List<RankState> ranks = new ArrayList<>();
    CollectiveLibrary library = null;
    List<@Nullable VendorBlas> handles = new ArrayList<>();
    try {
      for (int rank = 0; rank < options.devices().size(); rank++) {
        int ordinal = options.devices().get(rank);
        ranks.add(
            new RankState(
                driver,
                page,
                rank,
                ordinal,
                survey.devices().get(distinct.indexOf(ordinal)),
                options.ranksOnDeviceOf(rank),
                options.waitNanos(),
                store));
      }
      context.connect(ranks);
      for (RankState rank : ranks) {
        rank.use();
        handles.add(blas == null ? null : blas.get());
      }
      library = collectives == null ? null : collectives.get();
      if (library != null) {
        useOnce(library, ranks);
      }
      return new GpuBackend(context, store, library, handles);
    } catch (RuntimeException | LinkageError e) {
      if (library != null) {
        library.abort();
      }
      handles.stream().filter(h -> h != null).forEach(VendorBlas::close);
      ranks.forEach(RankState::close);
      page.free();
      throw e;
    }
  }

  private static void useOnce(CollectiveLibrary library, List<RankState> ranks) {
    long bytes = library.firstUseBytes();
    long[] streams = new long[ranks.size()];
    long[] memory = new long[ranks.size()];
    for (RankState rank : ranks) {
      rank.use();
      streams[rank.index()] = rank.driver().createStream(0);
      memory[rank.index()] = rank.memory().allocate("the first use of collectives", bytes);
      rank.zero(memory[rank.index()], bytes);
    }
    library.connect(rank -> ranks.get(rank).use(), streams, memory);
    for (RankState rank : ranks) {
      rank.awaitAndDestroy(streams[rank.index()]);
      rank.memory().free(memory[rank.index()]);
    }
  }
}
