package dev.counterpoint.backend.rocm.internal.hip;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Every native method against libraries that note what they are given. */
@DisplayName("The bindings hand over")
final class ForwardingTest {
  private static Path folder;

  @BeforeAll
  static void build() throws IOException {
    Tools.assumeBindings();
    Tools.assumeCompiler();
    folder = Tools.folder("fake");
    FakeLibraries.build(folder, Set.of());
  }

  @Test
  @DisplayName("every argument of every function in its place and whole, and its results back")
  void everyArgument() throws IOException {
    Path log = folder.resolve("calls.log");
    Files.deleteIfExists(log);
    List<String> sent =
        Tools.succeed(
            Tools.java(
                ForwardingProgram.class,
                FakeLibraries.options(folder),
                Map.of("FAKE_LOG", log.toString())));
    List<String> received = Files.readAllLines(log);
    assertThat(received).containsExactlyElementsOf(sent);
    assertThat(sent).hasSizeGreaterThan(100);
  }

  @Test
  @DisplayName("exactly the functions of the call tables")
  void sameFunctions() {
    List<String> natives = new ArrayList<>();
    for (Class<?> owner : List.of(Hip.class, Rccl.class, HipRtc.class, HipBlasLt.class)) {
      Arrays.stream(owner.getDeclaredMethods())
          .filter(method -> Modifier.isNative(method.getModifiers()))
          .forEach(method -> natives.add(method.getName()));
    }
    List<String> calls =
        Stream.of("hip_calls.h", "rccl_calls.h", "hiprtc_calls.h", "hipblaslt_calls.h")
            .flatMap(header -> CallTable.of(header).stream())
            .map(CallTable.Call::name)
            .toList();
    assertThat(natives).containsExactlyInAnyOrderElementsOf(calls);
    assertThat(calls).isNotEmpty().doesNotHaveDuplicates();
  }

  @Test
  @DisplayName("rocSHMEM's functions by their C++ names")
  void rocShmem() throws IOException {
    Path log = folder.resolve("rocshmem.log");
    Files.deleteIfExists(log);
    List<String> lines =
        Tools.succeed(
            Tools.java(
                RocShmemProgram.class,
                FakeLibraries.options(folder),
                Map.of("FAKE_LOG", log.toString())));
    assertThat(lines)
        .containsExactly("id 7", "pe 3 of 8", "malloc 4097", "ptr 4102", "module 42", "zero 0");
    assertThat(Files.readAllLines(log))
        .containsExactly(
            "rocshmem_init_attr|1|3|8|7",
            "rocshmem_barrier_all",
            "rocshmem_hipmodule_init|11|12",
            "rocshmem_free|4097",
            "rocshmem_finalize");
  }

  @Test
  @DisplayName("hot calls without a byte of the Java heap")
  void hotCallsAllocateNothing() throws IOException {
    List<String> lines =
        Tools.succeed(Tools.java(HotCallProgram.class, FakeLibraries.options(folder), Map.of()));
    assertThat(lines).contains("failed 0");
    long bytes =
        lines.stream()
            .filter(line -> line.startsWith("bytes "))
            .mapToLong(line -> Long.parseLong(line.substring(6)))
            .findFirst()
            .orElseThrow();
    // 1,300,000 calls; what is left is the measurement's own.
    assertThat(bytes).isLessThan(10_000);
  }

  @Test
  @DisplayName("a status and a sentence where a library lacks a function")
  void missingFunction() throws IOException {
    Path old = Tools.folder("fake-old");
    FakeLibraries.build(old, Set.of("hipEventRecordWithFlags", "hipGetErrorName"));
    List<String> lines =
        Tools.succeed(Tools.java(MissingProgram.class, FakeLibraries.options(old), Map.of()));
    assertThat(lines)
        .containsExactly(
            "-1002 SYMBOL_MISSING",
            old.resolve("libamdhip64.so")
                + " has no hipEventRecordWithFlags: ROCm is older or newer than that",
            "has false true",
            "(no text)");
  }

  @Test
  @DisplayName("to the libraries beside libamdhip64, when nobody says where they are")
  void besideHip() throws IOException {
    List<String> lines =
        Tools.succeed(
            Tools.java(
                DetectionProgram.class,
                List.of("-D" + RocmLibrary.HIP.property() + "=" + folder),
                Map.of()));
    assertThat(lines).contains("HIPBLASLT " + folder.resolve("libhipblaslt.so"));
  }
}
