package dev.counterpoint.backend.rocm.internal.hip;

import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/** The native half of {@link RocmLibrary} and {@link Bindings}; see {@code library.h}. */
@Platform(include = "bindings.h", library = Bindings.JNI_LIBRARY)
@Namespace("counterpoint")
@NoException
final class Resolver {
  private Resolver() {}

  static native void setCandidates(int library, String lines);

  static native boolean load(int library);

  static native String path(int library);

  static native String failures(int library);

  static native boolean has(int library, String symbol);

  static native String lastMissing();

  static native boolean setDefaultVariable(String name, String value);
}
