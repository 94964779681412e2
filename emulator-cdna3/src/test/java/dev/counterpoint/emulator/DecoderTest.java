package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The emulator's decoder against LLVM's: mnemonic, operands and modifiers of every instruction, as
 * text.
 */
@OnEmulatedDevice
class DecoderTest {
  static List<String> decode(List<String> words) {
    List<String> command = List.of(Script.program("disassemble").toString());
    Llvm.Result result = Processes.run(command, Map.of(), String.join("\n", words) + "\n");
    return List.of(result.output().split("\n"));
  }

  @Test
  void everyInstructionOfTheTestKernels() {
    Map<String, String> seen = new LinkedHashMap<>();
    for (String kernel : List.of("basic", "gemm", "signal", "convert", "portable")) {
      for (Llvm.Line line : Llvm.disassemble(Llvm.compile(kernel))) {
        seen.put(
            String.join(" ", line.words()), line.text().replaceAll("\\s*/\\*.*?\\*/", "").trim());
      }
    }
    List<String> words = new ArrayList<>(seen.keySet());
    List<String> decoded = decode(words);
    for (int k = 0; k < words.size(); k++) {
      assertThat(decoded.get(k)).as("of %s", words.get(k)).isEqualTo(seen.get(words.get(k)));
    }
    assertThat(words.size()).isGreaterThan(1000);
  }

  /**
   * Random bits in every format: where the decoder says what they mean, and LLVM's assembler
   * accepts those words, it must give the same bits back. What only one of the two knows is not
   * compared.
   */
  @Test
  void randomInstructionsAssembleToTheSameBits() {
    Random random = new Random(942);
    List<String> words = new ArrayList<>();
    for (int k = 0; k < 30000; k++) {
      words.add(instruction(random));
    }
    List<String> decoded = decode(words);
    List<String> known = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int k = 0; k < words.size(); k++) {
      if (!decoded.get(k).equals("?")) {
        known.add(words.get(k));
        texts.add(decoded.get(k));
      }
    }
    List<String> arguments = List.of("-triple=amdgcn-amd-amdhsa", "-mcpu=gfx942", "-show-encoding");
    String output = Llvm.tryRun("llvm-mc", arguments, String.join("\n", texts) + "\n").output();
    Map<String, String> assembled = new LinkedHashMap<>();
    for (String line : output.split("\n")) {
      int comment = line.indexOf("; encoding: [");
      if (comment > 0) {
        String text = line.substring(0, comment).trim().replaceAll("\\s+", " ");
        assembled.put(text, dwords(line.substring(comment + 13, line.lastIndexOf(']'))));
      }
    }
    int compared = 0;
    List<String> came = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int k = 0; k < known.size(); k++) {
      String bits = assembled.get(texts.get(k));
      compared += bits == null ? 0 : 1;
      if (bits != null && !bits.equalsIgnoreCase(known.get(k))) {
        came.add(bits);
        expected.add(texts.get(k));
      }
    }
    // Bits that no operand uses may come back as 0; then the text, at least, must be the same.
    assertThat(decode(came)).isEqualTo(expected);
    assertThat(compared).as("instructions that both know").isGreaterThan(8000);
  }

  private static String dwords(String bytes) {
    String[] parts = bytes.split(",");
    StringBuilder words = new StringBuilder();
    for (int k = 0; k + 3 < parts.length; k += 4) {
      words.append(k == 0 ? "" : " ");
      for (int byteIndex = 3; byteIndex >= 0; byteIndex--) {
        words.append(parts[k + byteIndex].substring(2));
      }
    }
    return words.toString();
  }

  private static String hex(long word) {
    return "%08x".formatted(word & 0xFFFFFFFFL);
  }

  private static int vgpr(Random r) {
    return 2 * r.nextInt(60);
  }

  /** A 9-bit source: mostly registers, sometimes inline constants. */
  private static long source(Random r) {
    return switch (r.nextInt(4)) {
      case 0 -> 128 + r.nextInt(80);
      case 1 -> 4L * r.nextInt(24);
      default -> 256 + vgpr(r);
    };
  }

  private static String instruction(Random r) {
    long sgpr = 4L * r.nextInt(24);
    long low = vgpr(r) | (long) vgpr(r) << 8 | (long) vgpr(r) << 16 | (long) vgpr(r) << 24;
    return switch (r.nextInt(13)) {
      case 0 ->
          hex(
              0x80000000L
                  | (long) r.nextInt(53) << 23
                  | sgpr << 16
                  | (source(r) & 127) << 8
                  | source(r) & 127);
      case 1 -> hex(0xBE800000L | sgpr << 16 | (long) r.nextInt(56) << 8 | 4L * r.nextInt(24));
      case 2 ->
          hex(0xBF000000L | (long) r.nextInt(20) << 16 | (source(r) & 127) << 8 | source(r) & 127);
      case 3 -> hex(0x7E000000L | (long) vgpr(r) << 17 | (long) r.nextInt(88) << 9 | source(r));
      case 4 ->
          hex((long) r.nextInt(62) << 25 | (long) vgpr(r) << 17 | (long) vgpr(r) << 9 | source(r));
      case 5 -> hex(0x7C000000L | (long) r.nextInt(256) << 17 | (long) vgpr(r) << 9 | source(r));
      case 6 ->
          hex(0xD0000000L | (long) r.nextInt(700) << 16 | vgpr(r))
              + " "
              + hex(source(r) | (256L + vgpr(r)) << 9 | (256L + vgpr(r)) << 18);
      case 7 ->
          hex(
                  0xD3800000L
                      | (long) r.nextInt(62) << 16
                      | (long) r.nextInt(8) << 11
                      | 0x4000
                      | vgpr(r))
              + " "
              + hex(0x18000000L | 256L + vgpr(r) | (256L + vgpr(r)) << 9 | (256L + vgpr(r)) << 18);
      case 8 ->
          hex(0xD3800000L | (62L + r.nextInt(66)) << 16 | (long) r.nextInt(2) << 15 | vgpr(r))
              + " "
              + hex(
                  256L + vgpr(r)
                      | (256L + vgpr(r)) << 9
                      | (256L + vgpr(r)) << 18
                      | (long) r.nextInt(4) << 27);
      case 9 -> hex(0xD8000000L | (long) r.nextInt(256) << 17 | r.nextInt(65536)) + " " + hex(low);
      case 10 ->
          hex(
                  0xDC000000L
                      | (long) r.nextInt(128) << 18
                      | 0x8000
                      | (long) r.nextInt(4) << 16
                      | (long) r.nextInt(2) << 25
                      | r.nextInt(4096))
              + " "
              + hex(low & 0xFF00FFFFL | (r.nextBoolean() ? 0x7F0000L : sgpr << 16));
      case 11 ->
          hex(
                  0xE0000000L
                      | (long) r.nextInt(112) << 18
                      | (long) r.nextInt(16) << 12
                      | r.nextInt(4096))
              + " "
              + hex(vgpr(r) | (long) vgpr(r) << 8 | (long) r.nextInt(24) << 16 | 128L << 24);
      default ->
          hex(0xC0020000L | (long) r.nextInt(13) << 18 | sgpr << 6 | 2L * r.nextInt(12))
              + " "
              + hex(r.nextInt(1 << 20));
    };
  }
}
