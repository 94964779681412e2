package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Opens a backend: everything that may block or load happens here, before the first launch. */
final class GpuSetup {
  /** Memory in which the library's collectives are used for the first time. */
  private static final long FIRST_USE_BYTES = 64L << 20;

  private GpuSetup() {}

  static GpuBackend open(BackendOptions options) {
    Driver driver = Natives.DRIVER.get();
    if (driver == null) {
      throw new BackendUnavailableException(
          "backend 'cuda' is unavailable: " + Natives.DRIVER.failure());
    }
    int available = driver.deviceCount();
    GpuOptions parsed = GpuOptions.parse(options, available);
    return open(
        parsed,
        driver,
        Natives.kernels(parsed.kernelFolder(), parsed.cacheFolder()),
        Natives.BLAS.get() == null ? null : NativeBlas::new,
        usesLibrary(parsed) ? () -> new NativeCollectives(parsed.devices()) : null);
  }

  /** The library needs a device for each rank; one rank needs no library. */
  static boolean usesLibrary(GpuOptions options) {
    boolean possible = options.devices().size() > 1 && !options.sharesDevices();
    return switch (options.collectives()) {
      case AUTO -> possible;
      case COPIES -> false;
      case LIBRARY -> {
        if (options.sharesDevices()) {
          throw new InvalidArgumentException(
              "cuda.collectives",
              "library",
              "be 'copies' or 'auto' where ranks share a device, which NCCL refuses");
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
      GpuOptions options,
      Driver driver,
      KernelStore store,
      @Nullable Supplier<VendorBlas> blas,
      @Nullable Supplier<CollectiveLibrary> collectives) {
    List<DeviceInfo> infos = GpuProbe.devices(driver, driver.deviceCount());
    List<Integer> distinct = new ArrayList<>(new TreeSet<>(options.devices()));
    Set<Capability> capabilities =
        GpuProbe.capabilities(driver, distinct, blas != null, new ArrayList<>());
    HostPage page = new HostPage(driver, options.devices().get(0), options.devices().size());
    GpuContext context = new GpuContext(options, driver, capabilities, page);
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
                infos.get(ordinal),
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
      if (library instanceof NativeCollectives fresh) {
        useOnce(fresh, ranks);
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

  private static void useOnce(NativeCollectives library, List<RankState> ranks) {
    long[] streams = new long[ranks.size()];
    long[] memory = new long[ranks.size()];
    for (RankState rank : ranks) {
      rank.use();
      streams[rank.index()] = rank.driver().createStream(0);
      memory[rank.index()] =
          rank.memory().allocate("the first use of collectives", FIRST_USE_BYTES);
      rank.zero(memory[rank.index()], FIRST_USE_BYTES);
    }
    library.connect(ranks, streams, memory, FIRST_USE_BYTES);
    for (RankState rank : ranks) {
      rank.awaitAndDestroy(streams[rank.index()]);
      rank.memory().free(memory[rank.index()]);
    }
  }
}
