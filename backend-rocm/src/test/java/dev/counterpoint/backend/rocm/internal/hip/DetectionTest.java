package dev.counterpoint.backend.rocm.internal.hip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the bindings say of a machine; each case in a JVM of its own. */
@DisplayName("Detection")
final class DetectionTest {
  private static final Path DEBIAN = Path.of("/usr/lib/x86_64-linux-gnu");

  @Test
  @DisplayName("without a library answers a status of its own and says what was tried")
  void noLibrary() throws IOException {
    Tools.assumeBindings();
    List<String> options = new ArrayList<>();
    for (RocmLibrary library : RocmLibrary.values()) {
      options.add("-D" + library.property() + "=/nowhere/" + library + ".so");
    }
    List<String> lines = run(options, Map.of());
    assertThat(lines).contains("bindings ", "count -1", "ncclGetVersion -1001 LIBRARY_MISSING");
    String sentence =
        "libamdhip64 cannot be loaded (not found: /nowhere/HIP.so); nothing else was tried, because"
            + " of -Dcounterpoint.rocm.hip=/nowhere/HIP.so";
    assertThat(lines)
        .contains(
            "HIP " + sentence,
            "hipInit -1001 LIBRARY_MISSING: " + sentence,
            "hipGetDeviceCount -1001 LIBRARY_MISSING: " + sentence);
    assertThat(lines).contains("default true", "again false", "path false");
  }

  @Test
  @DisplayName("names the override of the environment, and the reason why a file is not a library")
  void brokenLibrary() throws IOException {
    Tools.assumeBindings();
    Path file = Tools.folder("broken").resolve("libamdhip64.so");
    Files.writeString(file, "not a library");
    assertThat(run(List.of(), Map.of("COUNTERPOINT_ROCM_HIP", file.toString())))
        .contains(
            "HIP libamdhip64 cannot be loaded ("
                + file
                + ": file too short); nothing else was tried, because of COUNTERPOINT_ROCM_HIP="
                + file);
  }

  @Test
  @DisplayName("without any override lists every place and how to name another")
  void nothingInstalled() throws IOException {
    Tools.assumeBindings();
    List<String> lines = run(List.of(), Map.of("ROCM_PATH", "/nowhere"));
    String rocShmem =
        lines.stream().filter(line -> line.startsWith("ROCSHMEM ")).findFirst().orElseThrow();
    assumeTrue(rocShmem.contains("cannot be loaded"), "rocSHMEM is installed here");
    assertThat(rocShmem)
        .contains("not found: librocshmem.so, ", "/nowhere/lib/librocshmem.so", "/opt/rocm/lib")
        .endsWith(
            "install it, or name it by -Dcounterpoint.rocm.rocshmem or COUNTERPOINT_ROCM_ROCSHMEM");
  }

  @Test
  @DisplayName("without the JNI library says that it was built without g++")
  void noBindings() throws IOException {
    Path classes = Tools.folder("without-jni");
    Path main =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .filter(
                path ->
                    Files.exists(path.resolve(Hip.class.getName().replace('.', '/') + ".class")))
            .findFirst()
            .orElseThrow();
    try (Stream<Path> files = Files.walk(main)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        Path copy = classes.resolve(main.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.write(copy, Files.readAllBytes(file));
      }
    }
    String path =
        System.getProperty("java.class.path").replace(main.toString(), classes.toString());
    List<String> lines =
        Tools.succeed(Tools.java(path, DetectionProgram.class, List.of(), Map.of()));
    String sentence =
        "the JNI library of the ROCm bindings is not in this build"
            + " (linux-x86_64/libjnicounterpointrocm.so): it was built without g++";
    assertThat(lines).contains("bindings " + sentence, "HIP " + sentence);
  }

  @Test
  @DisplayName("with a real libamdhip64 and no device counts none, whatever the status")
  void noDevice() throws IOException {
    Tools.assumeBindings();
    assumeTrue(
        Files.exists(DEBIAN.resolve("libamdhip64.so.5"))
            || Files.exists(DEBIAN.resolve("libamdhip64.so.6"))
            || Files.exists(DEBIAN.resolve("libamdhip64.so.7")),
        "no libamdhip64 of a distribution is installed");
    assumeTrue(!Files.exists(Path.of("/dev/kfd")), "there is an AMD device");
    List<String> lines = run(List.of("-Dcounterpoint.rocm.hip=" + DEBIAN), Map.of());
    assertThat(lines).contains("count 0");
    assertThat(lines).anyMatch(line -> line.startsWith("HIP " + DEBIAN + "/libamdhip64.so."));
    assertThat(lines).anyMatch(line -> line.startsWith("hipGetDeviceCount 100 hipErrorNoDevice: "));
    assertThat(lines).anyMatch(line -> line.matches("hipInit 10[01] hipError.*"));
  }

  private static List<String> run(List<String> options, Map<String, String> environment)
      throws IOException {
    return Tools.succeed(Tools.java(DetectionProgram.class, options, environment));
  }
}
