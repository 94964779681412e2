package dev.counterpoint.backend.gpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the build says of the kernels it made: {@code manifest.json}, which lists every entry point
 * for every architecture with its registers, shared memory and spills.
 *
 * @param portable the architecture that the portable code is for, such as {@code compute_80}; empty
 *     where there is none
 * @param compiler who compiled
 * @param kernels all entries
 */
record KernelManifest(String portable, String compiler, List<Kernel> kernels) {
  private static final Pattern OBJECT = Pattern.compile("\\{([^{}]*)}");
  private static final Pattern MEMBER =
      Pattern.compile("\"(\\w+)\"\\s*:\\s*(?:\"([^\"]*)\"|(-?[0-9]+))");

  /**
   * One entry point for one architecture.
   *
   * @param entry its name
   * @param file the image that holds it
   * @param architecture what it was compiled for, such as {@code sm_80}
   * @param attributes everything else that the manifest says
   */
  record Kernel(String entry, String file, String architecture, Map<String, String> attributes) {
    Kernel {
      attributes = Map.copyOf(attributes);
    }
  }

  KernelManifest {
    kernels = List.copyOf(kernels);
  }

  /** Reads a manifest; what it does not understand it leaves out. */
  static KernelManifest parse(String json) {
    List<Kernel> kernels = new ArrayList<>();
    Matcher objects = OBJECT.matcher(json);
    while (objects.find()) {
      Map<String, String> members = members(objects.group(1));
      String entry = members.remove("entry");
      String file = members.remove("file");
      String architecture = members.remove("arch");
      if (entry != null && file != null && architecture != null) {
        kernels.add(new Kernel(entry, file, architecture, members));
      }
    }
    int list = json.indexOf('[');
    Map<String, String> head = members(list < 0 ? json : json.substring(0, list));
    return new KernelManifest(
        head.getOrDefault("ptx", ""), head.getOrDefault("compiler", ""), kernels);
  }

  private static Map<String, String> members(String text) {
    Map<String, String> members = new LinkedHashMap<>();
    Matcher matcher = MEMBER.matcher(text);
    while (matcher.find()) {
      members.put(matcher.group(1), matcher.group(2) != null ? matcher.group(2) : matcher.group(3));
    }
    return members;
  }

  /** The entries of one image for one architecture. */
  List<Kernel> of(String file, String architecture) {
    return kernels.stream()
        .filter(k -> k.file().equals(file) && k.architecture().equals(architecture))
        .toList();
  }

  /** The architectures that an image was compiled for, oldest first. */
  List<String> architectures(String file) {
    return kernels.stream()
        .filter(k -> k.file().equals(file))
        .map(Kernel::architecture)
        .distinct()
        .sorted(Comparator.comparingInt(KernelStore::number))
        .toList();
  }
}
