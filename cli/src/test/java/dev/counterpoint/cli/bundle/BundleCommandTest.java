package dev.counterpoint.cli.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleCommandTest {
  @TempDir Path directory;

  @Test
  void aBundleRunsFromAnotherPlaceWithoutAnyJava() throws Exception {
    assumeTrue(
        Files.isDirectory(Path.of(System.getProperty("java.home"), "jmods")),
        "needs a JDK with jmods");
    Path made = directory.resolve("made here");
    CommandRun run = CommandRun.of("bundle", made.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();

    Path moved = Files.move(made, directory.resolve("moved there"));
    Path link =
        Files.createSymbolicLink(directory.resolve("link"), moved.resolve("bin/counterpoint"));
    assertThat(output(link.toString(), "--version")).startsWith("counterpoint ");
    assertThat(
            output(
                link.toString(),
                "bench",
                "gemm-rs",
                "-m",
                "8",
                "-n",
                "8",
                "-k",
                "8",
                "--strategy",
                "auto",
                "--iterations",
                "1"))
        .contains("sequential", "auto", "ok")
        .doesNotContain("FAILED");
    assertThat(output(link.toString(), "bundle", directory.resolve("second").toString()))
        .contains("has no jlink", "openjdk-17-jdk-headless");
  }

  @Test
  void anArchiveOfAnotherKindIsRefused() {
    CommandRun run =
        CommandRun.of("bundle", directory.resolve("x").toString(), "--archive", "x.zip");
    assertThat(run.status()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("must end in .tar.xz");
  }

  private static String output(String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(List.of(command)).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("JAVA_HOME", "/nonexistent");
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return text;
  }
}
