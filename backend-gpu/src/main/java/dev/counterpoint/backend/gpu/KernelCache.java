package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.support.PrivateFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Kernels that were compiled on this machine, in a folder of their user alone.
 *
 * <p>What is loaded from here runs on the device with the rights of the process, so a folder that
 * others can write is refused. An entry is written beside its place and moved there in one step, so
 * that other processes see all of it or nothing, and carries its own hash, so that a damaged one is
 * told from a good one: it is removed with one warning and compiled again. Whatever goes wrong here
 * costs compile time, never a failure.
 */
final class KernelCache {
  private static final String MAGIC = "counterpoint-kernel 1";
  private static final String SUFFIX = ".kernel";
  private static final int LONGEST_HEADER = 1 << 20;

  private final @Nullable Path folder;
  private final Consumer<String> warnings;
  private String state;

  /**
   * Opens the cache.
   *
   * @param folder where, or null for no cache
   * @param warnings takes each thing that is worth telling, once
   */
  KernelCache(@Nullable Path folder, Consumer<String> warnings) {
    this.warnings = warnings;
    String problem = folder == null ? "it is switched off" : PrivateFolder.prepare(folder);
    this.folder = problem == null ? folder : null;
    this.state = problem == null ? "kernel cache " + folder : "no kernel cache: " + problem;
    if (folder != null && problem != null) {
      warnings.accept("compiled kernels are not kept: " + problem);
    }
  }

  /** The usual folder: the user's cache folder, or null where there is no home. */
  static @Nullable Path usualFolder(@Nullable String xdgCacheHome, @Nullable String userHome) {
    return PrivateFolder.usual("kernels", xdgCacheHome, userHome);
  }

  /** For people: where the cache is, or why there is none. */
  String state() {
    return state;
  }

  /**
   * The name under which something is kept.
   *
   * @param parts everything that the result depends on
   */
  static String key(List<String> parts) {
    MessageDigest digest = sha256();
    for (String part : parts) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      digest.update(ByteBuffer.allocate(8).putLong(bytes.length).array());
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** What is kept under a key, if it is whole. */
  Optional<KernelCompiler.Output> read(String key) {
    if (folder == null) {
      return Optional.empty();
    }
    Path file = folder.resolve(key + SUFFIX);
    byte[] all;
    try {
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      all = Files.readAllBytes(file);
    } catch (IOException e) {
      warnings.accept(
          "kernel cache entry " + file + " cannot be read (" + e + "); compiling again");
      return Optional.empty();
    }
    Optional<KernelCompiler.Output> output = decode(key, all);
    if (output.isEmpty()) {
      warnings.accept("kernel cache entry " + file + " is damaged; compiling again");
      PrivateFolder.delete(file);
    }
    return output;
  }

  /** Keeps something; other processes may be doing the same. */
  void write(String key, KernelCompiler.Output output) {
    if (folder == null) {
      return;
    }
    try {
      PrivateFolder.write(folder, key + SUFFIX, encode(key, output));
    } catch (IOException | SecurityException e) {
      String message = "compiled kernels cannot be kept in " + folder + " (" + e + ")";
      if (!state.equals(message)) {
        state = message;
        warnings.accept(message);
      }
    }
  }

  private static byte[] encode(String key, KernelCompiler.Output output) {
    String names = String.join(",", output.entries());
    String header = MAGIC + "\n" + hash(key, names, output.image()) + "\n" + names + "\n";
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(header.getBytes(StandardCharsets.UTF_8));
    all.writeBytes(output.image());
    return all.toByteArray();
  }

  /** The key takes part, so that an entry under a wrong name is not good either. */
  private static String hash(String key, String names, byte[] image) {
    MessageDigest digest = sha256();
    digest.update((key + "\n" + names + "\n").getBytes(StandardCharsets.UTF_8));
    digest.update(image);
    return HexFormat.of().formatHex(digest.digest());
  }

  private static Optional<KernelCompiler.Output> decode(String key, byte[] all) {
    int[] ends = new int[3];
    int found = 0;
    for (int i = 0; i < Math.min(all.length, LONGEST_HEADER) && found < ends.length; i++) {
      if (all[i] == '\n') {
        ends[found++] = i;
      }
    }
    if (found < ends.length) {
      return Optional.empty();
    }
    String magic = text(all, 0, ends[0]);
    String hash = text(all, ends[0] + 1, ends[1]);
    String names = text(all, ends[1] + 1, ends[2]);
    byte[] image = Arrays.copyOfRange(all, ends[2] + 1, all.length);
    if (!magic.equals(MAGIC) || !hash.equals(hash(key, names, image))) {
      return Optional.empty();
    }
    return Optional.of(new KernelCompiler.Output(image, List.of(names.split(",", -1))));
  }

  private static String text(byte[] all, int from, int to) {
    return new String(all, from, to - from, StandardCharsets.UTF_8);
  }
}
