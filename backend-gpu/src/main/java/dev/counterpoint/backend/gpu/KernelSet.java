package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.Failure;
import dev.counterpoint.NativeException;
import dev.counterpoint.spi.PeerAllReduce;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The kernels loaded on one rank's device. Modules are loaded family by family, always while
 * planning; what streams need at any time is loaded when the backend opens.
 */
final class KernelSet {
  static final String COMPANIONS = "companions";

  /** No companion's block of parameters is larger. */
  private static final int MOST_PARAMETER_BYTES = TileReduceParams.SIZE;

  private final RankState rank;
  private final KernelStore store;
  private final Map<String, Long> modules = new HashMap<>();
  private final Map<String, Kernel> kernels = new HashMap<>();
  private final List<KernelImage> images = new ArrayList<>();
  private final Set<Kernel> used = new HashSet<>();
  private final long raised;

  final Kernel advance;
  final Kernel set;
  final Kernel add;
  final Kernel await;
  final Kernel put;
  final Kernel fill;
  final Kernel unpack;
  final Kernel reduce;
  final Kernel norm;

  /**
   * Loads what streams need.
   *
   * @param raised address of a word that is not 0
   */
  KernelSet(RankState rank, KernelStore store, long raised) {
    this.rank = rank;
    this.store = store;
    this.raised = raised;
    advance = companion("epoch_advance");
    set = companion("signal_set");
    add = companion("signal_add");
    await = companion("await_words");
    put = companion("put");
    fill = companion("fill");
    unpack = companion("unpack");
    reduce = companion("tile_reduce");
    norm = companion("row_norm");
    for (Kernel kernel : List.of(advance, set, add, await, put, fill, unpack, reduce, norm)) {
      useOnce(kernel);
    }
  }

  /**
   * Runs a companion as in a world that has failed, which it leaves at once. Drivers may load a
   * kernel when it is first launched, and must not do that while another one waits.
   */
  private void useOnce(Kernel kernel) {
    if (used.add(kernel)) {
      ParameterBlock block = rank.block(MOST_PARAMETER_BYTES).operation(0, raised, 0);
      rank.run("the first use of '" + kernel.entry() + "'", kernel, 1, block);
    }
  }

  /** The kernel of an all-reduce, which has run once. */
  synchronized Kernel allReduce(PeerAllReduce.Algorithm algorithm) {
    String way =
        switch (algorithm) {
          case ONE_SHOT -> "one_shot";
          case TWO_SHOT -> "two_shot";
          case TWO_SHOT_BULK -> "bulk";
          case AUTO -> throw new IllegalArgumentException("no kernel chooses the algorithm");
        };
    Kernel kernel = companion("all_reduce_" + way);
    useOnce(kernel);
    return kernel;
  }

  /** Whether kernels of the tile GEMM can be had for an input type; loads and compiles nothing. */
  boolean has(TileKernels wanted, DType input, List<String> tried) {
    return store.has(wanted, input, tried);
  }

  /** The kernel of a tile configuration. */
  Kernel tileGemm(TileConfig config) {
    return kernel(
        config.family(),
        config.kernels().architecture(),
        config.entry(),
        config.sharedBytes(),
        config.shape().cluster());
  }

  private Kernel companion(String entry) {
    return kernel(COMPANIONS, rank.info().architecture(), entry, 0, 1);
  }

  private synchronized Kernel kernel(
      String family, String architecture, String entry, int sharedBytes, int cluster) {
    Kernel known = kernels.get(entry);
    if (known != null) {
      return known;
    }
    rank.use();
    Driver driver = rank.driver();
    long module = module(family, architecture);
    long handle;
    try {
      handle = driver.kernel(module, entry);
    } catch (NativeException e) {
      throw new CounterpointException(
          Failure.Category.UNAVAILABLE,
          "kernel '"
              + entry
              + "' is not in "
              + family
              + "; the kernel module and this backend are of different versions: "
              + e.getMessage(),
          e);
    }
    // Launch bounds say how many threads a kernel was compiled for.
    int threads = driver.kernelAttribute(handle, Driver.KernelAttribute.MOST_THREADS);
    if (sharedBytes > 0) {
      driver.allowSharedBytes(handle, sharedBytes);
    }
    int blocks = Math.max(1, driver.blocksPerUnit(handle, threads, sharedBytes));
    int clusters = cluster > 1 ? driver.residentClusters(handle, cluster, threads, sharedBytes) : 0;
    Kernel kernel = new Kernel(entry, handle, threads, sharedBytes, blocks, cluster, clusters);
    kernels.put(entry, kernel);
    return kernel;
  }

  private long module(String family, String architecture) {
    Long known = modules.get(family);
    if (known != null) {
      return known;
    }
    KernelImage image = store.find(family, architecture);
    // A zero byte behind the image: an image that is text ends with one.
    ByteBuffer bytes = Tables.buffer(image.bytes().length + 1);
    bytes.put(image.bytes()).clear();
    long module = rank.driver().loadModule(bytes);
    modules.put(family, module);
    images.add(image);
    return module;
  }

  /** What has been loaded. */
  synchronized List<KernelImage> images() {
    return List.copyOf(images);
  }

  synchronized void close() {
    for (long module : modules.values()) {
      try {
        rank.driver().unloadModule(module);
      } catch (NativeException e) {
        // A lost context has taken its modules with it.
      }
    }
    modules.clear();
    kernels.clear();
  }
}
