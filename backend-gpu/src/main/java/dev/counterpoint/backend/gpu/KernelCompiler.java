package dev.counterpoint.backend.gpu;

import java.util.List;
import java.util.Map;

/** A compiler of kernels in this process. */
public interface KernelCompiler {
  /** Name and version: a part of every cache key. */
  String version();

  /**
   * Compiles.
   *
   * @param program name of the source, for messages
   * @param source its text
   * @param headers what it may include, by the name by which it does
   * @param options the compiler's options
   * @throws dev.counterpoint.CounterpointException with the compiler's log
   */
  Output compile(String program, String source, Map<String, String> headers, List<String> options);

  /**
   * What came out.
   *
   * @param image what the driver loads
   * @param entries the entry points in it
   */
  record Output(byte[] image, List<String> entries) {
    /** Copies the list. */
    public Output {
      entries = List.copyOf(entries);
    }
  }
}
