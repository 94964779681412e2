package dev.counterpoint.backend.cuda.internal;

import static org.bytedeco.cuda.global.nvrtc.*;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.backend.gpu.KernelCompiler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** {@link KernelCompiler} by NVRTC. Loading this class loads it. */
final class NativeCompiler implements KernelCompiler {
  private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)");
  private final String version;

  NativeCompiler() {
    int[] major = new int[1];
    int[] minor = new int[1];
    check(nvrtcVersion(major, minor), "nvrtcVersion", "");
    version = "NVRTC " + major[0] + "." + minor[0];
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public Output compile(
      String program, String source, Map<String, String> headers, List<String> options) {
    List<BytePointer> texts = new ArrayList<>();
    List<BytePointer> names = new ArrayList<>();
    headers.forEach(
        (name, text) -> {
          names.add(new BytePointer(name, StandardCharsets.UTF_8));
          texts.add(new BytePointer(text, StandardCharsets.UTF_8));
        });
    _nvrtcProgram handle = new _nvrtcProgram();
    try (BytePointer sourceText = new BytePointer(source, StandardCharsets.UTF_8);
        BytePointer programName = new BytePointer(program, StandardCharsets.UTF_8);
        PointerPointer<BytePointer> headerTexts = table(texts);
        PointerPointer<BytePointer> headerNames = table(names)) {
      check(
          nvrtcCreateProgram(
              handle, sourceText, programName, names.size(), headerTexts, headerNames),
          "nvrtcCreateProgram",
          program);
      try {
        return compile(handle, program, options);
      } finally {
        nvrtcDestroyProgram(handle);
      }
    } finally {
      names.forEach(BytePointer::close);
      texts.forEach(BytePointer::close);
    }
  }

  private static PointerPointer<BytePointer> table(List<BytePointer> pointers) {
    PointerPointer<BytePointer> table = new PointerPointer<>(Math.max(1, pointers.size()));
    for (int i = 0; i < pointers.size(); i++) {
      table.put(i, pointers.get(i));
    }
    return table;
  }

  private static Output compile(_nvrtcProgram handle, String program, List<String> options) {
    List<BytePointer> texts =
        options.stream().map(o -> new BytePointer(o, StandardCharsets.UTF_8)).toList();
    try (PointerPointer<BytePointer> table = table(texts);
        SizeTPointer size = new SizeTPointer(1)) {
      int status = nvrtcCompileProgram(handle, options.size(), table);
      if (status != 0) {
        throw new CounterpointException(
            Failure.Category.NATIVE,
            "nvrtcCompileProgram failed: "
                + status
                + " "
                + nvrtcGetErrorString(status).getString()
                + " [program="
                + program
                + ", options="
                + options
                + "]; its log: "
                + log(handle));
      }
      check(nvrtcGetPTXSize(handle, size), "nvrtcGetPTXSize", program);
      byte[] ptx = new byte[(int) size.get()];
      check(nvrtcGetPTX(handle, ptx), "nvrtcGetPTX", program);
      check(nvrtcGetCUBINSize(handle, size), "nvrtcGetCUBINSize", program);
      byte[] image = new byte[(int) size.get()];
      if (image.length > 0) {
        check(nvrtcGetCUBIN(handle, image), "nvrtcGetCUBIN", program);
      }
      return new Output(image.length > 0 ? image : ptx, entries(ptx));
    } finally {
      texts.forEach(BytePointer::close);
    }
  }

  private static List<String> entries(byte[] ptx) {
    Set<String> entries = new LinkedHashSet<>();
    Matcher matcher = ENTRY.matcher(new String(ptx, StandardCharsets.UTF_8));
    while (matcher.find()) {
      entries.add(matcher.group(1));
    }
    return List.copyOf(entries);
  }

  private static String log(_nvrtcProgram handle) {
    try (SizeTPointer size = new SizeTPointer(1)) {
      if (nvrtcGetProgramLogSize(handle, size) != 0) {
        return "(none)";
      }
      byte[] log = new byte[(int) size.get()];
      nvrtcGetProgramLog(handle, log);
      return new String(log, StandardCharsets.UTF_8).trim();
    }
  }

  private static void check(int status, String function, String values) {
    if (status != 0) {
      throw new dev.counterpoint.NativeException(
          function, status, nvrtcGetErrorString(status).getString(), values, "");
    }
  }
}
