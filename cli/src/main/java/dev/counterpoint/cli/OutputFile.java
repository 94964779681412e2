package dev.counterpoint.cli;

import dev.counterpoint.Failure;
import dev.counterpoint.core.WholeFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that a command was asked to write. */
public final class OutputFile {
  private OutputFile() {}

  /**
   * Finds out before any work whether a file can be written.
   *
   * @throws CommandException if it cannot
   */
  public static void verify(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    String reason =
        Files.isDirectory(file)
            ? "it is a directory"
            : Files.exists(file) && !Files.isWritable(file)
                ? "it is there already and write-protected"
                : Files.exists(file) && !Files.isRegularFile(file)
                    ? ""
                    : directory == null
                            || !Files.isDirectory(directory)
                            || !Files.isWritable(directory)
                        ? "its directory is not there or not writable"
                        : "";
    if (!reason.isEmpty()) {
      throw new CommandException(
          Failure.Category.USAGE, "'" + file + "' cannot be written: " + reason);
    }
  }

  /** Writes it as a whole, and says so. */
  public static void write(Path file, String text, PrintWriter log) throws IOException {
    WholeFile.write(file, text);
    log.println("wrote " + file);
  }
}
