package dev.counterpoint.cli.bundle;

import dev.counterpoint.Failure;
import dev.counterpoint.cli.CommandException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies the command's own class path into one directory: classes packed into jars, natives of
 * other platforms left out, and of the jars with natives only what is loaded at run time.
 */
final class Libraries {
  private static final String PLATFORM = "linux-x86_64";
  private static final Pattern OTHER_PLATFORM =
      Pattern.compile(
          ".*-(linux-(arm64|armhf|ppc64le|riscv64|x86)|macosx-[a-z0-9_]+|windows-[a-z0-9_]+|android-[a-z0-9_]+|ios-[a-z0-9_]+)\\.jar");

  /**
   * Headers, build files, the variants of the BLAS binding that the host backend does not load, and
   * the bindings of libraries that the CUDA backend does not use.
   */
  private static final Pattern NOT_AT_RUN_TIME =
      Pattern.compile(
          "META-INF/(maven|native-image)/.*|.*/"
              + PLATFORM
              + "/(include|lib)/.*|.*/libjniopenblas(_full)?\\.so|org/bytedeco/cuda/"
              + PLATFORM
              + "/libjni(?!(cudart|cublas|nccl|nvrtc)\\.so).*");

  /** What a module of kernels holds: sources, and a manifest where machine code was built. */
  private static final Pattern KERNELS =
      Pattern.compile(
          "META-INF/counterpoint/kernels/([^/]+)/(?:source/index\\.txt|(manifest\\.json))");

  /** A fixed time in every entry: the same class path gives the same bytes. */
  private static final long TIME = 1_735_689_600_000L;

  private Libraries() {}

  /** Copies what the class path of this process names, in its order. */
  static List<Path> copy(String classPath, Path target) throws IOException {
    List<Path> copied = new ArrayList<>();
    for (String entry :
        new java.util.LinkedHashSet<>(List.of(classPath.split(File.pathSeparator, -1)))) {
      Path source = Path.of(entry);
      if (entry.isEmpty() || !Files.exists(source)) {
        continue;
      }
      if (Files.isDirectory(source)) {
        copied.add(pack(source, target.resolve(name(source, copied.size()))));
      } else if (!OTHER_PLATFORM.matcher(source.getFileName().toString()).matches()) {
        copied.add(trim(source, target.resolve(source.getFileName().toString())));
      }
    }
    if (copied.isEmpty()) {
      throw new CommandException(
          Failure.Category.STATE,
          "the class path '" + classPath + "' names nothing that could be packed");
    }
    return copied;
  }

  /** The architectures whose kernels lie in these jars as sources alone. */
  static Set<String> kernelsWithoutCode(List<Path> jars) throws IOException {
    Set<String> sources = new TreeSet<>();
    Set<String> built = new TreeSet<>();
    for (Path jar : jars) {
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        zip.stream()
            .map(entry -> KERNELS.matcher(entry.getName()))
            .filter(Matcher::matches)
            .forEach(found -> (found.group(2) == null ? sources : built).add(found.group(1)));
      }
    }
    sources.removeAll(built);
    return sources;
  }

  /** A jar's name for a directory of classes: by the module that it was compiled in. */
  private static String name(Path directory, int index) {
    for (Path at = directory.toAbsolutePath();
        at != null && at.getFileName() != null;
        at = at.getParent()) {
      if (Files.exists(at.resolve("pom.xml"))) {
        return "classes-" + at.getFileName() + "-" + index + ".jar";
      }
    }
    return "classes-" + index + ".jar";
  }

  private static Path pack(Path directory, Path target) throws IOException {
    try (ZipOutputStream zip = open(target);
        Stream<Path> files = Files.walk(directory)) {
      for (Path file : new TreeSet<>(files.filter(Files::isRegularFile).toList())) {
        put(
            zip,
            directory.relativize(file).toString().replace(File.separatorChar, '/'),
            Files.newInputStream(file));
      }
    }
    return target;
  }

  private static Path trim(Path source, Path target) throws IOException {
    if (!source.getFileName().toString().endsWith("-" + PLATFORM + ".jar")) {
      return Files.copy(source, target);
    }
    try (ZipFile jar = new ZipFile(source.toFile());
        ZipOutputStream zip = open(target)) {
      Enumeration<? extends ZipEntry> entries = jar.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        if (!entry.isDirectory() && !NOT_AT_RUN_TIME.matcher(entry.getName()).matches()) {
          put(zip, entry.getName(), jar.getInputStream(entry));
        }
      }
    }
    return target;
  }

  private static ZipOutputStream open(Path target) throws IOException {
    OutputStream file = Files.newOutputStream(target);
    ZipOutputStream zip = new ZipOutputStream(file);
    zip.setLevel(9);
    return zip;
  }

  private static void put(ZipOutputStream zip, String name, InputStream content)
      throws IOException {
    try (content) {
      ZipEntry entry = new ZipEntry(name);
      entry.setTime(TIME);
      zip.putNextEntry(entry);
      content.transferTo(zip);
      zip.closeEntry();
    }
  }
}
