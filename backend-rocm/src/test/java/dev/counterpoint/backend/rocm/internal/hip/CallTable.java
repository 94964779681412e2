package dev.counterpoint.backend.rocm.internal.hip;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The lines of the {@code *_calls.h}, which tests compare with real and fake libraries. */
final class CallTable {
  private static final Pattern LINE =
      Pattern.compile("^ROCM_(CALL|TEXT)\\((\\w+), (\\w+), \\(([^)]*)\\)", Pattern.MULTILINE);
  private static final Path SOURCES = Path.of(System.getProperty("rocm.cpp", "src/main/cpp"));

  private CallTable() {}

  /**
   * A function.
   *
   * @param parameters as declared, such as {@code Handle stream, unsigned flags}
   */
  record Call(boolean isText, RocmLibrary library, String name, String parameters) {
    String result() {
      return isText ? "counterpoint::Text" : "int";
    }

    /** The parameters' names. */
    List<String> names() {
      List<String> names = new ArrayList<>();
      for (String parameter : parameters.isEmpty() ? new String[0] : parameters.split(",")) {
        names.add(parameter.substring(parameter.lastIndexOf(' ') + 1));
      }
      return names;
    }
  }

  static Path sources() {
    return SOURCES.toAbsolutePath();
  }

  /** The functions of a header, such as {@code hip_calls.h}. */
  static List<Call> of(String header) {
    try {
      Matcher matcher = LINE.matcher(Files.readString(SOURCES.resolve(header)));
      List<Call> calls = new ArrayList<>();
      while (matcher.find()) {
        calls.add(
            new Call(
                matcher.group(1).equals("TEXT"),
                RocmLibrary.valueOf(matcher.group(2)),
                matcher.group(3),
                matcher.group(4)));
      }
      return calls;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
