package dev.counterpoint.core.tuner;

import dev.counterpoint.core.strategy.Program;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.DeviceInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Everything that measured times depend on besides the problem: backend, devices, driver and
 * libraries, link, device code, and the strategies themselves. When any of it changes, nothing that
 * was measured before counts.
 *
 * @param parts by name, for people
 */
public record Fingerprint(Map<String, String> parts) {
  private static final int FORMAT = 1;

  /** Keeps the order of the parts. */
  public Fingerprint {
    parts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(parts));
  }

  /** The fingerprint of an open backend. */
  public static Fingerprint of(Backend backend) {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("format", Integer.toString(FORMAT));
    parts.put("backend", backend.name());
    parts.put("description", backend.description());
    parts.put("ranks", Integer.toString(backend.size()));
    parts.put("capabilities", new TreeSet<>(backend.capabilities()).toString());
    parts.put("devices", devices(backend));
    parts.put("link", backend.link().toString());
    parts.put("kernels", backend.kernels().identity());
    parts.put("strategies", strategies());
    parts.put("java", Integer.toString(Runtime.version().feature()));
    return new Fingerprint(parts);
  }

  private static String devices(Backend backend) {
    TreeSet<String> kinds = new TreeSet<>();
    for (int rank : backend.localRanks()) {
      DeviceInfo info = backend.device(rank).info();
      kinds.add(info.name() + ", " + info.architecture() + ", " + info.computeUnits() + " units");
    }
    return kinds.toString();
  }

  /** As the name of a folder: 24 hexadecimal digits. */
  public String id() {
    MessageDigest digest = sha256();
    parts.forEach(
        (name, value) -> {
          update(digest, name);
          update(digest, value);
        });
    return HexFormat.of().formatHex(digest.digest()).substring(0, 24);
  }

  private static void update(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(8).putLong(bytes.length).array());
    digest.update(bytes);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** The hash of the strategies' classes: a number that somebody must raise would be forgotten. */
  private static String strategies() {
    return Strategies.HASH;
  }

  /** The same of the classes in a folder or a jar, wherever they are loaded from. */
  static String strategiesIn(Path place) throws IOException {
    return Strategies.hashOf(place);
  }

  /** Computed once. */
  private static final class Strategies {
    private static final String FOLDER = Program.class.getPackageName().replace('.', '/');
    static final String HASH = hash();

    private static String hash() {
      CodeSource source = Program.class.getProtectionDomain().getCodeSource();
      if (source == null || source.getLocation() == null) {
        return "unknown";
      }
      try {
        return hashOf(Path.of(source.getLocation().toURI()));
      } catch (IOException | URISyntaxException | IllegalArgumentException e) {
        return "unreadable: " + e.getMessage();
      }
    }

    private static String hashOf(Path place) throws IOException {
      return Files.isDirectory(place) ? hashOfFolder(place) : hashOfJar(place);
    }

    private static String hashOfFolder(Path root) throws IOException {
      MessageDigest digest = sha256();
      try (Stream<Path> files = Files.list(root.resolve(FOLDER))) {
        for (Path file : files.filter(f -> isClass(f.toString())).sorted().toList()) {
          update(digest, file.getFileName().toString());
          digest.update(Files.readAllBytes(file));
        }
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      return HexFormat.of().formatHex(digest.digest());
    }

    /** Without a file system for jars: a trimmed runtime may have none. */
    private static String hashOfJar(Path place) throws IOException {
      MessageDigest digest = sha256();
      try (ZipFile jar = new ZipFile(place.toFile())) {
        List<? extends ZipEntry> classes =
            jar.stream()
                .filter(entry -> isClass(entry.getName()))
                .filter(entry -> entry.getName().lastIndexOf('/') == FOLDER.length())
                .filter(entry -> entry.getName().startsWith(FOLDER))
                .sorted(Comparator.comparing(ZipEntry::getName))
                .toList();
        for (ZipEntry entry : classes) {
          update(digest, entry.getName().substring(FOLDER.length() + 1));
          try (InputStream bytes = jar.getInputStream(entry)) {
            digest.update(bytes.readAllBytes());
          }
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    }

    private static boolean isClass(String name) {
      return name.endsWith(".class");
    }
  }
}
