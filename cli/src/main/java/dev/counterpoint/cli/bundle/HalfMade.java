package dev.counterpoint.cli.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file or folder that is made beside its place and put there when it is complete. Until then
 * nothing is in its place, and when the command fails or is interrupted nothing is left.
 */
final class HalfMade implements AutoCloseable {
  private final Path target;
  private final Path path;
  private final Thread cleaner = new Thread(this::delete, "half-made");

  /** Something that will be at this place. */
  HalfMade(Path target) {
    this.target = target;
    this.path =
        target.resolveSibling("." + ProcessHandle.current().pid() + "-" + target.getFileName());
    Runtime.getRuntime().addShutdownHook(cleaner);
  }

  /** Where it is made; its name ends like that of its place. */
  Path path() {
    return path;
  }

  /** Puts it in its place, where there may be a file or an empty folder. */
  void finish() throws IOException {
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void delete() {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      List<Path> files = all.sorted(Comparator.reverseOrder()).toList();
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      org.slf4j.LoggerFactory.getLogger(HalfMade.class).warn("'{}' is left half made", path, e);
    }
  }

  @Override
  public void close() {
    delete();
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException e) {
      return; // the process is ending, and the cleaner runs
    }
  }
}
