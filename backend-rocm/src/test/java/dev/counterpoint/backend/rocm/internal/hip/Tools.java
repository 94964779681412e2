package dev.counterpoint.backend.rocm.internal.hip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Programs that tests start: g++, and JVMs of their own, since a JVM looks for its libraries once.
 */
final class Tools {
  private static final long LIMIT_SECONDS = 100;

  private Tools() {}

  /** What a program printed, and how it ended. */
  record Outcome(int status, String output) {
    List<String> lines() {
      return output.lines().toList();
    }
  }

  /** Skips the test unless the JNI library is in this build. */
  static void assumeBindings() {
    assumeTrue(
        Tools.class.getResource("linux-x86_64/lib" + Bindings.JNI_LIBRARY + ".so") != null,
        "the JNI library of the ROCm bindings is not in this build: it was built without g++");
  }

  /** Skips the test unless there is a g++. */
  static void assumeCompiler() {
    boolean found;
    try {
      found = run(List.of("g++", "--version"), Map.of()).status() == 0;
    } catch (IOException e) {
      found = false;
    }
    assumeTrue(found, "there is no g++");
  }

  /** A folder of this build for a test's files. */
  static Path folder(String name) throws IOException {
    Path folder = Path.of(System.getProperty("rocm.work", "target/rocm-tests"), name);
    return Files.createDirectories(folder.toAbsolutePath());
  }

  static Outcome compile(List<String> arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "g++",
                "-std=c++17",
                "-I" + CallTable.sources(),
                "-I" + Path.of(System.getProperty("rocm.test.cpp", "src/test/cpp"))));
    command.addAll(arguments);
    return run(command, Map.of());
  }

  /** Runs a class of the tests in a JVM of its own, with the class path of this one. */
  static Outcome java(
      Class<?> main, List<String> options, Map<String, String> environment, String... arguments)
      throws IOException {
    return java(System.getProperty("java.class.path"), main, options, environment, arguments);
  }

  static Outcome java(
      String classPath,
      Class<?> main,
      List<String> options,
      Map<String, String> environment,
      String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx256m", "-cp", classPath));
    command.addAll(options);
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return run(command, environment);
  }

  /** What a program printed that must end well. */
  static List<String> succeed(Outcome outcome) {
    assertThat(outcome.status()).as(outcome.output()).isZero();
    return outcome.lines();
  }

  private static Outcome run(List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("COUNTERPOINT_ROCM_"));
    builder.environment().remove("ROCM_PATH");
    builder.environment().putAll(environment);
    Path output = Files.createTempFile(folder("output"), "program", ".txt");
    Process process = builder.redirectOutput(output.toFile()).start();
    process.getOutputStream().close();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        return new Outcome(-1, "stopped after " + LIMIT_SECONDS + " s: " + command);
      }
      return new Outcome(process.exitValue(), Files.readString(output));
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.delete(output);
    }
  }
}
