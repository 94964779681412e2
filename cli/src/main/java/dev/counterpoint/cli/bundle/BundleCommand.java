package dev.counterpoint.cli.bundle;

import dev.counterpoint.Failure;
import dev.counterpoint.cli.CommandException;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.report.Figures;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint bundle}. */
@Command(
    name = "bundle",
    sortOptions = false,
    description = {
      "Packs this command with a trimmed Java runtime into one folder.",
      "",
      "The folder runs from any place and without Java, on a Linux x86-64 whose glibc is as new as"
          + " this one, with zlib and libstdc++.%n"
    },
    footer = {
      "%nExamples:",
      "  counterpoint bundle counterpoint-linux",
      "  counterpoint bundle counterpoint-linux --archive counterpoint-linux.tar.xz",
      "  counterpoint-linux/bin/counterpoint doctor"
    })
public final class BundleCommand implements Callable<Integer> {
  private static final Path LAUNCHER = Path.of("bin", "counterpoint");
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      description = "The folder to make; must not be there, or be empty.")
  private Path directory = Path.of("");

  @Option(
      names = "--archive",
      paramLabel = "FILE",
      description = "Also pack the folder into this .tar.xz file.")
  private @Nullable Path archive;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    verify();
    Path target = directory.toAbsolutePath().normalize();
    Path parent = target.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try (HalfMade made = new HalfMade(target)) {
      Files.createDirectories(made.path());
      RuntimeImage.create(made.path().resolve("runtime"));
      Path libraries = Files.createDirectories(made.path().resolve("lib"));
      List<Path> jars = Libraries.copy(System.getProperty("java.class.path"), libraries);
      Files.createDirectories(made.path().resolve("bin"));
      writeLauncher(made.path().resolve(LAUNCHER));
      Set<String> sources = Libraries.kernelsWithoutCode(jars);
      made.finish();
      out.println(
          "made "
              + directory
              + ": "
              + jars.size()
              + " jars and a Java runtime, "
              + Figures.bytes((double) size(target)));
      if (!sources.isEmpty()) {
        out.println(
            "kernels for "
                + String.join(", ", sources)
                + " are in it as sources, to be compiled at first use; for machine code run 'mvn package' where their compiler is, then this again");
      }
    }
    if (archive != null) {
      try (HalfMade packed = new HalfMade(archive.toAbsolutePath())) {
        pack(target, packed.path());
        packed.finish();
      }
      out.println("packed " + archive + ": " + Figures.bytes((double) Files.size(archive)));
    }
    out.println("run it as " + directory.resolve(LAUNCHER));
    return ExitCode.GOOD;
  }

  private void verify() throws IOException {
    String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!system.equals("Linux amd64")) {
      throw new CommandException(
          Failure.Category.UNAVAILABLE,
          "a bundle contains this machine's Java runtime and is made on Linux x86-64 only; this is "
              + system);
    }
    if (Files.exists(directory) && (!Files.isDirectory(directory) || !isEmpty(directory))) {
      throw new CommandException(
          Failure.Category.USAGE,
          "'"
              + directory
              + "' is there already and not an empty directory; name another, or remove it");
    }
    if (archive != null) {
      if (!archive.toString().endsWith(".tar.xz")) {
        throw new CommandException(
            Failure.Category.USAGE, "--archive is '" + archive + "'; its name must end in .tar.xz");
      }
      Tools.require("tar", "tar");
      Tools.require("xz", "xz-utils");
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  private static void writeLauncher(Path launcher) throws IOException {
    try (InputStream script = BundleCommand.class.getResourceAsStream("launcher.sh")) {
      if (script == null) {
        throw new IllegalStateException("the launcher script is not in the jar");
      }
      Files.copy(script, launcher);
    }
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static long size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static void pack(Path directory, Path archive) throws IOException {
    Path parent = directory.getParent();
    Tools.run(
        List.of(
            "tar",
            "--create",
            "--xz",
            "--file",
            archive.toString(),
            "--sort=name",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--directory",
            String.valueOf(parent),
            directory.getFileName().toString()),
        Map.of("XZ_OPT", "-9e -T1"));
  }
}
