package dev.counterpoint.backend.rocm.internal.hip;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where a library may be.
 *
 * @param files what to open, in order: names for the dynamic linker, or paths
 * @param override who named the place, such as {@code -Dcounterpoint.rocm.hip=/opt/mine}; empty
 *     when nobody did
 */
record Candidates(List<String> files, String override) {
  /** Known to the native side, which puts the directory of libamdhip64 in its place. */
  private static final String HIP_DIRECTORY = "{hip}/";

  private static final String USUAL_DIRECTORY = "/opt/rocm/lib/";

  /**
   * The place that a property or a variable names, or else all the usual ones.
   *
   * @param properties the system properties
   * @param variables the environment
   */
  static Candidates of(
      RocmLibrary library,
      Function<String, @Nullable String> properties,
      Function<String, @Nullable String> variables) {
    List<String> names = library.fileNames();
    String override = override(library, properties, variables);
    if (!override.isEmpty()) {
      String place = override.substring(override.indexOf('=') + 1);
      return new Candidates(named(Path.of(place).toAbsolutePath(), names), override);
    }
    List<String> files = new ArrayList<>(names);
    if (library != RocmLibrary.HIP) {
      // Two copies of HIP in a process do not know each other's memory: stay with the one. Whoever
      // has named it wants what belongs to it.
      boolean isNamed = !override(RocmLibrary.HIP, properties, variables).isEmpty();
      files.addAll(isNamed ? 0 : files.size(), within(HIP_DIRECTORY, names));
    }
    String rocm = variables.apply("ROCM_PATH");
    if (rocm != null && !rocm.isBlank()) {
      files.addAll(within(rocm + "/lib/", names));
    }
    files.addAll(within(USUAL_DIRECTORY, names));
    return new Candidates(List.copyOf(files), "");
  }

  private static String override(
      RocmLibrary library,
      Function<String, @Nullable String> properties,
      Function<String, @Nullable String> variables) {
    String byProperty = properties.apply(library.property());
    if (byProperty != null && !byProperty.isBlank()) {
      return "-D" + library.property() + "=" + byProperty;
    }
    String byVariable = variables.apply(library.variable());
    return byVariable == null || byVariable.isBlank() ? "" : library.variable() + "=" + byVariable;
  }

  private static List<String> named(Path place, List<String> names) {
    return Files.isDirectory(place) ? within(place + "/", names) : List.of(place.toString());
  }

  private static List<String> within(String directory, List<String> names) {
    return names.stream().map(name -> directory + name).toList();
  }
}
