package dev.counterpoint.backend.gpu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where built kernels or their sources may lie, on the class path below {@code
 * META-INF/counterpoint/kernels/} and the module's name: {@code manifest.json} beside the images,
 * and {@code source/} with {@code source/index.txt}, which lists the source files.
 */
interface KernelPlace {
  /** For people: where that is. */
  String describe();

  /** Bytes of a file, or null when it is not there or cannot be read. */
  byte @Nullable [] read(String name);

  /** A module of kernels on the class path. */
  static KernelPlace onClassPath(String module) {
    String prefix = "META-INF/counterpoint/kernels/" + module + "/";
    return new KernelPlace() {
      @Override
      public String describe() {
        return "kernels-" + module + " on the class path";
      }

      @Override
      public byte @Nullable [] read(String name) {
        ClassLoader loader = KernelPlace.class.getClassLoader();
        try (InputStream in = loader == null ? null : loader.getResourceAsStream(prefix + name)) {
          return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
          return null;
        }
      }
    };
  }

  /** A folder, such as a build leaves behind. */
  static KernelPlace folder(Path folder) {
    return new KernelPlace() {
      @Override
      public String describe() {
        return "folder " + folder;
      }

      @Override
      public byte @Nullable [] read(String name) {
        try {
          Path file = folder.resolve(name);
          return Files.isRegularFile(file) ? Files.readAllBytes(file) : null;
        } catch (IOException e) {
          return null;
        }
      }
    };
  }
}
