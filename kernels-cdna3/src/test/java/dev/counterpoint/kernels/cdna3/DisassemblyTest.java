package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.Llvm;
import dev.counterpoint.emulator.OnEmulatedDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the machine code of every kernel must and must not contain. */
@OnEmulatedDevice
class DisassemblyTest {
  private static final Map<String, List<String>> MATRIX_INSTRUCTIONS =
      Map.of(
          "tile_gemm_bf16", List.of("v_mfma_f32_32x32x8_bf16", "v_mfma_f32_16x16x16_bf16"),
          "tile_gemm_fp16", List.of("v_mfma_f32_32x32x8_f16", "v_mfma_f32_16x16x16_f16"),
          "tile_gemm_fp32", List.of("v_mfma_f32_32x32x2_f32", "v_mfma_f32_16x16x4_f32"),
          "tile_gemm_int8", List.of("v_mfma_i32_32x32x16_i8", "v_mfma_i32_16x16x32_i8"),
          "tile_gemm_fp8_e4m3",
              List.of("v_mfma_f32_32x32x16_fp8_fp8", "v_mfma_f32_16x16x32_fp8_fp8"),
          "tile_gemm_fp8_e5m2", List.of("v_mfma_f32_32x32x8_f16", "v_mfma_f32_16x16x16_f16"));

  private static Map<String, List<String>> kernels(String family) {
    return Llvm.disassemble(KernelScript.object(family)).stream()
        .collect(
            Collectors.groupingBy(
                Llvm.Line::kernel,
                TreeMap::new,
                Collectors.mapping(Llvm.Line::text, Collectors.toList())));
  }

  private static boolean has(List<String> lines, String beginning) {
    return lines.stream().anyMatch(line -> line.startsWith(beginning));
  }

  private static boolean isVmcntZero(String text) {
    return text.startsWith("s_waitcnt") && (text.contains("vmcnt(0)") || text.endsWith(" 0"));
  }

  private static boolean changesMemory(String text) {
    return text.startsWith("global_store")
        || text.startsWith("global_atomic")
        || text.startsWith("flat_store")
        || text.startsWith("flat_atomic");
  }

  /**
   * A write-back is waited for before anything else is stored, and before the block's barrier; in
   * the order of the text, in which no path skips a wait that follows its write-back.
   */
  private static List<String> overtaken(String kernel, List<String> lines) {
    List<String> found = new ArrayList<>();
    boolean underWay = false;
    for (String line : lines) {
      if (line.startsWith("buffer_wbl2")) {
        underWay = true;
      } else if (isVmcntZero(line)) {
        underWay = false;
      } else if (underWay
          && (changesMemory(line)
              || line.startsWith("s_barrier")
              || line.startsWith("s_branch")
              || line.startsWith("s_cbranch"))) {
        found.add(kernel + ": " + line);
        underWay = false;
      }
    }
    return found;
  }

  /** How often all waves release, wait, and meet: at this scope. */
  private static long releasesOfABlock(List<String> lines, String writeBack) {
    return IntStream.range(0, lines.size())
        .filter(at -> lines.get(at).equals(writeBack))
        .filter(at -> meetsAfterWaiting(lines.subList(at + 1, lines.size())))
        .count();
  }

  /** Whether a wait and then a barrier come next, with nothing but registers in between. */
  private static boolean meetsAfterWaiting(List<String> lines) {
    boolean waited = false;
    for (String line : lines) {
      if (line.startsWith("s_barrier")) {
        return waited;
      }
      if (changesMemory(line)
          || line.startsWith("buffer_")
          || line.startsWith("global_")
          || line.startsWith("flat_")
          || line.startsWith("s_branch")
          || line.startsWith("s_cbranch")) {
        return false;
      }
      waited |= isVmcntZero(line);
    }
    return false;
  }

  /** Before a block posts, and before it says that its bytes, sums or partial sums are there. */
  @Test
  void wavesReleaseBeforeTheirBarrier() {
    Map<String, List<String>> companions = kernels("companions");
    assertThat(releasesOfABlock(companions.get("put"), "buffer_wbl2 sc0 sc1")).isEqualTo(1);
    assertThat(releasesOfABlock(companions.get("tile_reduce"), "buffer_wbl2 sc0 sc1")).isEqualTo(1);
    // Two signals for each of three types.
    assertThat(releasesOfABlock(companions.get("all_reduce_bulk"), "buffer_wbl2 sc0 sc1"))
        .isEqualTo(6);
    for (Map.Entry<String, List<String>> kernel : kernels("tile_gemm_bf16").entrySet()) {
      List<String> lines = kernel.getValue();
      assertThat(releasesOfABlock(lines, "buffer_wbl2 sc1")).as(kernel.getKey()).isEqualTo(1);
      assertThat(releasesOfABlock(lines, "buffer_wbl2 sc0 sc1")).as(kernel.getKey()).isEqualTo(1);
    }
  }

