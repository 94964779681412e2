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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the jar holds is what the backend looks for. */
class PackagedKernelsTest {
  private static final PackagedSources SOURCES = new PackagedSources("sm80");

  @Test
  void everySourceIsThereWithAllThatItIncludes() {
    assertThat(SOURCES.complete())
        .contains("kernels/companions.cu", "ptx/mma.cuh", "base/types.h", "params/wait.h");
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
        .contains("put", "fill", "unpack", "tile_reduce", "row_norm")
        .contains("all_reduce_one_shot", "all_reduce_two_shot", "all_reduce_bulk");
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
