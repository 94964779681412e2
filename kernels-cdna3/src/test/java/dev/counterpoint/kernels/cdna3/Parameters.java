package dev.counterpoint.kernels.cdna3;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A parameter block for the driver's script. A text is the place of a buffer, as in "words+8"; what
 * is not set is 0.
 */
final class Parameters {
  private final String struct;
  private final Map<Integer, String> fields = new LinkedHashMap<>();

  Parameters(String struct) {
    this.struct = struct;
  }

  Parameters set(String path, Object value) {
    ParameterLayout.Field field = ParameterLayout.field(struct, path);
    String kind =
        switch (field.type()) {
          case "i32", "u32" -> "i";
          case "f32" -> "f";
          default -> value instanceof String ? "p" : "l";
        };
    fields.put(field.offset(), kind + ":" + value);
    return this;
  }

  /** Sets a Target: perEpoch times the epoch at this place, plus the offset. */
  Parameters target(String path, String epoch, long perEpoch, long offset) {
    set(path + ".epoch", epoch);
    return set(path + ".perEpoch", perEpoch).set(path + ".offset", offset);
  }

  /** The line that defines it under a name. */
  String line(String name) {
    StringBuilder line = new StringBuilder("struct " + name + " " + ParameterLayout.size(struct));
    fields.forEach((offset, value) -> line.append(' ').append(offset).append('=').append(value));
    return line.toString();
  }
}
