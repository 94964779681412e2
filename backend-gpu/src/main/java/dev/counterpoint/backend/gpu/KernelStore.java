package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds device code: in what was built ahead, then in the cache, then by compiling the sources.
 * Each miss is kept, so that the error at the end says everything that was tried.
 */
public final class KernelStore {
  private static final String SOURCE = "source/";

  private static final Logger log = LoggerFactory.getLogger(KernelStore.class);

  private final CodeFormat code;
  private final List<KernelPlace> places;
  private final Supplier<KernelCache> openCache;
  private final Supplier<@Nullable KernelCompiler> findCompiler;
  private final Map<KernelPlace, KernelManifest> manifests = new LinkedHashMap<>();

  /** What was found, so that the ranks of a world do not each read or compile the same. */
  private final Map<String, KernelImage> found = new ConcurrentHashMap<>();

  private @Nullable KernelCache cache;
  private @Nullable String identity;

  /**
   * Creates a store.
   *
   * @param code how device code is named and compiled
   * @param places where to look, best first
   * @param openCache opens the cache, when it is needed
   * @param findCompiler finds the compiler or gives null, when it is needed
   */
  KernelStore(
      CodeFormat code,
      List<KernelPlace> places,
      Supplier<KernelCache> openCache,
      Supplier<@Nullable KernelCompiler> findCompiler) {
    this.code = code;
    this.places = List.copyOf(places);
    this.openCache = openCache;
    this.findCompiler = findCompiler;
  }

  /**
   * Where this process finds kernels: in a folder, and in modules on the class path.
   *
   * @param folder a folder to look into first, or null for what the system property says
   * @param cacheFolder folder of the cache, {@code "off"}, or null for the usual one
   * @param findCompiler finds the compiler or gives null, when it is needed
   */
  public static KernelStore of(
      Platform platform,
      @Nullable String folder,
      @Nullable String cacheFolder,
      Supplier<@Nullable KernelCompiler> findCompiler) {
    List<KernelPlace> places = new ArrayList<>();
    String first =
        folder != null ? folder : System.getProperty(platform.property(GpuOptions.KERNELS));
    if (first != null) {
      places.add(KernelPlace.folder(Path.of(first)));
    }
    platform.kernelModules().forEach(module -> places.add(KernelPlace.onClassPath(module)));
    return new KernelStore(
        platform.code(),
        places,
        () -> new KernelCache(cacheFolder(cacheFolder), log::warn),
        findCompiler);
  }

