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

  private static final String USUAL_DIRECTORY = "/opt/rocm/lib";

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
    String byProperty = properties.apply(library.property());
    if (byProperty != null && !byProperty.isBlank()) {
      return named(byProperty, names, "-D" + library.property() + "=" + byProperty);
    }
    String byVariable = variables.apply(library.variable());
    if (byVariable != null && !byVariable.isBlank()) {
      return named(byVariable, names, library.variable() + "=" + byVariable);
    }
    List<String> files = new ArrayList<>(names);
    if (library != RocmLibrary.HIP) {
      // Two copies of HIP in a process do not know each other's memory: stay with the one.
      names.forEach(name -> files.add(HIP_DIRECTORY + name));
    }
    String rocm = variables.apply("ROCM_PATH");
    if (rocm != null && !rocm.isBlank()) {
      names.forEach(name -> files.add(Path.of(rocm, "lib", name).toString()));
    }
    names.forEach(name -> files.add(USUAL_DIRECTORY + "/" + name));
    return new Candidates(List.copyOf(files), "");
  }

  private static Candidates named(String place, List<String> names, String override) {
    Path path = Path.of(place).toAbsolutePath();
    if (Files.isDirectory(path)) {
      return new Candidates(
          names.stream().map(name -> path.resolve(name).toString()).toList(), override);
    }
    return new Candidates(List.of(path.toString()), override);
  }
}
