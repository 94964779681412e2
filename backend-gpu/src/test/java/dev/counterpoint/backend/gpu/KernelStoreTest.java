package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.CounterpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelStoreTest {
  private static final String MANIFEST =
      """
      {"ptx": "compute_80", "compiler": "release 13.0, V13.0.88", "kernels": [
      {"entry": "put", "file": "companions.image", "arch": "sm_80", "threads": 256, "sharedBytes": 0, "registers": 32, "spills": 0},
      {"entry": "put", "file": "companions.image", "arch": "sm_90", "threads": 256, "sharedBytes": 0, "registers": 30, "spills": 0},
      {"entry": "t", "file": "tile_gemm_fp8_e4m3.image", "arch": "sm_89", "registers": 200, "spills": 0}
      ]}
      """;

  private static final CodeFormat CODE = new FakePlatform().code();

  @TempDir Path place;
  @TempDir Path cache;
  private final AtomicInteger compilations = new AtomicInteger();

  private final KernelCompiler compiler =
      new KernelCompiler() {
        @Override
        public String version() {
          return "compiler of a test 1.0";
        }

        @Override
        public Output compile(
            String program, String source, Map<String, String> headers, List<String> options) {
          compilations.incrementAndGet();
          assertThat(headers).containsKey("ptx/types.cuh");
          assertThat(options).contains("--for=sm_90");
          return new Output(source.getBytes(java.nio.charset.StandardCharsets.UTF_8), List.of("a"));
        }
      };

  @BeforeEach
  void sources() throws IOException {
    Files.createDirectories(place.resolve("source/kernels"));
    Files.createDirectories(place.resolve("source/ptx"));
    Files.writeString(place.resolve("source/kernels/extra.source"), "// extra");
    Files.writeString(place.resolve("source/ptx/types.cuh"), "// types");
    Files.writeString(place.resolve("source/index.txt"), "kernels/extra.source\nptx/types.cuh\n");
  }

  private KernelStore store(@Nullable KernelCompiler by) {
    return new KernelStore(
        CODE,
        List.of(KernelPlace.folder(place)),
        () -> new KernelCache(cache.resolve("k"), w -> {}),
        () -> by);
  }

  private void built() throws IOException {
    Files.writeString(place.resolve("manifest.json"), MANIFEST);
    Files.write(place.resolve("companions.image"), new byte[] {7});
    Files.write(place.resolve("tile_gemm_fp8_e4m3.image"), new byte[] {8});
  }

  @Test
  void whatWasBuiltComesFirst() throws IOException {
    built();
    KernelImage image = store(compiler).find("companions", "sm_90");
    assertThat(image.bytes()).containsExactly(7);
    assertThat(image.origin()).startsWith("built in, folder");
    assertThat(image.architecture()).isEqualTo("sm_90");
    assertThat(image.kernels().get(0).attributes()).containsEntry("registers", "30");
    assertThat(compilations).hasValue(0);
  }

  @Test
  void newerPartsRunPortableCode() throws IOException {
    built();
    assertThat(store(null).find("companions", "sm_120").origin()).contains("portable code");
    assertThat(store(null).find("tile_gemm_fp8_e4m3", "sm_90").architecture()).isEqualTo("sm_89");
    assertThatThrownBy(() -> store(null).find("tile_gemm_fp8_e4m3", "sm_80"))
        .isInstanceOf(CounterpointException.class)
        .hasMessageContaining("for sm_89 only");
  }

  @Test
  void otherwiseItIsCompiledOnceAndKept() {
    assertThat(store(compiler).find("extra", "sm_90").origin()).contains("compiled now");
    KernelImage kept = store(compiler).find("extra", "sm_90");
    assertThat(kept.origin()).isEqualTo("cache");
    assertThat(new String(kept.bytes(), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo("// extra");
    assertThat(compilations).hasValue(1);
  }

  @Test
  void allRanksShareWhatWasCompiledEvenWithoutACache() {
    KernelStore store =
        new KernelStore(
            CODE,
            List.of(KernelPlace.folder(place)),
            () -> new KernelCache(null, w -> {}),
            () -> compiler);
    KernelImage first = store.find("extra", "sm_90");
    assertThat(store.find("extra", "sm_90")).isSameAs(first);
    assertThat(compilations).hasValue(1);
  }

  @Test
  void theOriginIsToldWithoutCompiling() throws IOException {
    List<String> tried = new ArrayList<>();
    assertThat(store(compiler).origin("sm_90", tried)).isNull();
    assertThat(tried).anyMatch(t -> t.contains("has no source of it"));
    Files.writeString(place.resolve("source/kernels/companions" + CODE.sourceSuffix()), "// all");
    Files.writeString(
        place.resolve("source/index.txt"), "kernels/companions" + CODE.sourceSuffix() + "\n");
    assertThat(store(compiler).origin("sm_90", tried))
        .isEqualTo("compiled at first use by " + compiler.version());
    tried.clear();
    assertThat(store(null).origin("sm_90", tried)).isNull();
    assertThat(tried).contains("there is no run-time compiler");
    built();
    assertThat(store(null).origin("sm_90", tried)).startsWith("built in");
    assertThat(compilations).hasValue(0);
  }

  @Test
  void aChangedHeaderIsCompiledAgain() throws IOException {
    store(compiler).find("extra", "sm_90");
    Files.writeString(place.resolve("source/ptx/types.cuh"), "// other types");
    assertThat(store(compiler).find("extra", "sm_90").origin()).contains("compiled now");
    assertThat(compilations).hasValue(2);
  }

  @Test
  void theErrorSaysAllThatWasTried() {
    assertThatThrownBy(() -> store(null).find("extra", "sm_90"))
        .hasMessageContaining("no kernels 'extra' for sm_90")
        .hasMessageContaining("has none")
        .hasMessageContaining("no run-time compiler");
    assertThatThrownBy(() -> store(compiler).find("nowhere", "sm_90"))
        .hasMessageContaining("has no source of it");
  }

  @Test
  void emptyMeansNeitherKernelsNorSources() throws IOException {
    assertThat(store(null).isEmpty()).isFalse();
    Files.delete(place.resolve("source/index.txt"));
    assertThat(store(null).isEmpty()).isTrue();
    assertThat(
            new KernelStore(CODE, List.of(KernelPlace.onClassPath("none")), () -> null, () -> null)
                .isEmpty())
        .isTrue();
  }
}
