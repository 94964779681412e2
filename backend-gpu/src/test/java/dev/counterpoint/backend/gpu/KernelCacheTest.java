package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelCacheTest {
  private static final String KEY = KernelCache.key(List.of("source", "options"));
  private static final KernelCompiler.Output OUTPUT =
      new KernelCompiler.Output(new byte[] {1, '\n', 2, '\n', '\n', 3}, List.of("put", "fill"));

  @TempDir Path home;
  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());

  private KernelCache open() {
    return new KernelCache(home.resolve("deep/kernels"), warnings::add);
  }

  private Path entry() throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("deep/kernels"))) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  @Test
  void whatWasWrittenIsRead() {
    open().write(KEY, OUTPUT);
    KernelCompiler.Output read = open().read(KEY).orElseThrow();
    assertThat(read.image()).isEqualTo(OUTPUT.image());
    assertThat(read.entries()).containsExactly("put", "fill");
    assertThat(open().read(KernelCache.key(List.of("other")))).isEmpty();
    assertThat(warnings).isEmpty();
  }

  @Test
  void theFolderAndItsEntriesAreTheUsersAlone() throws IOException {
    open().write(KEY, OUTPUT);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(entry().getParent())))
        .isEqualTo("rwx------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(entry())))
        .isEqualTo("rw-------");
  }

  @Test
  void aFolderThatOthersCanWriteIsRefused() throws IOException {
    Path folder = home.resolve("deep/kernels");
    Files.createDirectories(folder);
    for (String mode : List.of("rwxrwx---", "rwx---rwx")) {
      warnings.clear();
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
      KernelCache cache = open();
      cache.write(KEY, OUTPUT);
      assertThat(cache.read(KEY)).isEmpty();
      assertThat(warnings).hasSize(1);
      assertThat(warnings.get(0)).contains("can be written by others").contains("chmod 700");
      assertThat(cache.state()).contains("no kernel cache");
    }
  }

  @Test
  void aDamagedEntryIsRemovedWithOneWarning() throws IOException {
    open().write(KEY, OUTPUT);
    byte[] bytes = Files.readAllBytes(entry());
    for (int position : new int[] {0, 30, bytes.length - 1}) {
      warnings.clear();
      byte[] damaged = bytes.clone();
      damaged[position] ^= 1;
      Files.write(entry(), damaged);
      KernelCache cache = open();
      assertThat(cache.read(KEY)).isEmpty();
      assertThat(cache.read(KEY)).isEmpty();
      assertThat(warnings).hasSize(1);
      assertThat(warnings.get(0)).contains("damaged");
      cache.write(KEY, OUTPUT);
      assertThat(cache.read(KEY)).isPresent();
    }
  }

  @Test
  void atruncatedOrEmptyEntryIsDamaged() throws IOException {
    open().write(KEY, OUTPUT);
    byte[] bytes = Files.readAllBytes(entry());
    for (int length : new int[] {0, 5, 90, bytes.length - 1}) {
      Files.write(entry(), java.util.Arrays.copyOf(bytes, length));
      assertThat(open().read(KEY)).isEmpty();
      open().write(KEY, OUTPUT);
    }
  }

  @Test
  void anEntryUnderAnothersNameIsDamaged() throws IOException {
    open().write(KEY, OUTPUT);
    String other = KernelCache.key(List.of("other"));
    Files.move(entry(), entry().resolveSibling(other + ".kernel"));
    assertThat(open().read(other)).isEmpty();
    assertThat(warnings).hasSize(1);
  }

  @Test
  void aPlaceThatCannotBeWrittenCostsOneMessageOnly() throws IOException {
    Path file = Files.createFile(home.resolve("file"));
    KernelCache cache = new KernelCache(file.resolve("kernels"), warnings::add);
    cache.write(KEY, OUTPUT);
    cache.write(KEY, OUTPUT);
    assertThat(cache.read(KEY)).isEmpty();
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0)).contains("cannot be used");
  }

  @Test
  void aFolderThatBecameReadOnlyCostsOneMessageOnly() throws IOException {
    KernelCache cache = open();
    Path folder = home.resolve("deep/kernels");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-x------"));
    assumeTrue(!Files.isWritable(folder), "this user may write everywhere");
    cache.write(KEY, OUTPUT);
    cache.write(KEY, OUTPUT);
    assertThat(warnings).hasSize(1);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void noFolderIsNoCache() {
    KernelCache cache = new KernelCache(null, warnings::add);
    cache.write(KEY, OUTPUT);
    assertThat(cache.read(KEY)).isEmpty();
    assertThat(warnings).isEmpty();
    assertThat(KernelCache.usualFolder(null, "/")).isNull();
    assertThat(KernelCache.usualFolder(null, null)).isNull();
    assertThat(KernelCache.usualFolder("relative", "/home/x"))
        .isEqualTo(Path.of("/home/x/.cache/counterpoint/kernels"));
    assertThat(KernelCache.usualFolder("/c", "/home/x"))
        .isEqualTo(Path.of("/c/counterpoint/kernels"));
  }

  @Test
  void manyMayWriteAndReadTheSameEntryAtOnce() throws Exception {
    byte[] image = new byte[1 << 16];
    Callable<Boolean> work =
        () -> {
          KernelCache cache = open();
          boolean whole = true;
          for (int i = 0; i < 30; i++) {
            cache.write(KEY, new KernelCompiler.Output(image, List.of("e")));
            whole &= cache.read(KEY).map(o -> o.image().length == image.length).orElse(false);
          }
          return whole;
        };
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (Future<Boolean> done : threads.invokeAll(Collections.nCopies(4, work))) {
        assertThat(done.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(warnings).isEmpty();
    assertThat(entry()).isRegularFile(); // and nothing temporary is left
  }

  @Test
  void partsOfAKeyDoNotRunIntoEachOther() {
    assertThat(KernelCache.key(List.of("ab", "c")))
        .isNotEqualTo(KernelCache.key(List.of("a", "bc")));
  }
}
