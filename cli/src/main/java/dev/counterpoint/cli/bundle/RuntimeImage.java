package dev.counterpoint.cli.bundle;

import dev.counterpoint.Failure;
import dev.counterpoint.cli.CommandException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/** A Java runtime with the modules that the command uses and no others, made by jlink. */
final class RuntimeImage {
  /**
   * What the command and its libraries touch: logging and configuration (java.logging, java.naming,
   * java.xml), the JVM's own figures and recordings (java.management, jdk.management, jdk.jfr), and
   * off-heap memory (jdk.unsupported). The list is fixed, not computed: libraries mention modules
   * for parts of them that are never used here.
   */
  static final List<String> MODULES =
      List.of(
          "java.base",
          "java.logging",
          "java.management",
          "java.naming",
          "java.xml",
          "jdk.jfr",
          "jdk.management",
          "jdk.unsupported");

  private RuntimeImage() {}

  /**
   * Makes it.
   *
   * @param target a directory that is not there yet
   */
  static void create(Path target) {
    Path modules = Path.of(System.getProperty("java.home"), "jmods");
    ToolProvider jlink =
        ToolProvider.findFirst("jlink")
            .orElseThrow(
                () ->
                    unavailable(
                        "this Java (" + System.getProperty("java.home") + ") has no jlink"));
    if (!Files.isDirectory(modules)) {
      throw unavailable("jlink needs the JDK's jmods, and " + modules + " is not there");
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--module-path",
                modules.toString(),
                "--add-modules",
                String.join(",", MODULES),
                "--output",
                target.toString(),
                "--vm=server",
                "--strip-java-debug-attributes",
                "--no-man-pages",
                "--no-header-files",
                "--compress=2"));
    if (Tools.find("objcopy").isPresent()) {
      arguments.add("--strip-native-debug-symbols=exclude-debuginfo-files");
    }
    StringWriter messages = new StringWriter();
    PrintWriter writer = new PrintWriter(messages);
    int status = jlink.run(writer, writer, arguments.toArray(String[]::new));
    writer.flush();
    if (status != 0) {
      throw new CommandException(
          Failure.Category.NATIVE,
          "jlink failed with status " + status + ": " + messages.toString().strip());
    }
  }

  private static CommandException unavailable(String what) {
    return new CommandException(
        Failure.Category.UNAVAILABLE,
        what
            + "; run the command with a full JDK 17 or newer (on Debian and Ubuntu the package openjdk-17-jdk-headless)");
  }
}
