package dev.counterpoint.cli.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.cli.CommandException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrariesTest {
  @TempDir Path directory;

  @Test
  void keepsWhatRunsHereAndPacksClasses() throws IOException {
    Path plain = jar("plain-1.0.jar", "a/A.class", "META-INF/maven/pom.xml");
    Path natives =
        jar(
            "blas-1.0-linux-x86_64.jar",
            "org/blas/linux-x86_64/libblas.so",
            "org/blas/linux-x86_64/libjniopenblas_nolapack.so",
            "org/blas/linux-x86_64/libjniopenblas_full.so",
            "org/blas/linux-x86_64/include/blas.h",
            "META-INF/native-image/x.json");
    Path others = jar("blas-1.0-linux-arm64.jar", "x");
    Path mac = jar("blas-1.0-macosx-arm64.jar", "x");
    Path classes = Files.createDirectories(directory.resolve("module/target/classes/b"));
    Files.writeString(directory.resolve("module/pom.xml"), "<project/>");
    Files.writeString(classes.resolve("B.class"), "B");
    Path target = Files.createDirectory(directory.resolve("lib"));
    String path =
        String.join(
            File.pathSeparator,
            plain.toString(),
            natives.toString(),
            others.toString(),
            mac.toString(),
            classes.getParent().toString(),
            "gone");

    List<Path> copied = Libraries.copy(path, target);

    assertThat(copied)
        .extracting(file -> file.getFileName().toString())
        .containsExactly("plain-1.0.jar", "blas-1.0-linux-x86_64.jar", "classes-module-2.jar");
    assertThat(entries(copied.get(0))).containsExactly("a/A.class", "META-INF/maven/pom.xml");
    assertThat(entries(copied.get(1)))
        .containsExactly(
            "org/blas/linux-x86_64/libblas.so", "org/blas/linux-x86_64/libjniopenblas_nolapack.so");
    assertThat(entries(copied.get(2))).containsExactly("b/B.class");
  }

  @Test
  void kernelsThatAreSourcesOnlyAreNamed() throws IOException {
    String kernels = "META-INF/counterpoint/kernels/";
    Path built =
        jar(
            "built.jar",
            kernels + "sm90/source/index.txt",
            kernels + "sm90/manifest.json",
            kernels + "sm90/gemm.fatbin");
    Path sources = jar("sources.jar", kernels + "sm80/source/index.txt", "manifest.json");
    assertThat(Libraries.kernelsWithoutCode(List.of(built, sources))).containsExactly("sm80");
    assertThat(Libraries.kernelsWithoutCode(List.of(built))).isEmpty();
  }

  @Test
  void aClassPathWithNothingOnItIsAnError() {
    assertThatThrownBy(() -> Libraries.copy("", directory)).isInstanceOf(CommandException.class);
  }

  @Test
  void aProgramThatIsMissingIsNamedWithItsPackage() {
    assertThatThrownBy(() -> Tools.require("no-such-program-here", "some-package"))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("'no-such-program-here'")
        .hasMessageContaining("some-package");
  }

  private Path jar(String name, String... entries) throws IOException {
    Path jar = directory.resolve(name);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (String entry : entries) {
        zip.putNextEntry(new ZipEntry(entry));
        zip.write(entry.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        zip.closeEntry();
      }
    }
    return jar;
  }

  private static List<String> entries(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      return zip.stream().map(ZipEntry::getName).toList();
    }
  }
}
