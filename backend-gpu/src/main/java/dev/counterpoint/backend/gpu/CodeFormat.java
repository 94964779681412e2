package dev.counterpoint.backend.gpu;

import java.util.List;
import java.util.function.Function;

/**
 * How a platform's device code is named and compiled.
 *
 * @param imageSuffix end of the names of built images, such as {@code .fatbin}
 * @param sourceSuffix end of the names of sources, such as {@code .cu}
 * @param options options of the run-time compiler for an architecture
 */
public record CodeFormat(
    String imageSuffix, String sourceSuffix, Function<String, List<String>> options) {
  /** File name of a family's image. */
  String image(String family) {
    return family + imageSuffix;
  }

  /** File name of a family's source. */
  String source(String family) {
    return "kernels/" + family + sourceSuffix;
  }
}
