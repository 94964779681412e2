package dev.counterpoint.spi.support;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A folder of its user alone in which processes keep what they found out, such as compiled kernels.
 *
 * <p>What is read from there is believed, so a folder that others can write, or that belongs to
 * somebody else, is refused. A file is written beside its place and moved there in one step, so
 * that other processes see all of it or nothing. Thread-safe, and safe with many processes.
 */
public final class PrivateFolder {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OWNER_ONLY_FILE =
      PosixFilePermissions.fromString("rw-------");

  private PrivateFolder() {}

  /**
   * The usual place: below the user's cache folder.
   *
   * @param name what is kept there
   * @param xdgCacheHome the variable of that name
   * @param userHome the user's home
   * @return null where there is no home
   */
  public static @Nullable Path usual(
      String name, @Nullable String xdgCacheHome, @Nullable String userHome) {
    if (xdgCacheHome != null && xdgCacheHome.startsWith("/")) {
      return Path.of(xdgCacheHome, "counterpoint", name);
    }
    if (userHome != null && userHome.startsWith("/") && userHome.length() > 1) {
      return Path.of(userHome, ".cache", "counterpoint", name);
    }
    return null;
  }

  /** Makes the folder if need be; what is wrong with it, for people, or null. */
  public static @Nullable String prepare(Path folder) {
    try {
      if (!Files.isDirectory(folder)) {
        create(folder);
      }
      PosixFileAttributes attributes = Files.readAttributes(folder, PosixFileAttributes.class);
      if (attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
          || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
        return folder
            + " can be written by others ("
            + PosixFilePermissions.toString(attributes.permissions())
            + "); chmod 700 it, after removing what is in it";
      }
      String user = System.getProperty("user.name", "?");
      String owner = attributes.owner().getName();
      boolean named = !user.equals("?") && !owner.chars().allMatch(Character::isDigit);
      if (named && !owner.equals(user)) {
        return folder + " belongs to " + owner + ", not to " + user;
      }
      return null;
    } catch (IOException | UnsupportedOperationException | SecurityException e) {
      return folder + " cannot be used (" + e + ")";
    }
  }

  private static void create(Path folder) throws IOException {
    Path parent = folder.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    FileAttribute<Set<PosixFilePermission>> mode = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    try {
      Files.createDirectory(folder, mode);
    } catch (FileAlreadyExistsException e) {
      // another process was first
    }
  }

  /**
   * Writes or replaces a file in one step; other processes may be doing the same, and one of them
   * wins.
   *
   * @throws IOException if it cannot be written; nothing is left behind
   */
  public static void write(Path folder, String name, byte[] content) throws IOException {
    Path temporary = temporary(folder, name);
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(
          temporary,
          folder.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      delete(temporary);
      throw new IOException("the file system cannot rename in one step", e);
    } catch (IOException | SecurityException e) {
      delete(temporary);
      throw e;
    }
  }

  private static Path temporary(Path folder, String name) throws IOException {
    try {
      return Files.createTempFile(
          folder,
          "." + name.substring(0, Math.min(16, name.length())),
          ".tmp",
          PosixFilePermissions.asFileAttribute(OWNER_ONLY_FILE));
    } catch (FileSystemException e) { // whose message holds a name that is another every time
      String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      throw new IOException("no file can be made there: " + reason, e);
    }
  }

  /** Removes a file if it is there and that is possible; otherwise it is replaced later. */
  public static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // whoever finds it next judges it anew
    }
  }
}
