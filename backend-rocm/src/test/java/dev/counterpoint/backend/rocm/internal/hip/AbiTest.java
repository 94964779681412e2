package dev.counterpoint.backend.rocm.internal.hip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The bindings against the headers of an installed ROCm: every number and every signature, decided
 * by a C++ compiler. Runs where such headers are; {@code -Dcounterpoint.rocm.include=DIRECTORIES}
 * names others.
 */
@DisplayName("Numbers and signatures are those of the real headers for")
final class AbiTest {
  private static final Pattern WORD = Pattern.compile("\\w+");

  /**
   * What the oldest versions in use do not have. Anything else that is missing is a mistake here.
   */
  private static final Set<String> NEWER =
      Set.of(
          "hipDeviceMallocUncached",
          "hipDeviceAttributeHostRegisterSupported",
          "hipDeviceAttributeNumberOfXccs",
          "hipDeviceAttributeWallClockRate",
          "hipErrorGraphExecUpdateFailure",
          "hipEventRecordDefault",
          "hipEventRecordExternal",
          "hipEventRecordWithFlags",
          "hipEventWaitDefault",
          "hipEventWaitExternal",
          "hipGraphUpload",
          "ncclFloat8e4m3",
          "ncclFloat8e5m2",
          "ncclInProgress");

  /** Numbers that HIP 5 had otherwise. */
  private static final Set<String> CHANGED_AT_6 =
      Set.of(
          "hipIpcMemLazyEnablePeerAccess",
          "hipMemoryTypeUnregistered",
          "hipMemoryTypeHost",
          "hipMemoryTypeDevice",
          "hipMemoryTypeManaged");

  @BeforeAll
  static void compiler() {
    Tools.assumeCompiler();
  }

  @Test
  @DisplayName("HIP")
  void hip() throws IOException {
    Set<String> missing =
        check(
            "hip/hip_runtime_api.h",
            "hip",
            ours("hip_calls.h"),
            constants(HipConstants.class),
            "static_assert(sizeof(hipIpcMemHandle_t) == 64);\n");
    assertThat(NEWER).containsAll(missing);
  }

  @Test
  @DisplayName("hipRTC")
  void hipRtc() throws IOException {
    Set<String> missing =
        check("hip/hiprtc.h", "hiprtc", ours("hiprtc_calls.h"), constants(HipRtc.class), "");
    assertThat(missing).isEmpty();
  }

  @Test
  @DisplayName("RCCL")
  void rccl() throws IOException {
    Set<String> missing =
        check(
            "rccl/rccl.h",
            "rccl",
            ours("rccl_calls.h"),
            constants(Rccl.class),
            "static_assert(sizeof(ncclUniqueId) == 128);\n");
    assertThat(NEWER).containsAll(missing);
  }

  @Test
  @DisplayName("hipBLASLt")
  void hipBlasLt() throws IOException {
    List<Constant> constants = new ArrayList<>(constants(HipBlasLt.class));
    constants.removeIf(constant -> constant.name().startsWith("RESULT_"));
    Set<String> missing =
        check(
            "hipblaslt/hipblaslt.h",
            "hipblaslt",
            ours("hipblaslt_calls.h"),
            constants,
            "using Result = hipblasLtMatmulHeuristicResult_t;\n"
                + same("sizeof(Result)", HipBlasLt.RESULT_BYTES)
                + same("offsetof(Result, algo)", HipBlasLt.RESULT_ALGORITHM)
                + same("offsetof(Result, workspaceSize)", HipBlasLt.RESULT_WORKSPACE)
                + same("offsetof(Result, state)", HipBlasLt.RESULT_STATE));
    assertThat(missing).isEmpty();
  }

  @Test
  @DisplayName("the emulated HIP and RCCL")
  void emulator() throws IOException {
    Path emulator = CallTable.sources().resolve("../../../../emulator-cdna3/src/main/cpp");
    assumeTrue(Files.isDirectory(emulator), "the emulated device is not in this checkout");
    check(
        "hip/hip_runtime_api.h",
        "emulated-hip",
        exported(emulator.resolve("hip"), "hip"),
        numbers(emulator.resolve("hip/hip_emu_api.h"), "hip"),
        "");
    check(
        "rccl/rccl.h",
        "emulated-rccl",
        exported(emulator.resolve("rccl"), "nccl"),
        numbers(emulator.resolve("rccl/rccl_emu_api.h"), "nccl"),
        "");
  }

  /** A function, with its parameters as declared. */
  private record Signature(String result, String name, String parameters) {}

  private static List<Signature> ours(String header) {
    return CallTable.of(header).stream()
        .map(call -> new Signature(call.result(), call.name(), call.parameters()))
        .toList();
  }

