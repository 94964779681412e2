package dev.counterpoint.backend.rocm.internal;

import dev.counterpoint.NativeException;
import dev.counterpoint.backend.gpu.DeviceSurvey;
import dev.counterpoint.backend.gpu.Driver;
import dev.counterpoint.backend.gpu.KernelStore;
import dev.counterpoint.backend.gpu.NativeLibrary;
import dev.counterpoint.backend.gpu.Platform;
import dev.counterpoint.backend.rocm.internal.hip.BindingStatus;
import dev.counterpoint.backend.rocm.internal.hip.Bindings;
import dev.counterpoint.backend.rocm.internal.hip.RocmLibrary;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Looks whether the ROCm backend can run here. */
final class GpuProbe {
  /** HIP counts 10 million for a major version, 100 thousand for a minor one. */
  private static final int MAJOR = 10_000_000;

  private static final int MINOR = 100_000;

  /** The first release in which events of captures can be external. */
  private static final int LEAST_RUNTIME = 6 * MAJOR + 4 * MINOR;

  private static final Platform PLATFORM = new RocmPlatform();

  private GpuProbe() {}

  /** Never throws, and may be asked again; looks for kernels in a folder first. */
  static Probe probe(@Nullable String kernelFolder) {
    try {
      if (!Bindings.unavailability().isEmpty()) {
        return noBindings(Bindings.unavailability());
      }
      Driver driver = Natives.DRIVER.get();
      if (driver == null) {
        return noDriver(Natives.DRIVER.failure(), RocmLibrary.HIP.unavailability());
      }
      return probe(
          DeviceSurvey.of(driver),
          KernelStore.of(PLATFORM, kernelFolder, null, Natives.COMPILER::get),
          libraries(),
          System::getenv);
    } catch (Throwable e) { // rule LIFE-1
      return new Probe.Unavailable(
          "the HIP runtime did not answer as expected",
          NativeLibrary.deepest(e).toString(),
          "see whether rocminfo works; otherwise load the amdgpu driver anew");
    }
  }

  /**
   * What was found of the libraries beside the runtime; a version, or null with the reason.
   *
   * @param runtime the file of the HIP runtime
   * @param collectives version of RCCL
   * @param noCollectives why there is none
   * @param blas version of hipBLASLt
   * @param noBlas why there is none
   */
  record Libraries(
      String runtime,
      @Nullable String collectives,
      String noCollectives,
      @Nullable String blas,
      String noBlas) {}

  private static Libraries libraries() {
    Integer collectives = Natives.COLLECTIVES.get();
    String blas = Natives.BLAS.get();
    return new Libraries(
        RocmLibrary.HIP.path(),
        collectives == null ? null : NativeCollectives.text(collectives),
        why(RocmLibrary.RCCL, Natives.COLLECTIVES),
        blas,
        why(RocmLibrary.HIPBLASLT, Natives.BLAS));
  }

  /** Why something native is not there; the library's own answer says what was tried. */
  private static String why(RocmLibrary library, NativeLibrary<?> part) {
    String missing = library.unavailability();
    return missing.isEmpty() ? String.valueOf(part.failure()) : missing;
  }

  /** The answer for a runtime that could be loaded. */
  static Probe probe(
      DeviceSurvey survey,
      KernelStore kernels,
      Libraries libraries,
      UnaryOperator<@Nullable String> environment) {
    int version = survey.version();
    if (version < LEAST_RUNTIME) {
      return new Probe.Unavailable(
          "ROCm is too old",
          libraries.runtime() + " is HIP " + hip(version) + "; needed is " + hip(LEAST_RUNTIME),
          "install ROCm 6.4 or newer, or name its library by -D" + RocmLibrary.HIP.property());
    }
    if (survey.devices().isEmpty()) {
      return noDevice("hipGetDeviceCount answers 0");
    }
    for (DeviceInfo device : survey.devices()) {
      if (!device.architecture().equals(RocmPlatform.ARCHITECTURE)) {
        return new Probe.Unavailable(
            "a device is of another architecture",
            "device " + device.index() + ", " + device.name() + ", is " + device.architecture(),
            "hide it by HIP_VISIBLE_DEVICES, or name others by the property rocm.devices; gfx942 will"
                + " do (MI300A, MI300X, MI325X)");
      }
    }
    if (libraries.collectives() == null) {
      return new Probe.Unavailable(
          "RCCL was not found",
          libraries.noCollectives(),
          "install rccl (librccl.so.1), or name it by -D"
              + RocmLibrary.RCCL.property()
              + " or "
              + RocmLibrary.RCCL.variable());
    }
    if (kernels.isEmpty()) {
      return new Probe.Unavailable(
          "the kernels are missing",
          "looked at " + kernels.describe(),
          "add counterpoint-kernels-cdna3 to the class path, or name a folder of built kernels by"
              + " -Drocm.kernels");
    }
    Set<String> origins = new TreeSet<>();
    for (DeviceInfo device : survey.devices()) {
      List<String> tried = new ArrayList<>();
      String origin = kernels.origin(device.architecture(), tried);
      if (origin == null) {
        return new Probe.Unavailable(
            "there are no kernels for a device",
            "device "
                + device.index()
                + ", "
                + device.name()
                + ", is "
                + device.architecture()
                + ": "
                + String.join("; ", tried),
            "use a counterpoint-kernels-cdna3 with built kernels, or install hipRTC (libhiprtc.so)");
      }
      origins.add(origin);
    }
    return available(survey, libraries, String.join("; ", origins), environment);
  }

