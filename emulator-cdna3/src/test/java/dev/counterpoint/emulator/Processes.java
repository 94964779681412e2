package dev.counterpoint.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs a program to its end, with its input and output in files so that neither side can block the
 * other.
 */
final class Processes {
  private static final long LIMIT_SECONDS = 100;

  private Processes() {}

  static Llvm.Result run(List<String> command, Map<String, String> environment, String input) {
    try {
      Path in = Files.createTempFile("emulator", ".in");
      Path out = Files.createTempFile("emulator", ".out");
      Path err = Files.createTempFile("emulator", ".err");
      try {
        Files.writeString(in, input);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.redirectInput(in.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
        Process process = builder.start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          throw new IllegalStateException(
              command + " did not end; it wrote:\n" + Files.readString(out));
        }
        return new Llvm.Result(
            process.exitValue(),
            Files.readString(out, StandardCharsets.UTF_8),
            Files.readString(err, StandardCharsets.UTF_8));
      } finally {
        Files.deleteIfExists(in);
        Files.deleteIfExists(out);
        Files.deleteIfExists(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
