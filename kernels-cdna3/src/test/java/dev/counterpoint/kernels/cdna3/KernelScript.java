package dev.counterpoint.kernels.cdna3;

import dev.counterpoint.emulator.Script;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A script for the emulated device that launches this module's kernels. */
final class KernelScript {
  private static final Path OBJECTS = Path.of(System.getProperty("kernels.objects"));

  final Script script = new Script();
  private final Set<String> loaded = new HashSet<>();
  private final Map<String, Path> replaced = new HashMap<>();
  private int device;
  private int structs;

  static Path object(String family) {
    return OBJECTS.resolve(family + ".hsaco");
  }

  /** Uses another code object for a family: a mutant. */
  KernelScript replace(String family, Path object) {
    replaced.put(family, object);
    return this;
  }

  KernelScript add(String format, Object... values) {
    script.add(format, values);
    return this;
  }

  KernelScript device(int number) {
    device = number;
    return add("device %d", number);
  }

  KernelScript upload(String name, byte[] bytes) {
    // A buffer of no bytes has no address.
    script.upload(name, bytes.length == 0 ? new byte[16] : bytes);
    return this;
  }

  KernelScript upload(String name, long... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asLongBuffer().put(values);
    return upload(name, buffer.array());
  }

  KernelScript uploadInts(String name, int... values) {
    script.upload(name, values.length == 0 ? new int[4] : values);
    return this;
  }

  KernelScript zeros(String name, long bytes) {
    script.zeros(name, bytes);
    return this;
  }

  KernelScript filled(String name, long bytes, int value) {
    return add("buffer %s %d", name, bytes)
        .add("set 0 %s %d %d", name, value, bytes)
        .add("devsync");
  }

  /** A table of addresses in memory of the current device. */
  KernelScript table(String name, String... places) {
    StringBuilder line = new StringBuilder("struct " + name + " " + 8 * places.length);
    for (int k = 0; k < places.length; k++) {
      line.append(' ').append(8 * k).append("=p:").append(places[k]);
    }
    add("buffer %s %d", name, 8 * Math.max(1, places.length));
    return add("%s", line).add("place %s %s", name, name);
  }

  /** One launch: the family's code object is loaded on the current device when it is not yet. */
  KernelScript launch(
      String stream,
      String family,
      String entry,
      int grid,
      int threads,
      int sharedBytes,
      Parameters parameters) {
    Path object = replaced.getOrDefault(family, object(family));
    String module = object.getFileName() + "@" + device;
    if (loaded.add(module)) {
      add("module %s %s", module, object);
    }
    String struct = "struct" + structs++;
    return add("%s", parameters.line(struct))
        .add(
            "launch %s %s %s %d 1 1 %d 1 1 %d s:%s",
            stream, module, entry, grid, threads, sharedBytes, struct);
  }

  /** A companion on its own number of threads. */
  KernelScript companion(String stream, String entry, int grid, Parameters parameters) {
    boolean moves =
        entry.startsWith("all_reduce_")
            || Set.of("tile_reduce", "row_norm", "put", "unpack", "fill").contains(entry);
    return launch(stream, "companions", entry, grid, moves ? 256 : 64, 0, parameters);
  }

  /**
   * Makes the wait context of a rank: `name` is it, its record, flags and claim have that prefix.
   */
  KernelScript world(String name, int rank, long timeoutNanos) {
    add("host %sRecord %d", name, ParameterLayout.size("FaultRecord"));
    add("host %sHostAbort 16", name).zeros(name + "Abort", 16).zeros(name + "Claim", 16);
    add("zero %sRecord %d", name, ParameterLayout.size("FaultRecord"));
    add("zero %sHostAbort 16", name);
    Parameters context =
        new Parameters("WaitContext")
            .set("record", name + "Record")
            .set("claim", name + "Claim")
            .set("localAbort", name + "Abort")
            .set("hostAbort", name + "HostAbort")
            .set("rank", rank)
            .set("timeoutNanos", timeoutNanos);
    add("buffer %s %d", name, ParameterLayout.size("WaitContext"));
    return add("%s", context.line(name)).add("place %s %s", name, name);
  }

  /** Fills in a block's operation: who runs, in this world. */
  static Parameters in(String world, Parameters parameters) {
    return parameters
        .set("operation.context", world)
        .set("operation.abort", world + "Abort")
        .set("operation.operation", 77);
  }

  KernelScript download(String name) {
    script.download(name);
    return this;
  }

  KernelScript run() {
    script.run().mustSucceed();
    return this;
  }

  byte[] bytes(String name) {
    return script.bytes(name);
  }

  long[] longs(String name) {
    byte[] bytes = bytes(name);
    long[] values = new long[bytes.length / 8];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(values);
    return values;
  }

  /** A field of a fault record that was downloaded. */
  long fault(String world, String field) {
    ParameterLayout.Field at = ParameterLayout.field("FaultRecord", field);
    ByteBuffer record = ByteBuffer.wrap(bytes(world + "Record")).order(ByteOrder.LITTLE_ENDIAN);
    return at.type().equals("i64") ? record.getLong(at.offset()) : record.getInt(at.offset());
  }
}