  private static Probe available(
      DeviceSurvey survey,
      Libraries libraries,
      String kernels,
      UnaryOperator<@Nullable String> environment) {
    List<String> notes = new ArrayList<>();
    if (survey.devices().stream().anyMatch(DeviceInfo::emulated)) {
      notes.add(
          "the devices are emulated in software: results mean something, times do not ("
              + libraries.runtime()
              + ")");
    }
    Set<Capability> capabilities = survey.capabilities(PLATFORM, libraries.blas() != null, notes);
    if (libraries.blas() == null) {
      notes.add(
          "hipBLASLt was not found, so plain GEMMs run on our own kernels ("
              + libraries.noBlas()
              + ")");
    }
    addNotesOnEnvironment(environment, notes);
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("HIP", hip(survey.version()));
    versions.put("RCCL", String.valueOf(libraries.collectives()));
    if (libraries.blas() != null) {
      versions.put("hipBLASLt", libraries.blas());
    }
    versions.put("kernels", kernels);
    return new Probe.Available(
        survey.summary() + ", HIP " + hip(survey.version()),
        survey.devices(),
        versions,
        capabilities,
        notes);
  }

  private static void addNotesOnEnvironment(
      UnaryOperator<@Nullable String> environment, List<String> notes) {
    String queues = environment.apply("GPU_MAX_HW_QUEUES");
    if (queues != null && queues.matches("[0-9]")) {
      notes.add(
          "GPU_MAX_HW_QUEUES is "
              + queues
              + ": with more streams than that, one that waits may hold up another; leave it unset"
              + " or set it to 24");
    }
    String serial = environment.apply("AMD_SERIALIZE_KERNEL");
    if (serial != null && !serial.equals("0")) {
      notes.add("AMD_SERIALIZE_KERNEL is set: kernels that wait for each other will not end");
    }
  }

  private static String hip(int version) {
    return version / MAJOR + "." + version % MAJOR / MINOR;
  }

  private static Probe noDevice(String detail) {
    return new Probe.Unavailable(
        "there is no AMD GPU",
        detail,
        "see whether rocminfo lists one; in a container, pass /dev/kfd and /dev/dri; look at"
            + " HIP_VISIBLE_DEVICES and ROCR_VISIBLE_DEVICES, and at the groups render and video");
  }

  /** The JNI library of the bindings is not there, or does not load. */
  static Probe noBindings(String detail) {
    return new Probe.Unavailable(
        "the ROCm bindings cannot be used",
        detail,
        "build this project where g++ is, or take the published jar; Linux on x86-64 is"
            + " supported");
  }

  /**
   * Tells the ways apart in which the runtime can be missing.
   *
   * @param missing why the library is not loaded; empty when it is
   */
  static Probe noDriver(@Nullable Throwable failure, String missing) {
    String detail = String.valueOf(failure);
    if (!missing.isEmpty()) {
      return new Probe.Unavailable(
          "there is no ROCm",
          missing,
          "install ROCm 6.4 or newer, or name libamdhip64.so by -D"
              + RocmLibrary.HIP.property()
              + " or "
              + RocmLibrary.HIP.variable());
    }
    if (failure instanceof NativeException e && !BindingStatus.isOwn(e.status())) {
      if (e.status() == 100 || e.status() == 101) {
        return noDevice(detail);
      }
      String remedy = DriverStatus.remedy(e.status());
      return new Probe.Unavailable(
          "the HIP runtime cannot be used",
          detail,
          remedy.isEmpty() ? "see whether rocminfo works" : remedy);
    }
    return new Probe.Unavailable(
        "the HIP runtime cannot be used", detail, "see whether rocminfo works");
  }
}