  private static List<Signature> exported(Path folder, String prefix) throws IOException {
    Pattern function =
        Pattern.compile(
            "HIPEMU_EXPORT ([\\w* ]+?) ?\\b(" + prefix + "(?!Emu)\\w+)\\(([^)]*)\\) *\\{");
    List<Signature> signatures = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(name -> name.toString().endsWith(".cpp")).sorted().toList()) {
        function
            .matcher(Files.readString(file))
            .results()
            .forEach(m -> signatures.add(new Signature(m.group(1), m.group(2), m.group(3))));
      }
    }
    assertThat(signatures).isNotEmpty();
    return signatures;
  }

  /** A number under its C name. */
  private record Constant(String name, int value) {}

  private static List<Constant> constants(Class<?> owner) {
    List<Constant> constants = new ArrayList<>();
    for (Field field : owner.getDeclaredFields()) {
      if (field.getType() == int.class && Modifier.isPublic(field.getModifiers())) {
        try {
          constants.add(new Constant(field.getName(), field.getInt(null)));
        } catch (IllegalAccessException e) {
          throw new AssertionError(e);
        }
      }
    }
    return constants;
  }

  private static List<Constant> numbers(Path header, String prefix) throws IOException {
    Matcher matcher =
        Pattern.compile("\\b(" + prefix + "\\w+) = (\\d+)").matcher(Files.readString(header));
    List<Constant> constants = new ArrayList<>();
    while (matcher.find()) {
      constants.add(new Constant(matcher.group(1), Integer.parseInt(matcher.group(2))));
    }
    return constants;
  }

  private static String same(String expression, int value) {
    return "static_assert(int(" + expression + ") == " + value + ", \"" + expression + "\");\n";
  }

  /** Compares what the headers have, and gives what they do not have. */
  private static Set<String> check(
      String header, String name, List<Signature> signatures, List<Constant> constants, String rest)
      throws IOException {
    List<String> directories =
        directories().filter(directory -> Files.exists(Path.of(directory, header))).toList();
    assumeTrue(!directories.isEmpty(), header + " is not installed");
    Path folder = Tools.folder("abi");
    List<String> options =
        new ArrayList<>(List.of("-D__HIP_PLATFORM_AMD__=1", "-D__HIP_DISABLE_CPP_FUNCTIONS__"));
    directories.forEach(directory -> options.add("-I" + directory));

    String include = "#include <" + header + ">\n";
    Path plain = Files.writeString(folder.resolve(name + "-plain.cpp"), include);
    Tools.Outcome read = Tools.compile(with(options, "-E", "-dD", plain.toString()));
    assertThat(read.status()).as(read.output()).isZero();
    Set<String> words = new TreeSet<>();
    WORD.matcher(read.output()).results().forEach(match -> words.add(match.group()));

    Set<String> missing = new TreeSet<>();
    StringBuilder source =
        new StringBuilder(include + "#include <cstddef>\n#include \"same_abi.h\"\n" + rest);
    source.append("namespace counterpoint {\n");
    int checked = 0;
    for (Signature function : signatures) {
      if (!words.contains(function.name())) {
        missing.add(function.name());
        continue;
      }
      String type = function.result() + "(" + function.parameters() + ")";
      source.append(
          "static_assert(SameAbi<decltype(::%s), %s>::value, \"%s\");\n"
              .formatted(function.name(), type, function.name()));
      checked++;
    }
    for (Constant constant : constants) {
      if (!words.contains(constant.name())) {
        missing.add(constant.name());
        continue;
      }
      boolean changed = CHANGED_AT_6.contains(constant.name());
      source.append(changed ? "#if HIP_VERSION_MAJOR >= 6\n" : "");
      source.append(same(constant.name(), constant.value()));
      source.append(changed ? "#endif\n" : "");
      checked++;
    }
    Path file = Files.writeString(folder.resolve(name + ".cpp"), source.append("}\n"));
    Tools.Outcome outcome = Tools.compile(with(options, "-fsyntax-only", file.toString()));
    assertThat(outcome.status()).as(outcome.output()).isZero();
    assertThat(checked).isPositive();
    System.out.println(
        "%s of %s: %d compared, not there: %s".formatted(name, directories, checked, missing));
    return missing;
  }

  private static List<String> with(List<String> options, String... more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return all;
  }

  private static Stream<String> directories() {
    String named = System.getProperty("counterpoint.rocm.include");
    if (named != null && !named.isBlank()) {
      return Stream.of(named.split(File.pathSeparator));
    }
    String rocm = System.getenv("ROCM_PATH");
    return Stream.concat(
        rocm == null ? Stream.empty() : Stream.of(rocm + "/include"),
        Stream.of("/opt/rocm/include", "/usr/include"));
  }
}
