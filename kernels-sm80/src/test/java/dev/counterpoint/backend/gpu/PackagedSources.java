package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The sources that a module of kernels packs, as where nvcc was not there: nothing built. */
final class PackagedSources implements KernelPlace {
  private static final Pattern INCLUDE = Pattern.compile("(?m)^#include +(\\S+)");

  private final KernelPlace all;

  /** Those of a module on the class path. */
  PackagedSources(String module) {
    all = KernelPlace.onClassPath(module);
  }

  @Override
  public String describe() {
    return all.describe();
  }

  @Override
  public byte @Nullable [] read(String name) {
    return name.startsWith("source/") ? all.read(name) : null;
  }

  String text(String name) {
    byte[] bytes = read("source/" + name);
    assertThat(bytes).as(name).isNotNull();
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The names of all sources, after each was found there with all that it includes. */
  List<String> complete() {
    List<String> names = text("index.txt").lines().toList();
    assertThat(names).isSorted().doesNotContain("index.txt");
    for (String name : names) {
      Matcher includes = INCLUDE.matcher(text(name));
      while (includes.find()) {
        // Nothing of the toolkit: the run-time compiler has no folder to find it in.
        assertThat(includes.group(1)).as(name).startsWith("\"");
        assertThat(names).as(name).contains(includes.group(1).replace("\"", ""));
      }
    }
    return names;
  }
}
