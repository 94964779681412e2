package dev.counterpoint.backend.rocm.internal;

import static dev.counterpoint.backend.rocm.internal.hip.HipRtc.*;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.NativeException;
import dev.counterpoint.backend.gpu.KernelCompiler;
import dev.counterpoint.backend.rocm.internal.hip.RocmLibrary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/** {@link KernelCompiler} by hipRTC. Making one loads it. */
final class NativeCompiler implements KernelCompiler {
  /** A kernel's descriptor in the symbols of a code object. */
  private static final Pattern ENTRY = Pattern.compile("\0(\\w+)\\.kd(?=\0)");

  private final String version;

  NativeCompiler() {
    int[] major = new int[1];
    int[] minor = new int[1];
    check(hiprtcVersion(major, minor), "hiprtcVersion", "");
    version = "hipRTC " + major[0] + "." + minor[0];
  }

  @Override
  public String version() {
    return version;
  }

  /** Texts in native memory, with a table of their addresses. */
  private static final class Texts implements AutoCloseable {
    private final List<BytePointer> texts = new ArrayList<>();
    private final PointerPointer<BytePointer> table;

    Texts(Stream<String> from) {
      from.forEach(text -> texts.add(new BytePointer(text, StandardCharsets.UTF_8)));
      table = new PointerPointer<>(Math.max(1, texts.size()));
      for (int i = 0; i < texts.size(); i++) {
        table.put(i, texts.get(i));
      }
    }

    int count() {
      return texts.size();
    }

    long address() {
      return table.address();
    }

    @Override
    public void close() {
      table.close();
      texts.forEach(BytePointer::close);
    }
  }

  @Override
  public Output compile(
      String program, String source, Map<String, String> headers, List<String> options) {
    long[] handle = new long[1];
    try (Texts names = new Texts(headers.keySet().stream());
        Texts texts = new Texts(headers.values().stream());
        BytePointer sourceText = new BytePointer(source, StandardCharsets.UTF_8);
        BytePointer programName = new BytePointer(program, StandardCharsets.UTF_8)) {
      check(
          hiprtcCreateProgram(
              handle,
              sourceText.address(),
              programName.address(),
              names.count(),
              texts.address(),
              names.address()),
          "hiprtcCreateProgram",
          program);
      try {
        return compile(handle[0], program, options);
      } finally {
        hiprtcDestroyProgram(handle);
      }
    }
  }

  private static Output compile(long handle, String program, List<String> options) {
    try (Texts table = new Texts(options.stream())) {
      int status = hiprtcCompileProgram(handle, table.count(), table.address());
      if (status != 0) {
        throw new CounterpointException(
            Failure.Category.NATIVE,
            "hiprtcCompileProgram failed: "
                + status
                + " "
                + RocmLibrary.HIPRTC.nameOf(status)
                + " [program="
                + program
                + ", options="
                + options
                + "]; its log: "
                + log(handle));
      }
    }
    long[] size = new long[1];
    check(hiprtcGetCodeSize(handle, size), "hiprtcGetCodeSize", program);
    byte[] image = new byte[Math.toIntExact(size[0])];
    check(hiprtcGetCode(handle, image), "hiprtcGetCode", program);
    return new Output(image, entries(image));
  }

  /** The kernels of a code object, by the names of their descriptors. */
  static List<String> entries(byte[] image) {
    List<String> entries = new ArrayList<>();
    Matcher matcher = ENTRY.matcher(new String(image, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      if (!entries.contains(matcher.group(1))) {
        entries.add(matcher.group(1));
      }
    }
    return entries;
  }

  private static String log(long handle) {
    long[] size = new long[1];
    if (hiprtcGetProgramLogSize(handle, size) != 0) {
      return "(none)";
    }
    byte[] log = new byte[Math.toIntExact(size[0])];
    hiprtcGetProgramLog(handle, log);
    return new String(log, StandardCharsets.UTF_8).trim();
  }

  private static void check(int status, String function, String values) {
    if (status != 0) {
      throw new NativeException(function, status, RocmLibrary.HIPRTC.nameOf(status), values, "");
    }
  }
}
