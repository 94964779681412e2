package dev.counterpoint.core.tuner;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.support.PrivateFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What tuning found, in JSON, one file per problem below a folder per {@link Fingerprint}.
 *
 * <p>Files are replaced in one step and never edited, so that any number of processes may tune at
 * the same time: of two that tune the same problem the later wins, and others lose nothing. A file
 * carries its own name, its fingerprint and a hash of its content; one that does not fit is removed
 * with one warning and counts as absent. Where no file can be written, what was found is kept in
 * memory until the cache is forgotten. Thread-safe.
 */
public final class TuningCache {
  private static final int FORMAT = 3;
  private static final String ABOUT = "fingerprint.json";
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private final Fingerprint fingerprint;
  private final String id;
  private final @Nullable Path folder;
  private final Consumer<String> warnings;
  private final Map<String, String> memory = new ConcurrentHashMap<>();
  private volatile String state;

  /**
   * Opens the cache of one machine.
   *
   * @param root where caches of all machines are, or null to keep nothing but in memory
   * @param fingerprint of this machine
   * @param warnings takes each thing that is worth telling, once
   */
  public TuningCache(@Nullable Path root, Fingerprint fingerprint, Consumer<String> warnings) {
    this.fingerprint = fingerprint;
    this.warnings = warnings;
    id = fingerprint.id();
    String problem = root == null ? "it is switched off" : PrivateFolder.prepare(root);
    Path place = root == null || problem != null ? null : root.resolve(id);
    if (place != null) {
      problem = PrivateFolder.prepare(place);
    }
    folder = problem == null ? place : null;
    state = problem == null ? "tuning cache " + folder : "no tuning cache: " + problem;
    if (root != null && problem != null) {
      warnings.accept("tuning results are kept in memory only: " + problem);
    }
  }

