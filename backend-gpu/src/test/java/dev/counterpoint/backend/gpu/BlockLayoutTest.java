package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.DType;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Java writes parameter blocks byte by byte: here its offsets meet those of the C++ headers. */
class BlockLayoutTest {
  private static final Map<String, Class<?>> LAYOUTS =
      Map.ofEntries(
          Map.entry("TileGemmParams", TileGemmParams.class),
          Map.entry("TileGemmMaps", TileGemmMaps.class),
          Map.entry("TileReduceParams", TileReduceParams.class),
          Map.entry("AllReduceParams", AllReduceParams.class),
          Map.entry("RowNormParams", RowNormParams.class),
          Map.entry("PutParams", PutParams.class),
          Map.entry("UnpackParams", UnpackParams.class),
          Map.entry("FillParams", FillParams.class),
          Map.entry("SignalSetParams", SignalSetParams.class),
          Map.entry("SignalAddParams", SignalAddParams.class),
          Map.entry("EpochAdvanceParams", EpochAdvanceParams.class),
          Map.entry("AwaitParams", AwaitParams.class),
          Map.entry("TileSpan", TileSpanLayout.class),
          Map.entry("FaultRecord", FaultRecordLayout.class),
          Map.entry("WaitContext", WaitContextLayout.class),
          Map.entry("Target", TargetLayout.class),
          Map.entry("Operation", OperationLayout.class));
  private static final Pattern SIZE = Pattern.compile("CP_SIZE\\((\\w+), (\\d+)\\);");
  private static final Pattern FIELD =
      Pattern.compile("CP_FIELD\\((\\w+), (\\w+), (\\d+), (\\w+)\\);");

  @TempDir Path work;

  /** The kernels' sources beside this module, or where a system property says. */
  private static Path sources() {
    String property = System.getProperty("counterpoint.kernel.sources");
    Path sources =
        property != null
            ? Path.of(property)
            : Path.of("..", "kernels-common", "src", "main", "cpp");
    assumeTrue(
        Files.isDirectory(sources.resolve("params")), "kernels-common is not in this checkout");
    return sources;
  }

  private static List<String> headers(Path sources) throws IOException {
    try (Stream<Path> files = Files.list(sources.resolve("params"))) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  /** Struct → field → offset, with the size under the name "". */
  private static Map<String, Map<String, Integer>> declared(Path sources) throws IOException {
    Map<String, Map<String, Integer>> structs = new TreeMap<>();
    for (String header : headers(sources)) {
      String text = Files.readString(sources.resolve("params").resolve(header));
      Matcher sizes = SIZE.matcher(text);
      while (sizes.find()) {
        structs
            .computeIfAbsent(sizes.group(1), s -> new LinkedHashMap<>())
            .put("", Integer.parseInt(sizes.group(2)));
      }
      Matcher fields = FIELD.matcher(text);
      while (fields.find()) {
        structs
            .computeIfAbsent(fields.group(1), s -> new LinkedHashMap<>())
            .put(fields.group(2), Integer.parseInt(fields.group(3)));
      }
    }
    return structs;
  }

  private static Map<String, Integer> constants(Class<?> layout) throws IllegalAccessException {
    Map<String, Integer> constants = new LinkedHashMap<>();
    for (Field field : layout.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
        field.setAccessible(true);
        constants.put(
            field.getName().equals("SIZE") ? "" : camel(field.getName()), field.getInt(null));
      }
    }
    return constants;
  }

  private static String camel(String constant) {
    StringBuilder name = new StringBuilder();
    for (String word : constant.split("_", -1)) {
      String lower = word.toLowerCase(Locale.ROOT);
      name.append(
          name.length() == 0 ? lower : Character.toUpperCase(lower.charAt(0)) + lower.substring(1));
    }
    return name.toString();
  }

  @Test
  void javaWritesWhereTheHeadersSay() throws Exception {
    Map<String, Map<String, Integer>> structs = declared(sources());
    for (Map.Entry<String, Class<?>> layout : LAYOUTS.entrySet()) {
      Map<String, Integer> fields = new LinkedHashMap<>(structs.get(layout.getKey()));
      fields.remove("reserved");
      assertThat(constants(layout.getValue())).as(layout.getKey()).isEqualTo(fields);
    }
  }

  @Test
  void aCompilerAgrees() throws Exception {
    Path sources = sources();
    Map<String, Map<String, Integer>> structs = declared(sources);
    StringBuilder program =
        new StringBuilder("#define __device__\n#define __forceinline__ inline\n");
    headers(sources).forEach(h -> program.append("#include \"params/").append(h).append("\"\n"));
    program.append(
        "#include <cstdio>\n#include <cstddef>\nusing namespace counterpoint;\nint main() {\n");
    StringBuilder expected = new StringBuilder();
    structs.forEach(
        (struct, fields) ->
            fields.forEach(
                (field, offset) -> {
                  String value =
                      field.isEmpty()
                          ? "sizeof(" + struct + ")"
                          : "offsetof(" + struct + ", " + field + ")";
                  program
                      .append("  std::printf(\"")
                      .append(struct + "." + field)
                      .append(" %zu\\n\", ")
                      .append(value)
                      .append(");\n");
                  expected.append(struct + "." + field + " " + offset + "\n");
                }));
    program.append("}\n");
    Files.writeString(work.resolve("probe.cpp"), program);
    String compiler = Files.isExecutable(Path.of("/usr/bin/g++")) ? "/usr/bin/g++" : "g++";
    int status;
    try {
      status =
          run(
              compiler,
              "-std=c++17",
              "-w",
              "-I",
              sources.toAbsolutePath().toString(),
              "probe.cpp",
              "-o",
              "probe");
    } catch (IOException e) {
      assumeTrue(false, "there is no C++ compiler here: " + e.getMessage());
      return;
    }
    assertThat(status).as(Files.readString(work.resolve("output"))).isZero();
    assertThat(run("./probe")).isZero();
    assertThat(Files.readString(work.resolve("output"))).isEqualTo(expected.toString());
  }

  private int run(String... command) throws IOException, InterruptedException {
    if (command[0].equals("./probe")) {
      command[0] = work.resolve("probe").toString();
    }
    Process process =
        new ProcessBuilder(command)
            .directory(work.toFile())
            .redirectErrorStream(true)
            .redirectOutput(work.resolve("output").toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @Test
  void elementTypesHaveTheirNumbers() throws Exception {
    String header =
        Files.readString(sources().resolve("params/element_type.h"), StandardCharsets.UTF_8);
    for (DType dtype : DType.values()) {
      String name = camel("K_" + dtype.name());
      assertThat(header.toLowerCase(Locale.ROOT))
          .contains(name.toLowerCase(Locale.ROOT) + " = " + ElementType.number(dtype));
    }
  }
}
