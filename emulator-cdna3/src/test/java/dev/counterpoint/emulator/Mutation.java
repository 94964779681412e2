package dev.counterpoint.emulator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * One wait, barrier, write-back or invalidate of a kernel's binary is replaced by s_nop at a time,
 * and the run must fail: by a fault that names the place, or by a wrong result. Places that the run
 * never reaches (found by putting a trap there) do not count.
 */
public final class Mutation {
  private static final int NOP = 0xBF800000;
  private static final int TRAP = 0xBF920002;

  /** sc0 and sc1 of FLAT and GLOBAL instructions. */
  private static final int SCOPE = 1 << 16 | 1 << 25;

  private static final int MORE_ATTEMPTS = 23;

  /** What keeps memory in order. */
  public static final Predicate<String> ORDERING =
      text ->
          text.startsWith("s_waitcnt")
              || text.equals("s_barrier")
              || text.startsWith("buffer_wbl2")
              || text.startsWith("buffer_inv");

  /** Whether a run of a code object failed. */
  public interface Run {
    /** Runs this object, which may be a mutant. */
    boolean failed(Path object);
  }

  /** What became of the places that the run reaches. */
  public record Outcome(int noticed, List<String> survivors) {}

  private Mutation() {}

  /** Whether the device found an error in a script, told at once and in silence. */
  public static boolean anyError(Script script) {
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

  /** A copy of an object with another instruction in the place of one, of no more words. */
  private static Path replaced(Path object, Llvm.Line line, int... words) {
    try {
      byte[] elf = Files.readAllBytes(object);
      int offset = (int) fileOffset(elf, line.address());
      ByteBuffer b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
      for (int k = 0; k < line.words().size(); k++) {
        b.putInt(offset + 4 * k, k < words.length ? words[k] : NOP);
      }
      return Files.write(Files.createTempFile(Llvm.WORK, "mutant", ".hsaco"), elf);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Without a barrier a wave may still be in time, now and then: its run is repeated. */
  private static boolean failsSometime(Run run, Path mutant) {
    for (int attempt = 0; attempt < MORE_ATTEMPTS; attempt++) {
      if (run.failed(mutant)) {
        return true;
      }
    }
    return false;
  }

  /** Places that are never reached are found before anything is repeated; they do not survive. */
  private static boolean isNoticed(
      Path object, Llvm.Line line, List<String> survivors, Run run, int... words) {
    Path mutant = replaced(object, line, words);
    if (run.failed(mutant)) {
      return true;
    }
    if (!run.failed(replaced(object, line, TRAP))) {
      return false;
    }
    if (failsSometime(run, mutant)) {
      return true;
    }
    survivors.add("0x%x %s".formatted(line.address(), line.text()));
    return false;
  }

  /** Each access of a kernel that a filter takes is one of the work-group alone, one at a time. */
  public static Outcome narrow(Path object, String kernel, Predicate<Llvm.Line> filter, Run run) {
    List<String> survivors = new ArrayList<>();
    int noticed = 0;
    for (Llvm.Line line : Llvm.disassemble(object)) {
      if (line.kernel().equals(kernel) && filter.test(line)) {
        int[] words =
            line.words().stream().mapToInt(word -> Integer.parseUnsignedInt(word, 16)).toArray();
        words[0] &= ~SCOPE;
        if (isNoticed(object, line, survivors, run, words)) {
          noticed++;
        }
      }
    }
    return new Outcome(noticed, survivors);
  }

  /** Each ordering instruction of a kernel in turn, or of those that a filter takes. */
  public static Outcome remove(Path object, String kernel, Predicate<Llvm.Line> filter, Run run) {
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
      if (!ORDERING.test(line.text()) || idle || !filter.test(line)) {
        continue;
      }
      if (isNoticed(object, line, survivors, run, NOP)) {
        noticed++;
      }
    }
    return new Outcome(noticed, survivors);
  }
}