  private static @Nullable Path cacheFolder(@Nullable String folder) {
    if (folder == null) {
      return KernelCache.usualFolder(
          System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home"));
    }
    return folder.equals("off") ? null : Path.of(folder);
  }

  /**
   * The digits of an architecture as one number, such as 90 for {@code sm_90}, {@code sm_90a} too.
   */
  public static int number(String architecture) {
    String digits = architecture.replaceAll("[^0-9]", "");
    return digits.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  /** Whether anything at all is there for kernels: built ones or sources. */
  public boolean isEmpty() {
    return places.stream()
        .noneMatch(p -> !manifest(p).kernels().isEmpty() || p.read(SOURCE + "index.txt") != null);
  }

  /** For people: where kernels are looked for. */
  public String describe() {
    return String.join(", ", places.stream().map(KernelPlace::describe).toList());
  }

  /** A hash of all code and sources that are there, however they come to a device. */
  synchronized String identity() {
    if (identity == null) {
      List<String> parts = new ArrayList<>();
      for (KernelPlace place : places) {
        manifest(place).kernels().stream()
            .map(KernelManifest.Kernel::file)
            .distinct()
            .forEach(file -> addContent(place, file, parts));
        addContent(place, "manifest.json", parts);
        for (String source : text(place, SOURCE + "index.txt").lines().toList()) {
          addContent(place, SOURCE + source, parts);
        }
      }
      identity = KernelCache.key(parts);
    }
    return identity;
  }

  private static String text(KernelPlace place, String file) {
    byte[] bytes = place.read(file);
    return bytes == null ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static void addContent(KernelPlace place, String file, List<String> parts) {
    parts.add(file);
    parts.add(text(place, file));
  }

  /** Everything that was built ahead, for reports. */
  List<KernelManifest.Kernel> built() {
    return places.stream().flatMap(p -> manifest(p).kernels().stream()).toList();
  }

  private synchronized KernelManifest manifest(KernelPlace place) {
    return manifests.computeIfAbsent(
        place,
        p -> {
          byte[] json = p.read("manifest.json");
          return json == null
              ? new KernelManifest("", "", List.of())
              : KernelManifest.parse(new String(json, StandardCharsets.UTF_8));
        });
  }

  /**
   * The code of a family for an architecture.
   *
   * @param family such as {@code tile_gemm_bf16}
   * @param architecture such as {@code sm_90}
   * @throws CounterpointException saying all that was tried
   */
  KernelImage find(String family, String architecture) {
    String key = family + " for " + architecture;
    KernelImage known = found.get(key);
    if (known == null) {
      known = look(family, architecture);
      found.put(key, known);
    }
    return known;
  }

  /**
   * How the kernels that every world needs come to a device: "built in" or "compiled", in a few
   * words. Compiles nothing.
   *
   * @param tried takes what was looked at without success
   * @return null if they cannot be had
   */
  public @Nullable String origin(String architecture, List<String> tried) {
    return origin(KernelSet.COMPANIONS, architecture, tried);
  }

  /** The same of any family. */
  @Nullable String origin(String family, String architecture, List<String> tried) {
    for (KernelPlace place : places) {
      Optional<KernelImage> built = built(place, family, architecture, tried);
      if (built.isPresent()) {
        return built.get().origin();
      }
    }
    for (KernelPlace place : places) {
      KernelCompiler compiler = compilerOf(place, sources(place), family, tried);
      if (compiler != null) {
        return "compiled at first use by " + compiler.version();
      }
    }
    return null;
  }

  /**
   * The sets of kernels of the tile GEMM that can be had for an architecture, by name and best
   * first. Compiles nothing.
   */
  public List<String> tileKernels(Platform platform, String architecture) {
    List<TileKernels> sets = platform.tileKernels(architecture);
    TileKernels general = sets.get(sets.size() - 1);
    return sets.stream()
        .filter(set -> set.equals(general) || has(set, DType.BF16, new ArrayList<>()))
        .map(TileKernels::name)
        .toList();
  }

  /** Whether a set has kernels for an input type here. Compiles nothing. */
  boolean has(TileKernels set, DType input, List<String> tried) {
    return origin(set.family(input), set.architecture(), tried) != null;
  }

  private KernelImage look(String family, String architecture) {
    List<String> tried = new ArrayList<>();
    for (KernelPlace place : places) {
      Optional<KernelImage> built = built(place, family, architecture, tried);
      if (built.isPresent()) {
        return built.get();
      }
    }
    for (KernelPlace place : places) {
      Optional<KernelImage> compiled = compiled(place, family, architecture, tried);
      if (compiled.isPresent()) {
        return compiled.get();
      }
    }
    throw new CounterpointException(
        Failure.Category.UNAVAILABLE,
        "no kernels '"
            + family
            + "' for "
            + architecture
            + ": "
            + String.join("; ", tried)
            + "; add the kernel module, built where a compiler is, or install the run-time compiler");
  }

  private Optional<KernelImage> built(
      KernelPlace place, String family, String architecture, List<String> tried) {
    KernelManifest manifest = manifest(place);
    List<String> architectures = manifest.architectures(code.image(family));
    if (architectures.isEmpty()) {
      tried.add(place.describe() + " has none");
      return Optional.empty();
    }
    String file = code.image(family);
    byte[] image = place.read(file);
    if (image == null) {
      tried.add(place.describe() + " lists " + file + " and does not hold it");
      return Optional.empty();
    }
    if (architectures.contains(architecture)) {
      String origin = "built in, " + place.describe();
      return Optional.of(
          new KernelImage(family, architecture, origin, image, manifest.of(file, architecture)));
    }
    // Portable code of the image runs on everything newer than the least it was compiled for.
    String least = architectures.get(0);
    if (!manifest.portable().isEmpty() && number(least) <= number(architecture)) {
      String origin = "built in as portable code, " + place.describe();
      return Optional.of(new KernelImage(family, least, origin, image, manifest.of(file, least)));
    }
    tried.add(place.describe() + " has it for " + String.join(", ", architectures) + " only");
    return Optional.empty();
  }

  private Optional<KernelImage> compiled(
      KernelPlace place, String family, String architecture, List<String> tried) {
    Map<String, String> files = sources(place);
    String program = code.source(family);
    String source = files.get(program);
    KernelCompiler compiler = compilerOf(place, files, family, tried);
    if (source == null || compiler == null) {
      return Optional.empty();
    }
    List<String> options = code.options().apply(architecture);
    List<String> parts = new ArrayList<>(options);
    parts.add(compiler.version());
    parts.add(program);
    files.forEach(
        (name, text) -> {
          parts.add(name);
          parts.add(text);
        });
    String key = KernelCache.key(parts);
    Optional<KernelCompiler.Output> kept = cache().read(key);
    if (kept.isPresent()) {
      return Optional.of(image(family, architecture, "cache", kept.get()));
    }
    KernelCompiler.Output output = compiler.compile(program, source, files, options);
    cache().write(key, output);
    return Optional.of(
        image(family, architecture, "compiled now by " + compiler.version(), output));
  }

  /** Who can compile a family from these files, or null. */
  private @Nullable KernelCompiler compilerOf(
      KernelPlace place, Map<String, String> files, String family, List<String> tried) {
    if (!files.containsKey(code.source(family))) {
      tried.add(place.describe() + " has no source of it");
      return null;
    }
    KernelCompiler compiler = findCompiler.get();
    if (compiler == null) {
      tried.add("there is no run-time compiler");
    }
    return compiler;
  }

  private static KernelImage image(
      String family, String architecture, String origin, KernelCompiler.Output output) {
    List<KernelManifest.Kernel> kernels =
        output.entries().stream()
            .map(entry -> new KernelManifest.Kernel(entry, family, architecture, Map.of()))
            .toList();
    return new KernelImage(family, architecture, origin, output.image(), kernels);
  }

  private static Map<String, String> sources(KernelPlace place) {
    Map<String, String> files = new LinkedHashMap<>();
    byte[] index = place.read(SOURCE + "index.txt");
    if (index != null) {
      for (String name : new String(index, StandardCharsets.UTF_8).lines().toList()) {
        byte[] text = name.isBlank() ? null : place.read(SOURCE + name.trim());
        if (text != null) {
          files.put(name.trim(), new String(text, StandardCharsets.UTF_8));
        }
      }
    }
    return files;
  }

  private synchronized KernelCache cache() {
    if (cache == null) {
      cache = openCache.get();
    }
    return cache;
  }
}
