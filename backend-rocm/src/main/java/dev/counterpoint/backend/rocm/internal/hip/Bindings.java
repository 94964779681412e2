package dev.counterpoint.backend.rocm.internal.hip;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.Loader;

/** The JNI library behind this package. */
public final class Bindings {
  static final String JNI_LIBRARY = "jnicounterpointrocm";
  private static final Map<RocmLibrary, Candidates> CANDIDATES = candidates();
  private static final String UNAVAILABILITY = load();

  private Bindings() {}

  /**
   * Why no native function of this package can be called, or an empty text. It is never the reason
   * that ROCm is missing: that is a matter of each {@link RocmLibrary}. Never throws.
   */
  public static String unavailability() {
    return UNAVAILABILITY;
  }

  /**
   * Sets a variable of this process's environment unless it is set. Libraries read theirs when they
   * are loaded, so call this before.
   *
   * @return whether it was set
   */
  public static boolean setDefaultVariable(String name, String value) {
    return UNAVAILABILITY.isEmpty() && Resolver.setDefaultVariable(name, value);
  }

  /**
   * Loads the JNI library, or throws.
   *
   * @throws UnsatisfiedLinkError with the text of {@link #unavailability}
   */
  static void require() {
    if (!UNAVAILABILITY.isEmpty()) {
      throw new UnsatisfiedLinkError(UNAVAILABILITY);
    }
  }

  /** Where a library is looked for. */
  static Candidates candidates(RocmLibrary library) {
    return Objects.requireNonNull(CANDIDATES.get(library));
  }

  private static Map<RocmLibrary, Candidates> candidates() {
    Map<RocmLibrary, Candidates> candidates = new EnumMap<>(RocmLibrary.class);
    for (RocmLibrary library : RocmLibrary.values()) {
      candidates.put(library, Candidates.of(library, System::getProperty, System::getenv));
    }
    return candidates;
  }

  private static String load() {
    String place = Loader.getPlatform() + "/lib" + JNI_LIBRARY + ".so";
    if (Bindings.class.getResource(place) == null) {
      return "the JNI library of the ROCm bindings is not in this build ("
          + place
          + "): it was built without g++";
    }
    try {
      Loader.load(Resolver.class);
      CANDIDATES.forEach(
          (library, candidates) ->
              Resolver.setCandidates(library.number(), String.join("\n", candidates.files())));
      return "";
    } catch (RuntimeException | LinkageError e) {
      return "the JNI library of the ROCm bindings cannot be loaded: " + e;
    }
  }
}
