package dev.counterpoint.kernels.cdna3;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Where the fields of parameter blocks lie: read from the lines of their headers that say so. */
final class ParameterLayout {
  /** One field, and the type that its header gives it. */
  record Field(int offset, String type) {}

  private static final Pattern SIZE = Pattern.compile("CP_SIZE\\((\\w+), (\\d+)\\);");
  private static final Pattern FIELD =
      Pattern.compile("CP_FIELD\\((\\w+), (\\w+), (\\d+), (\\w+)\\);");
  private static final Map<String, Integer> SIZES = new HashMap<>();
  private static final Map<String, Field> FIELDS = new HashMap<>();

  static {
    Path headers = Path.of(System.getProperty("kernels.common"), "params");
    try (Stream<Path> files = Files.list(headers)) {
      for (Path file : files.toList()) {
        for (String line : Files.readAllLines(file)) {
          read(line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ParameterLayout() {}

  private static void read(String line) {
    Matcher size = SIZE.matcher(line);
    if (size.matches()) {
      SIZES.put(size.group(1), Integer.valueOf(size.group(2)));
    }
    Matcher field = FIELD.matcher(line);
    if (field.matches()) {
      FIELDS.put(
          field.group(1) + "." + field.group(2),
          new Field(Integer.parseInt(field.group(3)), field.group(4)));
    }
  }

  static int size(String struct) {
    return SIZES.get(struct);
  }

  /** A field by its path, as in "gateTarget.epoch". */
  static Field field(String struct, String path) {
    String type = struct;
    int offset = 0;
    for (String name : List.of(path.split("\\.", -1))) {
      Field field = FIELDS.get(type + "." + name);
      if (field == null) {
        throw new IllegalArgumentException("no field " + path + " in " + struct);
      }
      offset += field.offset();
      type = field.type();
    }
    return new Field(offset, type);
  }
}
