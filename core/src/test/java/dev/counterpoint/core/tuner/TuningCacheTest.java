package dev.counterpoint.core.tuner;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.Strategy;
import dev.counterpoint.WeightLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TuningCacheTest {
  private static final TuningKey KEY = Synthetic.key("gemm-rs", 1024, 512, 256, 4);
  private static final TuningEntry ENTRY = Synthetic.entry(KEY, Strategy.FUSED, 4);

  @TempDir private Path temporary;
  private final List<String> warnings = new ArrayList<>();

  private Path root() {
    return temporary.resolve("tuning");
  }

  private TuningCache open(Path root, String device) {
    return new TuningCache(root, Synthetic.fingerprint(device), warnings::add);
  }

  private Path fileOfEntry() throws IOException {
    try (Stream<Path> files = Files.walk(root())) {
      return files.filter(f -> f.toString().contains("gemm-rs_m1024")).findFirst().orElseThrow();
    }
  }

  @Test
  void whatWasPutIsFoundByAnotherCache() {
    Curves curves = Synthetic.curves(4, 3, 7, 50);
    TuningCache first = open(root(), "a");
    first.put(ENTRY);
    first.put(curves);
    TuningCache second = open(root(), "a");
    assertThat(second.find(KEY)).contains(ENTRY);
    assertThat(second.entries()).containsExactly(ENTRY);
    assertThat(second.curves(DType.FP32, DType.FP32, WeightLayout.NK)).contains(curves);
    assertThat(second.curves(DType.BF16, DType.BF16, WeightLayout.NK)).isEmpty();
    assertThat(warnings).isEmpty();
  }

  @Test
  void onlyTheSameProblemOnTheSameMachineIsFound() {
    open(root(), "a").put(ENTRY);
    assertThat(open(root(), "b").find(KEY)).isEmpty();
    for (TuningKey other :
        List.of(
            Synthetic.key("gemm-ar", 1024, 512, 256, 4),
            Synthetic.key("gemm-rs", 1025, 512, 256, 4),
            Synthetic.key("gemm-rs", 1024, 511, 256, 4),
            Synthetic.key("gemm-rs", 1024, 512, 255, 4),
            Synthetic.key("gemm-rs", 1024, 512, 256, 8),
            key(DType.BF16, DType.FP32, WeightLayout.NK, false, false, "", List.of()),
            key(DType.FP32, DType.BF16, WeightLayout.NK, false, false, "", List.of()),
            key(DType.FP32, DType.FP32, WeightLayout.KN, false, false, "", List.of()),
            key(DType.FP32, DType.FP32, WeightLayout.NK, true, false, "", List.of()),
            key(DType.FP32, DType.FP32, WeightLayout.NK, false, true, "", List.of()),
            key(DType.FP32, DType.FP32, WeightLayout.NK, false, false, "rms", List.of()),
            key(
                DType.FP32,
                DType.FP32,
                WeightLayout.NK,
                false,
                false,
                "",
                List.of(List.of(1024L))))) {
      assertThat(open(root(), "a").find(other)).as("%s", other).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "not json", "{\"format\":1}", "\u0000\u0001"})
  void aFileThatIsNoEntryIsOneWarningAndAbsent(String content) throws IOException {
    open(root(), "a").put(ENTRY);
    Files.writeString(fileOfEntry(), content);
    assertDamaged();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"chunks\" : 4", "\"measured\" : 100.0", "\"FUSED\"", "\"m\" : 1024"})
  void aFileWithOneThingChangedIsOneWarningAndAbsent(String part) throws IOException {
    open(root(), "a").put(ENTRY);
    String text = Files.readString(fileOfEntry());
    assertThat(text).contains(part);
    String other = part.equals("\"FUSED\"") ? "\"DECOMPOSED\"" : part.replaceFirst("[0-9]", "7");
    Files.writeString(fileOfEntry(), text.replace(part, other));
    assertDamaged();
  }

  private static TuningKey key(
      DType input,
      DType output,
      WeightLayout layout,
      boolean bias,
      boolean accumulates,
      String norm,
      List<List<Long>> splits) {
    return new TuningKey(
        "gemm-rs",
        1024,
        512,
        256,
        input,
        output,
        layout,
        4,
        bias,
        accumulates,
        false,
        norm,
        splits);
  }

  @Test
  void aFileOfAnotherVersionIsToldApartFromADamagedOne() throws IOException {
    open(root(), "a").put(ENTRY);
    Path file = fileOfEntry();
    String text = Files.readString(file);
    assertThat(text).contains("\"format\" : 3");
    Files.writeString(file, text.replace("\"format\" : 3", "\"format\" : 1"));
    assertThat(open(root(), "a").find(KEY)).isEmpty();
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("is of another version (its format is 1, not 3)", "'counterpoint tune'");
    assertThat(file).doesNotExist();
  }

  @Test
  void aFileThatIsNotTextIsOneWarningAndAbsent() throws IOException {
    open(root(), "a").put(ENTRY);
    Files.write(fileOfEntry(), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertDamaged();
  }

  @Test
  void aTruncatedFileIsOneWarningAndAbsent() throws IOException {
    open(root(), "a").put(ENTRY);
    String text = Files.readString(fileOfEntry());
    Files.writeString(fileOfEntry(), text.substring(0, text.length() / 2));
    assertDamaged();
  }

  @Test
  void anEntryUnderAnothersNameIsOneWarningAndAbsent() throws IOException {
    open(root(), "a").put(ENTRY);
    TuningKey other = Synthetic.key("gemm-rs", 2048, 512, 256, 4);
    Files.copy(fileOfEntry(), fileOfEntry().resolveSibling(other.fileName()));
    assertThat(open(root(), "a").find(other)).isEmpty();
    assertThat(warnings).hasSize(1);
  }

  private void assertDamaged() {
    TuningCache cache = open(root(), "a");
    assertThat(cache.find(KEY)).isEmpty();
    assertThat(cache.find(KEY)).isEmpty();
    assertThat(cache.entries()).isEmpty();
    assertThat(warnings).singleElement().asString().contains("gemm-rs_m1024");
    cache.put(ENTRY);
    assertThat(open(root(), "a").find(KEY)).contains(ENTRY);
    assertThat(warnings).hasSize(1);
  }

  @Test
  void whereNothingCanBeWrittenMemoryServes() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));
    TuningCache cache = open(file.resolve("tuning"), "a");
    assertThat(warnings).singleElement().asString().contains("in memory only");
    cache.put(ENTRY);
    assertThat(cache.find(KEY)).contains(ENTRY);
    assertThat(cache.entries()).containsExactly(ENTRY);
    assertThat(cache.state()).contains("no tuning cache");
    assertThat(warnings).hasSize(1);
  }

  @Test
  void whatBecomesUnwritableGoesOnInMemory() throws IOException {
    TuningCache cache = open(root(), "a");
    Path machine = root().resolve(Synthetic.fingerprint("a").id());
    Files.delete(machine);
    Files.createFile(machine);
    cache.put(ENTRY);
    cache.put(Synthetic.entry(Synthetic.key("gemm-rs", 8, 8, 8, 4), Strategy.SIGNALED, 1));
    assertThat(cache.find(KEY)).contains(ENTRY);
    assertThat(warnings).singleElement().asString().contains("cannot be kept");
  }

  @Test
  void aFolderThatOthersCanWriteIsRefused() throws IOException {
    Files.createDirectory(root());
    Files.setPosixFilePermissions(root(), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(open(root(), "a").state()).contains("can be written by others");
  }

  @Test
  void foldersAndFilesAreTheirUsersAlone() throws IOException {
    open(root(), "a").put(ENTRY);
    try (Stream<Path> files = Files.walk(root())) {
      assertThat(files)
          .allSatisfy(
              file ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                      .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"));
    }
  }

  @Test
  void clearingRemovesAllMachinesAndNothingElse() throws IOException {
    open(root(), "a").put(ENTRY);
    open(root(), "b").put(ENTRY);
    Path foreign = Files.createFile(root().resolve("notes.txt"));
    assertThat(TuningCache.clear(root())).isEqualTo(4);
    assertThat(foreign).exists();
    assertThat(open(root(), "a").find(KEY)).isEmpty();
    assertThat(TuningCache.clear(temporary.resolve("absent"))).isZero();
  }

  @Test
  void manyProcessesShareOneCache() throws Exception {
    List<Process> writers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      writers.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  CacheWriter.class.getName(),
                  root().toString(),
                  Integer.toString(i))
              .redirectErrorStream(true)
              .start());
    }
    TuningCache cache = open(root(), "a");
    while (writers.stream().anyMatch(Process::isAlive)) {
      cache.find(KEY).ifPresent(entry -> assertThat(entry.best().measured()).isEqualTo(100));
      cache.entries();
    }
    for (Process writer : writers) {
      String output = new String(writer.getInputStream().readAllBytes(), UTF_8);
      assertThat(writer.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(writer.exitValue()).as(output).isZero();
    }
    assertThat(warnings).isEmpty();
    assertThat(cache.entries()).hasSize(1 + 3 * CacheWriter.OWN);
  }
}
