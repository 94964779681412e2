package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * One wait, barrier, write-back or invalidate of a kernel's binary is replaced by s_nop at a time,
 * and the run must fail: by a fault that names the place, or by a wrong result. Places that the run
 * never reaches (found by putting a trap there) do not count.
 */
class MutationTest {
  private static final int NOP = 0xBF800000;
  private static final int TRAP = 0xBF920002;
  private static final Predicate<String> ORDERING =
      text ->
          text.startsWith("s_waitcnt")
              || text.equals("s_barrier")
              || text.startsWith("buffer_wbl2")
              || text.startsWith("buffer_inv");

  /** Whether a run of a code object failed. */
  private interface Run {
    boolean failed(Path object);
  }

  private static boolean anyError(Script script) {
    return !script
        .environment("HIPEMU_TIMEOUT_S", "1")
        .environment("HIPEMU_LOG", "/dev/null")
        .run()
        .errors()
        .isEmpty();
  }

  /** The position in the file of an address of .text. */
  private static long fileOffset(byte[] elf, long address) {
    ByteBuffer b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
    long headers = b.getLong(32);
    int count = b.getShort(56);
    for (int k = 0; k < count; k++) {
      int at = (int) headers + 56 * k;
      long virtual = b.getLong(at + 16);
      if (b.getInt(at) == 1 && address >= virtual && address < virtual + b.getLong(at + 32)) {
        return address - virtual + b.getLong(at + 8);
      }
    }
    throw new IllegalArgumentException("no segment holds 0x" + Long.toHexString(address));
  }

  private static Path replaced(Path object, Llvm.Line line, int instruction) {
    try {
      byte[] elf = Files.readAllBytes(object);
      int offset = (int) fileOffset(elf, line.address());
      ByteBuffer b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
      for (int k = 0; k < line.words().size(); k++) {
        b.putInt(offset + 4 * k, k == 0 ? instruction : NOP);
      }
      return Files.write(Files.createTempFile(Llvm.WORK, "mutant", ".hsaco"), elf);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Every ordering instruction of a kernel in turn. Returns how many were removed and noticed. */
  private static int everyRemovalIsNoticed(String source, String kernel, Run run) {
    Path object = Llvm.compile(source);
    List<Llvm.Line> lines =
        Llvm.disassemble(object).stream().filter(line -> line.kernel().equals(kernel)).toList();
    boolean usesLds = lines.stream().anyMatch(line -> line.text().startsWith("ds_"));
    List<String> survivors = new ArrayList<>();
    int noticed = 0;
    for (int k = 0; k < lines.size(); k++) {
      Llvm.Line line = lines.get(k);
      // Without LDS there is nothing that a barrier would need this wait for; the compiler writes
      // it all the same.
      boolean idle =
          !usesLds
              && line.text().equals("s_waitcnt lgkmcnt(0)")
              && lines.get(k + 1).text().equals("s_barrier");
      if (!ORDERING.test(line.text()) || idle) {
        continue;
      }
      if (run.failed(replaced(object, line, NOP))) {
        noticed++;
      } else if (run.failed(replaced(object, line, TRAP))) {
        survivors.add("0x%x %s".formatted(line.address(), line.text()));
      }
    }
    assertThat(survivors).as("removed from %s without being noticed", kernel).isEmpty();
    return noticed;
  }

  @Test
  void gemm() {
    Run run =
        object -> {
          Script script =
              new Script()
                  .add("module m %s", object)
                  .zeros("a", 32768)
                  .zeros("b", 32768)
                  .zeros("c", 65536);
          script
              .add("launch 0 m gemm_bf16 1 1 1 256 1 1 0 p:a p:b p:c i:128 i:128 i:128")
              .add("devsync");
          return anyError(script);
        };
    assertThat(everyRemovalIsNoticed("gemm", "gemm_bf16", run)).isGreaterThan(8);
  }

  @Test
  void softmax() {
    Run run =
        object -> {
          Script script =
              new Script().add("module m %s", object).zeros("in", 8000).zeros("out", 8000);
          return anyError(
              script.add("launch 0 m softmax 2 1 1 256 1 1 0 p:in p:out i:1000").add("devsync"));
        };
    assertThat(everyRemovalIsNoticed("basic", "softmax", run)).isGreaterThan(15);
  }

  @Test
  void loadsIntoLocalMemory() {
    Run run =
        object -> {
          Script script =
              new Script().add("module m %s", object).zeros("in", 1024).zeros("out", 1024);
          return anyError(
              script.add("launch 0 m throughLds 1 1 1 256 1 1 0 p:in p:out").add("devsync"));
        };
    assertThat(everyRemovalIsNoticed("basic", "throughLds", run)).isGreaterThan(3);
  }

  @Test
  void producerOfDataAndSignals() {
    Path consumer = Llvm.compile("signal");
    Run run = object -> exchangeFails(object, consumer);
    assertThat(everyRemovalIsNoticed("signal", "produce", run)).isGreaterThan(6);
  }

  @Test
  void consumerOfDataAndSignals() {
    Path producer = Llvm.compile("signal");
    Run run = object -> exchangeFails(producer, object);
    assertThat(everyRemovalIsNoticed("signal", "consume", run)).isGreaterThan(6);
  }

  private static boolean exchangeFails(Path producer, Path consumer) {
    Script script = KernelTest.exchange(producer, consumer);
    return anyError(script) || Arrays.stream(script.ints("out")).anyMatch(wrong -> wrong != 0);
  }

  @Test
  void gridWideWaits() {
    Run run =
        object -> {
          Script script = KernelTest.gridWait(object);
          if (anyError(script)) {
            return true;
          }
          int[] out = script.ints("out");
          for (int k = 0; k < out.length; k++) {
            if (out[k] != KernelTest.gridSum(1 + k / 16)) {
              return true;
            }
          }
          return false;
        };
    assertThat(everyRemovalIsNoticed("signal", "gridSum", run)).isGreaterThan(12);
  }
}
