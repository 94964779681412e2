package dev.counterpoint.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A script for the driver program (see driver.cpp), and what running it gave. Files live in a
 * directory of its own.
 */
public final class Script {
  private static final Path NATIVE =
      Path.of(System.getProperty("emulator.native", "target/native")).toAbsolutePath();

  private final StringBuilder text = new StringBuilder();
  private final Map<String, String> environment = new HashMap<>();
  private final Path directory;
  private List<String> lines = List.of();
  private String log = "";

  public Script() {
    try {
      directory = Files.createTempDirectory("emulator");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Script add(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
    return this;
  }

  public Script environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** A device buffer with these bytes. */
  public Script upload(String name, byte[] bytes) {
    Path file = directory.resolve(name + ".in");
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return add("buffer %s %d", name, bytes.length).add("upload %s %s", name, file);
  }

  public Script upload(String name, int[] values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asIntBuffer().put(values);
    return upload(name, buffer.array());
  }

  public Script upload(String name, float[] values) {
    int[] bits = new int[values.length];
    for (int k = 0; k < values.length; k++) {
      bits[k] = Float.floatToRawIntBits(values[k]);
    }
    return upload(name, bits);
  }

  /** A device buffer of zeros. */
  public Script zeros(String name, long bytes) {
    return add("buffer %s %d", name, bytes).add("zero %s %d", name, bytes);
  }

  public Script download(String name) {
    return add("download %s %s", name, directory.resolve(name + ".out"));
  }

  public Path file(String name) {
    return directory.resolve(name);
  }

  public Script run() {
    Llvm.Result result =
        Processes.run(List.of(NATIVE.resolve("driver").toString()), environment, text.toString());
    lines = List.of(result.output().split("\n", -1));
    log = result.error();
    if (result.exit() != 0) {
      throw new IllegalStateException(
          "driver ended with " + result.exit() + "\n" + result.output() + result.error());
    }
    return this;
  }

  /**
   * The lines that report an error, without those of commands that only fail because an earlier one
   * did.
   */
  public List<String> errors() {
    return lines.stream()
        .filter(line -> line.startsWith("error") || line.startsWith("bad"))
        .toList();
  }

  public List<String> lines() {
    return lines;
  }

  public Script mustSucceed() {
    if (!errors().isEmpty()) {
      throw new AssertionError(String.join("\n", errors()) + "\n" + log);
    }
    return this;
  }

  public byte[] bytes(String name) {
    try {
      return Files.readAllBytes(directory.resolve(name + ".out"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int[] ints(String name) {
    byte[] bytes = bytes(name);
    int[] values = new int[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(values);
    return values;
  }

  public float[] floats(String name) {
    int[] bits = ints(name);
    float[] values = new float[bits.length];
    for (int k = 0; k < bits.length; k++) {
      values[k] = Float.intBitsToFloat(bits[k]);
    }
    return values;
  }

  public static Path program(String name) {
    return NATIVE.resolve(name);
  }
}
