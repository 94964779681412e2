package dev.counterpoint.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
  @TempDir Path directory;

  private long files() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.count();
    }
  }

  @Test
  void aFileIsReplacedAsAWholeAndNothingElseIsLeft() throws IOException {
    Path file = directory.resolve("report.json");
    WholeFile.write(file, "a much longer first text");
    WholeFile.write(file, "µ");
    assertThat(Files.readString(file)).isEqualTo("µ");
    assertThat(files()).isOne();
  }

  @Test
  void aLinkStaysALink() throws IOException {
    Path file = Files.writeString(directory.resolve("real"), "old");
    Path link = Files.createSymbolicLink(directory.resolve("link"), file);
    WholeFile.write(link, "new");
    assertThat(Files.isSymbolicLink(link)).isTrue();
    assertThat(Files.readString(file)).isEqualTo("new");
  }

  @Test
  void whatIsNoRegularFileIsWrittenTo() throws IOException {
    WholeFile.write(Path.of("/dev/null"), "text");
    assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
  }

  @Test
  void whatCannotBeWrittenLeavesWhatWasThere() throws IOException {
    Path file = Files.writeString(directory.resolve("report.json"), "old");
    Path blocker = directory.resolve(".report.json." + ProcessHandle.current().pid() + ".tmp");
    Files.createDirectories(blocker.resolve("inside"));
    assertThatThrownBy(() -> WholeFile.write(file, "new")).isInstanceOf(IOException.class);
    assertThat(Files.readString(file)).isEqualTo("old");
  }
}
