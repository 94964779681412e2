package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a driver says of itself and of devices.
 *
 * @param version the driver's own number for its version
 * @param devices those that were looked at
 * @param peerObstacle why not each of them reaches the memory of all, or null
 */
public record DeviceSurvey(int version, List<DeviceInfo> devices, @Nullable String peerObstacle) {
  /** Copies the list. */
  public DeviceSurvey {
    devices = List.copyOf(devices);
  }

  /** Looks at all devices. */
  public static DeviceSurvey of(Driver driver) {
    return of(driver, IntStream.range(0, driver.deviceCount()).boxed().toList());
  }

  /** Looks at some devices. */
  static DeviceSurvey of(Driver driver, List<Integer> ordinals) {
    List<DeviceInfo> devices = new ArrayList<>();
    for (int ordinal : ordinals) {
      devices.add(
          new DeviceInfo(
              ordinal,
              driver.deviceName(ordinal),
              driver.architecture(ordinal),
              driver.deviceMemory(ordinal),
              driver.computeUnits(ordinal),
              driver.isEmulated(ordinal)));
    }
    return new DeviceSurvey(driver.version(), devices, peerObstacle(driver, ordinals));
  }

  /**
   * What the devices can do; the reasons for what they cannot go to the notes.
   *
   * @param blas whether there is a library for GEMMs
   */
  public Set<Capability> capabilities(Platform platform, boolean blas, List<String> notes) {
    Set<Capability> capabilities =
        EnumSet.of(
            Capability.GRAPHS,
            Capability.TIMED_EVENTS,
            Capability.TRACING,
            Capability.GEMM_FP16,
            Capability.GEMM_BF16,
            Capability.GEMM_INT8,
            Capability.EPILOGUE_SCALES);
    if (blas) {
      capabilities.add(Capability.VENDOR_GEMM);
    }
    if (platform.multipliesFullFp32()) {
      capabilities.add(Capability.GEMM_FP32_FULL);
    }
    String noFp8 = null;
    for (DeviceInfo device : devices) {
      noFp8 = noFp8 != null ? noFp8 : platform.noFp8(device.architecture());
    }
    if (noFp8 == null) {
      capabilities.add(Capability.GEMM_FP8);
      if (platform.takesBlockFactors()) {
        capabilities.add(Capability.BLOCK_SCALES);
      }
    } else {
      notes.add(noFp8);
    }
    if (peerObstacle == null) {
      capabilities.add(Capability.PEER_ACCESS);
      if (platform.reducesOverPeers()) {
        capabilities.add(Capability.PEER_ALL_REDUCE);
      }
    } else {
      notes.add(
          peerObstacle
              + ", so strategies that store into peers' memory are not available; "
              + platform.peerRemedy());
    }
    return capabilities;
  }

  private static @Nullable String peerObstacle(Driver driver, List<Integer> ordinals) {
    for (int from : ordinals) {
      for (int to : ordinals) {
        if (from == to) {
          continue;
        }
        if (!driver.canAccessPeer(from, to)) {
          return "device " + from + " cannot address memory of device " + to;
        }
        if (!driver.hasPeerAtomics(from, to)) {
          return "device " + from + " has no atomics on memory of device " + to;
        }
      }
    }
    return null;
  }

  /** How many devices of each name there are, in one line. */
  public String summary() {
    Map<String, Integer> counts = new LinkedHashMap<>();
    devices.forEach(device -> counts.merge(device.name(), 1, Integer::sum));
    List<String> parts = new ArrayList<>();
    counts.forEach((name, count) -> parts.add(count + " × " + name));
    return String.join(", ", parts);
  }
}