  /**
   * Packets of eight bytes go at system scope, which is more than the emulated device can notice:
   * to it a word that is read at device scope is never old. Nothing is written back behind them.
   */
  @Test
  void packetsAreOfSystemScopeAndNeedNoRelease() {
    Map<String, List<String>> companions = kernels("companions");
    for (String kernel : List.of("all_reduce_one_shot", "all_reduce_two_shot")) {
      List<String> lines = companions.get(kernel);
      assertThat(releasesOfABlock(lines, "buffer_wbl2 sc0 sc1")).as(kernel).isZero();
      assertThat(lines).as(kernel).anyMatch(line -> line.matches("global_store_dwordx2.* sc0 sc1"));
      assertThat(lines).as(kernel).anyMatch(line -> line.matches("global_load_dwordx2.* sc0 sc1"));
      assertThat(lines)
          .as(kernel)
          .filteredOn(line -> line.matches("(global|flat)_(load|store).* sc1"))
          .allMatch(line -> line.endsWith(" sc0 sc1"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "companions",
        "tile_gemm_bf16",
        "tile_gemm_fp16",
        "tile_gemm_fp32",
        "tile_gemm_int8",
        "tile_gemm_fp8_e4m3",
        "tile_gemm_fp8_e5m2"
      })
  void machineCode(String family) {
    Map<String, List<String>> kernels = kernels(family);
    List<String> overtaken = new ArrayList<>();
    for (Map.Entry<String, List<String>> kernel : kernels.entrySet()) {
      String name = kernel.getKey();
      List<String> lines = kernel.getValue();
      overtaken.addAll(overtaken(name, lines));
      assertThat(has(lines, "scratch_")).as("%s has no stack", name).isFalse();
      if (name.startsWith("tile_gemm")) {
        List<String> wanted = MATRIX_INSTRUCTIONS.get(family);
        String instruction = name.contains("_16x128x") ? wanted.get(1) : wanted.get(0);
        // Sums of few rows are few enough to stay in ordinary registers.
        boolean few = name.contains("_16x128x") || name.contains("_32x128x");
        assertThat(has(lines, instruction + (few ? " v[" : " a[")))
            .as("%s: %s", name, instruction)
            .isTrue();
        assertThat(has(lines, "buffer_wbl2 sc0 sc1")).as("%s releases", name).isTrue();
        assertThat(has(lines, "buffer_inv sc0 sc1")).as("%s acquires", name).isTrue();
        assertThat(has(lines, "global_load_lds_dword"))
            .as("%s loads past the registers", name)
            .isEqualTo(!family.endsWith("e4m3"));
      }
    }
    assertThat(overtaken).isEmpty();
    assertThat(kernels.keySet().stream().filter(name -> name.startsWith("tile_gemm")))
        .hasSize(family.equals("companions") ? 0 : 2 * TileConfig.ALL.size());
  }

  /** The scan itself finds what it is for. */
  @Test
  void aMissingWaitIsFound() {
    String store = "global_store_dword v0, v1, s[0:1] sc0 sc1";
    assertThat(overtaken("k", List.of("buffer_wbl2 sc0 sc1", store))).hasSize(1);
    assertThat(overtaken("k", List.of("buffer_wbl2 sc0 sc1", "s_waitcnt lgkmcnt(0)", store)))
        .hasSize(1);
    assertThat(overtaken("k", List.of("buffer_wbl2 sc0 sc1", "s_waitcnt vmcnt(0)", store)))
        .isEmpty();
  }

  /** The manifest tells of every kernel what the host needs, and none spills. */
  @Test
  void manifest() throws IOException {
    String text = Files.readString(Path.of(System.getProperty("kernels.objects"), "manifest.json"));
    Pattern line =
        Pattern.compile(
            "\\{\"entry\": \"(\\w+)\", \"file\": \"(\\w+)\\.hsaco\", \"arch\": \"gfx942\", (.*?)"
                + "\"threads\": (\\d+), \"sharedBytes\": (\\d+), \"registers\": (\\d+), \"spills\": 0}");
    Map<String, Integer> sharedBytes = new TreeMap<>();
    Matcher matcher = line.matcher(text);
    while (matcher.find()) {
      sharedBytes.put(matcher.group(1), Integer.valueOf(matcher.group(5)));
      assertThat(Integer.parseInt(matcher.group(6))).isBetween(1, 512);
      assertThat(KernelScript.object(matcher.group(2))).exists();
    }
    assertThat(sharedBytes)
        .containsKeys("tile_reduce", "row_norm", "put", "unpack", "fill", "signal_set");
    assertThat(sharedBytes).containsKeys("signal_add", "epoch_advance", "await_words");
    assertThat(sharedBytes)
        .containsKeys("all_reduce_one_shot", "all_reduce_two_shot", "all_reduce_bulk");
    for (Element input : Element.values()) {
      for (TileConfig tile : input == Element.INT32 ? List.<TileConfig>of() : TileConfig.ALL) {
        assertThat(sharedBytes)
            .containsEntry(tile.entry(input, true), tile.sharedBytes())
            .containsEntry(tile.entry(input, false), tile.sharedBytes());
      }
    }
  }
}
