package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Looks whether the host backend can run here. */
public final class HostProbe {
  /** All of them. */
  static final Set<Capability> CAPABILITIES = Set.copyOf(EnumSet.allOf(Capability.class));

  private static final int DEFAULT_RANKS = 4;

  private HostProbe() {}

  /** Never throws. */
  public static Probe probe() {
    try {
      new OpenBlas();
      int cores = Runtime.getRuntime().availableProcessors();
      List<DeviceInfo> devices = new ArrayList<>();
      for (int rank = 0; rank < DEFAULT_RANKS; rank++) {
        devices.add(device(rank, DEFAULT_RANKS, Math.max(1, cores / DEFAULT_RANKS)));
      }
      return new Probe.Available(
          "ranks are threads of this JVM on "
              + processor()
              + ", "
              + cores
              + (cores == 1 ? " core" : " cores")
              + ", OpenBLAS "
              + OpenBlas.version(),
          devices,
          Map.of("OpenBLAS", OpenBlas.version(), "JVM", Runtime.version().toString()),
          CAPABILITIES,
          List.of("devices are emulated: results are real, speeds say nothing about GPUs"));
    } catch (Throwable e) { // whatever a broken class path can throw, LinkageError above all
      return new Probe.Unavailable(
          "OpenBLAS could not be loaded",
          deepest(e).toString(),
          "add org.bytedeco:openblas and org.bytedeco:javacpp with the classifier of this platform ("
              + System.getProperty("os.name")
              + ", "
              + System.getProperty("os.arch")
              + ", such as linux-x86_64) to the class path");
    }
  }

  static DeviceInfo device(int rank, int ranks, int threads) {
    return new DeviceInfo(
        rank,
        "virtual device on " + processor(),
        System.getProperty("os.arch", "unknown"),
        NativeMemory.physical() / ranks,
        threads,
        true);
  }

  static String processor() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        if (line.startsWith("model name")) {
          return line.substring(line.indexOf(':') + 1).trim();
        }
      }
    } catch (IOException | RuntimeException e) {
      return System.getProperty("os.arch", "unknown"); // not Linux
    }
    return System.getProperty("os.arch", "unknown");
  }

  private static Throwable deepest(Throwable e) {
    Throwable deepest = e;
    while (deepest.getCause() != null && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    return deepest;
  }
}
