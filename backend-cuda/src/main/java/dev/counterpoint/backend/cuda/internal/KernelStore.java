package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds device code: in what was built ahead, then in the cache, then by compiling the sources.
 * Each miss is kept, so that the error at the end says everything that was tried.
 */
final class KernelStore {
  private static final String SOURCE = "source/";

  private final List<KernelPlace> places;
  private final Supplier<KernelCache> openCache;
  private final Supplier<@Nullable KernelCompiler> findCompiler;
  private final Map<KernelPlace, KernelManifest> manifests = new LinkedHashMap<>();
  private @Nullable KernelCache cache;

  /**
   * Creates a store.
   *
   * @param places where to look, best first
   * @param openCache opens the cache, when it is needed
   * @param findCompiler finds the compiler or gives null, when it is needed
   */
  KernelStore(
      List<KernelPlace> places,
      Supplier<KernelCache> openCache,
      Supplier<@Nullable KernelCompiler> findCompiler) {
    this.places = List.copyOf(places);
    this.openCache = openCache;
    this.findCompiler = findCompiler;
  }

  /** A compute capability as one number, such as 90 for {@code sm_90}, {@code sm_90a} too. */
  static int number(String architecture) {
    String digits = architecture.replaceAll("[^0-9]", "");
    return digits.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  /** Whether anything at all is there for kernels: built ones or sources. */
  boolean isEmpty() {
    return places.stream()
        .noneMatch(p -> !manifest(p).kernels().isEmpty() || p.read(SOURCE + "index.txt") != null);
  }

  /** For people: where kernels are looked for. */
  String describe() {
    return String.join(", ", places.stream().map(KernelPlace::describe).toList());
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
    List<String> architectures = manifest.architectures(family);
    if (architectures.isEmpty()) {
      tried.add(place.describe() + " has none");
      return Optional.empty();
    }
    byte[] image = place.read(family + ".fatbin");
    if (image == null) {
      tried.add(place.describe() + " lists " + family + ".fatbin and does not hold it");
      return Optional.empty();
    }
    if (architectures.contains(architecture)) {
      String origin = "built in, " + place.describe();
      return Optional.of(
          new KernelImage(family, architecture, origin, image, manifest.of(family, architecture)));
    }
    // Portable code of the image runs on everything newer than the least it was compiled for.
    String least = architectures.get(0);
    if (!manifest.ptx().isEmpty() && number(least) <= number(architecture)) {
      String origin = "built in as portable code, " + place.describe();
      return Optional.of(new KernelImage(family, least, origin, image, manifest.of(family, least)));
    }
    tried.add(place.describe() + " has it for " + String.join(", ", architectures) + " only");
    return Optional.empty();
  }

  private Optional<KernelImage> compiled(
      KernelPlace place, String family, String architecture, List<String> tried) {
    Map<String, String> files = sources(place);
    String program = "kernels/" + family + ".cu";
    String source = files.get(program);
    if (source == null) {
      tried.add(place.describe() + " has no source of it");
      return Optional.empty();
    }
    KernelCompiler compiler = findCompiler.get();
    if (compiler == null) {
      tried.add("there is no run-time compiler");
      return Optional.empty();
    }
    List<String> options = List.of("--gpu-architecture=" + architecture, "--std=c++17");
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
