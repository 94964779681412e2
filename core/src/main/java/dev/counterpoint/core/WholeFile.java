package dev.counterpoint.core;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes files that are there as a whole or not at all: a reader never sees half of one, and a
 * process that is interrupted while writing leaves what was there before.
 */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Writes a text as UTF-8, beside the file first and then in its place. What exists and is no
   * regular file, such as a pipe or {@code /dev/stdout}, is written to directly.
   *
   * @throws IOException if it cannot be written; the file is then what it was
   */
  public static void write(Path file, String text) throws IOException {
    byte[] content = text.getBytes(StandardCharsets.UTF_8);
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      Files.write(file, content);
      return;
    }
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    Path beside =
        target.resolveSibling(
            "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    beside.toFile().deleteOnExit(); // also when the process is interrupted
    try {
      Files.write(beside, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      Files.move(
          beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}
