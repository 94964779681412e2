package dev.counterpoint.backend.rocm.internal.hip;

import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * hipRTC, which compiles HIP C++ at run time. Texts end in a zero byte and are given by address.
 */
@Platform(include = "bindings.h", library = Bindings.JNI_LIBRARY)
@Namespace("counterpoint")
@NoException
public final class HipRtc {
  public static final int HIPRTC_SUCCESS = 0;
  public static final int HIPRTC_ERROR_COMPILATION = 6;

  static {
    Bindings.require();
  }

  private HipRtc() {}

  public static native int hiprtcVersion(int[] major, int[] minor);

  public static native int hiprtcCreateProgram(
      long[] program, long source, long name, int headers, long headerTexts, long headerNames);

  /** Compiles; the options come as the address of a table of their addresses. */
  public static native int hiprtcCompileProgram(long program, int options, long optionTable);

  public static native int hiprtcDestroyProgram(long[] program);

  public static native int hiprtcGetCodeSize(long program, long[] bytes);

  public static native int hiprtcGetCode(long program, byte[] code);

  public static native int hiprtcGetProgramLogSize(long program, long[] bytes);

  public static native int hiprtcGetProgramLog(long program, byte[] log);

  public static native String hiprtcGetErrorString(int status);
}
