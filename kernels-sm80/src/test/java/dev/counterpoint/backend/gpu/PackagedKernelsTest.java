package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.backend.cuda.internal.CudaPlatform;
import dev.counterpoint.backend.cuda.internal.Natives;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the jar holds is what the backend looks for. */
class PackagedKernelsTest {
  private static final Pattern INCLUDE = Pattern.compile("(?m)^#include +(\\S+)");

  /** The sources alone, as where nvcc was not there. */
  private static final KernelPlace SOURCES =
      new KernelPlace() {
        private final KernelPlace all = KernelPlace.onClassPath("sm80");

        @Override
        public String describe() {
          return all.describe();
        }

        @Override
        public byte @Nullable [] read(String name) {
          return name.startsWith("source/") ? all.read(name) : null;
        }
      };

  private static String text(String name) {
    byte[] bytes = SOURCES.read("source/" + name);
    assertThat(bytes).as(name).isNotNull();
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void everySourceIsThereWithAllThatItIncludes() {
    List<String> names = text("index.txt").lines().toList();
    assertThat(names)
        .isSorted()
        .contains("kernels/companions.cu", "ptx/mma.cuh", "base/types.h", "params/wait.h")
        .doesNotContain("index.txt");
    for (String name : names) {
      Matcher includes = INCLUDE.matcher(text(name));
      while (includes.find()) {
        // Nothing of the toolkit: the run-time compiler has no folder to find it in.
        assertThat(includes.group(1)).as(name).startsWith("\"");
        assertThat(names).as(name).contains(includes.group(1).replace("\"", ""));
      }
    }
  }

  @Test
  void theRunTimeCompilerMakesTheCompanionsOfTheSources() {
    KernelCompiler compiler = new Natives().compiler();
    assumeTrue(
        compiler != null, "NVRTC cannot be loaded here: it needs libnvrtc.so.13 and libcuda.so.1");
    KernelStore store =
        new KernelStore(
            new CudaPlatform().code(),
            List.of(SOURCES),
            () -> new KernelCache(null, w -> {}),
            () -> compiler);
    KernelImage image = store.find("companions", "sm_90");
    assertThat(image.origin()).startsWith("compiled now by NVRTC");
    assertThat(image.kernels())
        .extracting(KernelManifest.Kernel::entry)
        .contains("epoch_advance", "signal_set", "signal_add", "await_words")
        .contains("put", "fill", "unpack", "tile_reduce", "row_norm");
    assertThat(image.bytes()).startsWith(0x7f, 'E', 'L', 'F');
  }

  @Test
  void withoutAFittingCompilerTheSourcesArePackedAndOneLineSaysWhy(@TempDir Path folder)
      throws Exception {
    Path old = folder.resolve("nvcc");
    Files.writeString(old, "#!/bin/sh\necho 'Cuda compilation tools, release 11.8, V11.8.89'\n");
    Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path module = Files.createDirectories(folder.resolve("kernels-x"));
    Files.createDirectories(folder.resolve("kernels-common"));
    copy(Path.of("../kernels-common"), folder.resolve("kernels-common"), "package.sh", "nvcc.sh");
    copy(Path.of("."), module, "build.sh");
    for (Path sources : List.of(module.resolve("src/main/cuda"), common(folder))) {
      Files.createDirectories(sources);
    }
    Files.writeString(module.resolve("src/main/cuda/own.cu"), "");
    Files.writeString(common(folder).resolve("shared.h"), "");
    assertThat(pack(folder, old, "sources")).isEmpty();
    assertThat(pack(folder, old, "kernels"))
        .hasSize(1)
        .allMatch(line -> line.contains("is release 11, and 13 is needed"));
    Path packed = folder.resolve("classes/META-INF/counterpoint/kernels/x");
    assertThat(packed.resolve("source/index.txt")).hasContent("own.cu\nshared.h");
    assertThat(packed.resolve("manifest.json")).doesNotExist();
  }

  private static Path common(Path folder) {
    return folder.resolve("kernels-common/src/main/cpp");
  }

  private static void copy(Path from, Path to, String... names) throws Exception {
    for (String name : names) {
      Files.copy(from.resolve(name), to.resolve(name));
    }
  }

  private static List<String> pack(Path folder, Path nvcc, String what) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", "kernels-common/package.sh"));
    command.addAll(List.of("kernels-x", "x", "classes", what));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("NVCC", nvcc.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertThat(process.waitFor()).as("%s", lines).isZero();
    return lines;
  }
}
