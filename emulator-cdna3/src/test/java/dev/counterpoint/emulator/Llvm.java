package dev.counterpoint.emulator;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The compiler, assembler and disassembler that Maven brings. They are taken out of their jar once
 * and run as programs; nothing of LLVM is loaded into this process, and nothing of it is in the
 * emulator.
 */
public final class Llvm {
  private static final String IN_JAR = "/org/bytedeco/llvm/linux-x86_64/";
  private static final List<String> PROGRAMS = List.of("clang", "lld", "llvm-mc", "llvm-objdump");

  /** Library in the jar, and the name under which the programs look for it. */
  private static final Map<String, String> LIBRARIES =
      Map.of("libLLVM.so", "libLLVM.so.20.1", "libclang-cpp.so", "libclang-cpp.so.20.1");

  private static final Path DIRECTORY = Path.of(System.getProperty("emulator.llvm", "target/llvm"));

  static final Path WORK = Path.of(System.getProperty("emulator.work", "target/kernels"));
  static final Path KERNELS = Path.of(System.getProperty("emulator.kernels", "src/test/hip"));

  static {
    try {
      Files.createDirectories(DIRECTORY);
      Files.createDirectories(WORK);
      for (String program : PROGRAMS) {
        extract(program, program);
      }
      for (Map.Entry<String, String> library : LIBRARIES.entrySet()) {
        extract(library.getKey(), library.getValue());
      }
      Path linker = DIRECTORY.resolve("ld.lld");
      if (!Files.exists(linker)) {
        Files.createSymbolicLink(linker, Path.of("lld"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Llvm() {}

  private static void extract(String resource, String name) throws IOException {
    Path target = DIRECTORY.resolve(name);
    if (Files.exists(target)) {
      return;
    }
    Path partial = Files.createTempFile(DIRECTORY, name, ".part");
    try (InputStream in = Llvm.class.getResourceAsStream(IN_JAR + resource)) {
      if (in == null) {
        throw new IOException("no " + IN_JAR + resource + " on the class path");
      }
      Files.copy(in, partial, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    if (!partial.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + partial + " executable");
    }
    Files.move(partial, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Compiles a kernel of the test sources for gfx942, as rocm.md says; the result is kept for the
   * run.
   */
  public static synchronized Path compile(String kernel) {
    Path object = WORK.resolve(kernel + ".hsaco");
    List<String> command =
        new ArrayList<>(
            List.of(
                "-x",
                "hip",
                "--offload-arch=gfx942",
                "--cuda-device-only",
                "--no-gpu-bundle-output"));
    command.addAll(
        List.of("-nogpulib", "-nogpuinc", "-nostdinc", "-ffreestanding", "-O3", "-std=c++17"));
    command.addAll(List.of(KERNELS.resolve(kernel + ".hip").toString(), "-o", object.toString()));
    run("clang", command, "");
    return object;
  }

  /** Assembles text to a code object. */
  static Path assemble(String name, String text) {
    try {
      Path source = WORK.resolve(name + ".s");
      Files.writeString(source, text);
      Path object = WORK.resolve(name + ".hsaco");
      List<String> options =
          List.of("-x", "assembler", "-target", "amdgcn-amd-amdhsa", "-mcpu=gfx942");
      List<String> command = new ArrayList<>(options);
      command.addAll(List.of(source.toString(), "-o", object.toString()));
      run("clang", command, "");
      return object;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Standard output of a program that must succeed. */
  static String run(String program, List<String> arguments, String input) {
    Result result = tryRun(program, arguments, input);
    if (result.exit() != 0) {
      throw new IllegalStateException(
          program + " " + arguments + " ended with " + result.exit() + ":\n" + result.error());
    }
    return result.output();
  }

  public record Result(int exit, String output, String error) {}

  static Result tryRun(String program, List<String> arguments, String input) {
    List<String> command = new ArrayList<>();
    command.add(DIRECTORY.resolve(program).toAbsolutePath().toString());
    command.addAll(arguments);
    return Processes.run(
        command, Map.of("LD_LIBRARY_PATH", DIRECTORY.toAbsolutePath().toString()), input);
  }

  /** One instruction as llvm-objdump shows it. */
  public record Line(String kernel, long address, String text, List<String> words) {}

  public static List<Line> disassemble(Path object) {
    List<Line> lines = new ArrayList<>();
    String kernel = "";
    for (String line : run("llvm-objdump", List.of("-d", object.toString()), "").split("\n", -1)) {
      if (line.endsWith(">:")) {
        kernel = line.substring(line.indexOf('<') + 1, line.length() - 2);
      }
      int comment = line.indexOf("// ");
      if (!line.startsWith("\t") || comment < 0) {
        continue;
      }
      String[] parts = line.substring(comment + 3).split("[: ]+", -1);
      List<String> words = new ArrayList<>();
      for (int k = 1; k < parts.length && parts[k].matches("[0-9A-F]{8}"); k++) {
        words.add(parts[k]);
      }
      String text = line.substring(1, comment).trim().replaceAll("\\s+", " ");
      lines.add(new Line(kernel, Long.parseLong(parts[0], 16), text, words));
    }
    return lines;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
