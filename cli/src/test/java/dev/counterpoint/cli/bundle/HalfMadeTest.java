package dev.counterpoint.cli.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HalfMadeTest {
  @TempDir Path directory;

  private Stream<String> names() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(path -> path.getFileName().toString()).toList().stream();
    }
  }

  @Test
  void whatIsCompleteIsInItsPlace() throws IOException {
    Path target = Files.createDirectory(directory.resolve("empty"));
    try (HalfMade made = new HalfMade(target)) {
      Files.createDirectories(made.path().resolve("bin"));
      assertThat(target).isEmptyDirectory();
      made.finish();
    }
    assertThat(target.resolve("bin")).isDirectory();
    assertThat(names()).containsExactly("empty");
  }

  @Test
  void whatIsNotCompleteIsGone() throws IOException {
    try (HalfMade made = new HalfMade(directory.resolve("bundle"))) {
      Files.writeString(Files.createDirectories(made.path().resolve("bin")).resolve("x"), "");
    }
    assertThat(names()).isEmpty();
  }
}
