package dev.counterpoint.backend.rocm.internal.hip;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * The libraries of ROCm, each looked for when first needed and then kept, found or not, for the
 * life of the process.
 *
 * <p>Where: the file or directory that a system property or else an environment variable names
 * ({@code counterpoint.rocm.hip}, {@code COUNTERPOINT_ROCM_HIP}); without these, whatever the
 * dynamic linker finds under the library's names, the newest major version first, then the
 * directory that libamdhip64 was loaded from (before all else if someone named that), {@code
 * $ROCM_PATH/lib} and {@code /opt/rocm/lib}. The properties are read once.
 *
 * <p>Safe for use by many threads. No method throws.
 */
@SuppressWarnings("ImmutableEnumChecker") // the list is unmodifiable, the functions have no state
public enum RocmLibrary {
  /** The runtime. */
  HIP(0, "amdhip64", Hip::hipGetErrorName, Hip::hipGetErrorString, 7, 6, 5),
  /** Collectives. */
  RCCL(1, "rccl", Rccl::nameOf, Rccl::ncclGetErrorString, 1),
  /** The compiler at run time. */
  HIPRTC(2, "hiprtc", HipRtc::hiprtcGetErrorString, HipRtc::hiprtcGetErrorString, 7, 6, 5),
  /** Matrix products. */
  HIPBLASLT(3, "hipblaslt", HipBlasLt::nameOf, HipBlasLt::nameOf, 1, 0),
  /** Symmetric memory across processes. */
  ROCSHMEM(4, "rocshmem", RocShmem::nameOf, RocShmem::nameOf);

  private final int number;
  private final String stem;
  private final IntFunction<String> name;
  private final IntFunction<String> text;
  private final List<String> fileNames;

  RocmLibrary(
      int number, String stem, IntFunction<String> name, IntFunction<String> text, int... majors) {
    this.number = number;
    this.stem = "lib" + stem;
    this.name = name;
    this.text = text;
    List<String> names = new ArrayList<>();
    for (int major : majors) {
      names.add(this.stem + ".so." + major);
    }
    names.add(this.stem + ".so");
    fileNames = List.copyOf(names);
  }

  /** The system property that names the file, or a directory that has it. */
  public String property() {
    return "counterpoint.rocm." + name().toLowerCase(Locale.ROOT);
  }

  /** The environment variable that does, where the property is not set. */
  public String variable() {
    return "COUNTERPOINT_ROCM_" + name();
  }

  /** Its number in library.h. */
  int number() {
    return number;
  }

  /** The names it may have, the most wanted first. */
  List<String> fileNames() {
    return fileNames;
  }

  /** Whether it is loaded, which the first question does. */
  public boolean isAvailable() {
    return Bindings.unavailability().isEmpty() && Resolver.load(number());
  }

  /** The file it was loaded from; empty when it is not. */
  public String path() {
    return isAvailable() ? Resolver.path(number()) : "";
  }

  /** Whether it is loaded and exports a function, whose name is ASCII. */
  public boolean has(String symbol) {
    return isAvailable() && Resolver.has(number(), symbol);
  }

  /** Why it is not loaded, with all that was tried and what can be done; empty when it is. */
  public String unavailability() {
    if (isAvailable()) {
      return "";
    }
    String bindings = Bindings.unavailability();
    return bindings.isEmpty() ? reason(Resolver.failures(number())) : bindings;
  }

  private String reason(String failures) {
    List<String> absent = new ArrayList<>();
    List<String> broken = new ArrayList<>();
    for (String line : failures.lines().toList()) {
      int tab = line.indexOf('\t');
      String file = line.substring(0, tab);
      String message = line.substring(tab + 1);
      boolean isAbsent =
          message.startsWith(file + ": cannot open shared object file: No such file");
      if (isAbsent) {
        absent.add(file);
      } else {
        broken.add(message.contains(file) ? message : file + ": " + message);
      }
    }
    if (!absent.isEmpty()) {
      broken.add("not found: " + String.join(", ", absent));
    }
    String override = Bindings.candidates(this).override();
    String remedy =
        override.isEmpty()
            ? "install it, or name it by -D" + property() + " or " + variable()
            : "nothing else was tried, because of " + override;
    return stem + " cannot be loaded (" + String.join("; ", broken) + "); " + remedy;
  }

  /** The library's own name for a status, or that of {@link BindingStatus}. */
  public String nameOf(int status) {
    return BindingStatus.isOwn(status) ? BindingStatus.nameOf(status) : said(name, status);
  }

  /**
   * What a status means. For those of {@link BindingStatus}, which must be the result of this
   * thread's last call that had one: what is missing where.
   */
  public String explain(int status) {
    return switch (status) {
      case BindingStatus.LIBRARY_MISSING -> unavailability();
      case BindingStatus.SYMBOL_MISSING ->
          path() + " has no " + Resolver.lastMissing() + ": ROCm is older or newer than that";
      default -> said(text, status);
    };
  }

  private String said(IntFunction<String> source, int status) {
    return Bindings.unavailability().isEmpty() ? source.apply(status) : "status " + status;
  }

  /** Names by number, for libraries that cannot be asked. */
  static String numbered(int status, String... names) {
    return Stream.of(names).skip(Math.max(0, status)).findFirst().orElse("(no name)");
  }
}
