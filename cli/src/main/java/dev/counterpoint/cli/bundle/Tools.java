package dev.counterpoint.cli.bundle;

import dev.counterpoint.Failure;
import dev.counterpoint.cli.CommandException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Programs of the system. */
final class Tools {
  private Tools() {}

  /** Where a program on the PATH is. */
  static Optional<Path> find(String name) {
    String path = System.getenv("PATH");
    for (String directory : (path == null ? "" : path).split(":", -1)) {
      Path program = Path.of(directory.isEmpty() ? "." : directory, name);
      if (Files.isExecutable(program) && !Files.isDirectory(program)) {
        return Optional.of(program);
      }
    }
    return Optional.empty();
  }

  /** Throws, saying what to install, unless a program is there. */
  static void require(String name, String debianPackage) {
    if (find(name).isEmpty()) {
      throw new CommandException(
          Failure.Category.UNAVAILABLE,
          "the program '"
              + name
              + "' was not found; install it (on Debian and Ubuntu the package "
              + debianPackage
              + ")");
    }
  }

  /** Runs a program to its end. */
  static void run(List<String> command, Map<String, String> environment) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      String messages =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      int status = process.waitFor();
      if (status != 0) {
        throw new CommandException(
            Failure.Category.NATIVE,
            command.get(0) + " failed with status " + status + ": " + messages);
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for " + command.get(0), e);
    }
  }
}