  /** The usual folder: in the user's cache folder, or null where there is no home. */
  public static @Nullable Path usualFolder() {
    return PrivateFolder.usual(
        "tuning", System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home"));
  }

  /** For people: where the cache is, or why there is none. */
  public String state() {
    return state;
  }

  /** Of which machine. */
  public Fingerprint fingerprint() {
    return fingerprint;
  }

  /** What was found for a problem. */
  public Optional<TuningEntry> find(TuningKey key) {
    return read(key.fileName(), TuningEntry.class).filter(entry -> entry.key().equals(key));
  }

  /** Keeps what was found. */
  public void put(TuningEntry entry) {
    write(entry.key().fileName(), entry);
  }

  /** The curves for some types. */
  public Optional<Curves> curves(DType input, DType output, WeightLayout layout) {
    return read(curvesName(input, output, layout), Curves.class);
  }

  /** Keeps curves. */
  public void put(Curves curves) {
    write(curvesName(curves.inputType(), curves.outputType(), curves.weightLayout()), curves);
  }

  private static String curvesName(DType input, DType output, WeightLayout layout) {
    return "curves_" + (input + "_" + output + "_" + layout).toLowerCase(Locale.ROOT) + ".json";
  }

  /** All entries of this machine, by key. */
  public List<TuningEntry> entries() {
    List<String> names = new ArrayList<>(memory.keySet());
    if (folder != null) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*_r*.json")) {
        files.forEach(file -> names.add(String.valueOf(file.getFileName())));
      } catch (IOException e) {
        warnings.accept("tuning cache " + folder + " cannot be listed (" + e + ")");
      }
    }
    return names.stream()
        .distinct()
        .filter(name -> name.contains("_r") && !name.startsWith("curves"))
        .map(name -> read(name, TuningEntry.class))
        .flatMap(Optional::stream)
        .sorted(Comparator.comparing(entry -> entry.key().fileName()))
        .toList();
  }

  /**
   * Removes everything of every machine below a folder.
   *
   * @return how many files
   */
  public static int clear(Path root) throws IOException {
    int removed = 0;
    if (!Files.isDirectory(root)) {
      return 0;
    }
    try (DirectoryStream<Path> machines = Files.newDirectoryStream(root)) {
      for (Path machine : machines) {
        boolean ours = String.valueOf(machine.getFileName()).matches("[0-9a-f]{24}");
        if (!ours || !Files.isDirectory(machine)) {
          continue;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(machine, "{*.json,.*.tmp}")) {
          for (Path file : files) {
            removed += Files.deleteIfExists(file) ? 1 : 0;
          }
        }
        Files.deleteIfExists(machine);
      }
    }
    return removed;
  }

  private <T> Optional<T> read(String name, Class<T> type) {
    String text = memory.get(name);
    Path file = folder == null ? null : folder.resolve(name);
    if (text == null && file != null && Files.isRegularFile(file)) {
      try {
        text = Files.readString(file);
      } catch (IOException e) { // not text is damage, too
        warnings.accept("tuning cache entry " + file + " cannot be read (" + e + "); ignoring it");
        PrivateFolder.delete(file);
        return Optional.empty();
      }
    }
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(decode(name, text, type));
    } catch (IOException | RuntimeException e) {
      String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      warnings.accept(
          "tuning cache entry "
              + (file == null ? name : file)
              + (e instanceof OtherFormat ? " is of another version (" : " is damaged (")
              + first
              + "); it was removed, and 'counterpoint tune' makes a new one");
      memory.remove(name);
      if (file != null) {
        PrivateFolder.delete(file);
      }
      return Optional.empty();
    }
  }

  private <T> T decode(String name, String text, Class<T> type) throws IOException {
    JsonNode all = JSON.readTree(text);
    JsonNode content = all.path("content");
    int format = all.path("format").asInt(FORMAT);
    if (format != FORMAT && all.path("name").asText().equals(name)) {
      throw new OtherFormat("its format is " + format + ", not " + FORMAT);
    }
    if (format != FORMAT
        || !all.path("fingerprint").asText().equals(id)
        || !all.path("name").asText().equals(name)
        || !all.path("sha256").asText().equals(hash(name, content))) {
      throw new IOException("it does not carry its own hash");
    }
    return JSON.treeToValue(content, type);
  }

  /** Nothing is wrong with a file but that it says other things than this version does. */
  private static final class OtherFormat extends IOException {
    private static final long serialVersionUID = 1;

    OtherFormat(String message) {
      super(message);
    }
  }

  private String hash(String name, JsonNode content) throws JsonProcessingException {
    var digest = Fingerprint.sha256();
    digest.update((id + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    digest.update(JSON.writeValueAsBytes(content));
    return HexFormat.of().formatHex(digest.digest());
  }

  private void write(String name, Object content) {
    try {
      // What is hashed is what a reader will parse, so that both write numbers alike.
      JsonNode tree = JSON.readTree(JSON.writeValueAsBytes(content));
      ObjectNode all = JSON.createObjectNode();
      all.put("format", FORMAT);
      all.put("fingerprint", id);
      all.put("name", name);
      all.put("sha256", hash(name, tree));
      all.set("content", tree);
      String text = JSON.writeValueAsString(all);
      if (folder == null) {
        memory.put(name, text);
        return;
      }
      keep(name, text);
    } catch (IOException e) {
      throw new IllegalStateException("a tuning result cannot be written as JSON", e);
    }
  }

  private void keep(String name, String text) throws IOException {
    Path place = folder;
    if (place == null) {
      return;
    }
    try {
      if (!Files.exists(place.resolve(ABOUT))) {
        PrivateFolder.write(place, ABOUT, JSON.writeValueAsBytes(fingerprint.parts()));
      }
      PrivateFolder.write(place, name, text.getBytes(StandardCharsets.UTF_8));
      memory.remove(name);
    } catch (IOException | SecurityException e) {
      memory.put(name, text);
      String message = "tuning results cannot be kept in " + place + " (" + e + ")";
      if (!state.equals(message)) {
        state = message;
        warnings.accept(message);
      }
    }
  }
}
