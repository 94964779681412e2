package dev.counterpoint.backend.rocm.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.NativeException;
import dev.counterpoint.backend.gpu.DeviceSurvey;
import dev.counterpoint.backend.gpu.KernelStore;
import dev.counterpoint.backend.gpu.Platform;
import dev.counterpoint.backend.rocm.RocmBackendProvider;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Bootstrap;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuProbeTest {
  private static final Platform PLATFORM = new RocmPlatform();
  private static final int VERSION = 60_443_484;
  private static final GpuProbe.Libraries ALL =
      new GpuProbe.Libraries("libamdhip64.so.6", "2.22.3", "", "0.12.0", "");

  @TempDir Path kernels;
  private final Map<String, String> environment = new HashMap<>();
  private DeviceSurvey survey =
      new DeviceSurvey(VERSION, List.of(device(0, "gfx942"), device(1, "gfx942")), null);

  private static DeviceInfo device(int index, String architecture) {
    return new DeviceInfo(index, "Fake Instinct", architecture, 1 << 30, 304, false);
  }

  @BeforeEach
  void kernels() throws IOException {
    Files.writeString(
        kernels.resolve("manifest.json"),
        "{\"kernels\": [{\"entry\": \"put\", \"file\": \"companions.hsaco\", \"arch\": \"gfx942\"}]}");
    Files.write(kernels.resolve("companions.hsaco"), new byte[] {1});
  }

  private Probe probe(GpuProbe.Libraries libraries) {
    return GpuProbe.probe(
        survey,
        KernelStore.of(PLATFORM, kernels.toString(), "off", () -> null),
        libraries,
        environment::get);
  }

  private static Probe.Unavailable refused(Probe probe) {
    assertThat(probe).isInstanceOf(Probe.Unavailable.class);
    Probe.Unavailable no = (Probe.Unavailable) probe;
    assertThat(no.reason()).isNotBlank();
    assertThat(no.remedy()).isNotBlank();
    return no;
  }

  @Test
  void theProviderIsFoundAndItsProbeNeverThrowsAndAnswersAgain() {
    BackendProvider provider =
        ServiceLoader.load(BackendProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(RocmBackendProvider.class::isInstance)
            .findFirst()
            .orElseThrow();
    assertThat(provider.name()).isEqualTo("rocm");
    Probe first = provider.probe();
    assertThat(provider.probe()).isEqualTo(first);
  }

  @Test
  void aMisspeltOptionIsRefusedEvenWithoutADevice() {
    BackendOptions options =
        new BackendOptions(
            0, Bootstrap.singleProcess(), Duration.ofSeconds(1), Map.of("rocm.device", "0"));
    assertThatThrownBy(() -> new RocmBackendProvider().open(options))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("rocm.devices");
  }

  @Test
  void everythingThere() {
    Probe.Available yes = (Probe.Available) probe(ALL);
    assertThat(yes.summary()).isEqualTo("2 × Fake Instinct, HIP 6.4");
    assertThat(yes.versions())
        .containsEntry("HIP", "6.4")
        .containsEntry("RCCL", "2.22.3")
        .containsKey("kernels");
    assertThat(yes.capabilities())
        .contains(
            Capability.PEER_ACCESS,
            Capability.VENDOR_GEMM,
            Capability.GEMM_FP8,
            Capability.GEMM_FP32_FULL);
    assertThat(yes.notes()).isEmpty();
  }

  @Test
  void noVendorGemm() {
    Probe.Available yes =
        (Probe.Available)
            probe(new GpuProbe.Libraries("", "2.22.3", "", null, "libhipblaslt cannot be loaded"));
    assertThat(yes.capabilities()).doesNotContain(Capability.VENDOR_GEMM);
    assertThat(yes.notes())
        .singleElement()
        .asString()
        .contains("hipBLASLt was not found", "libhipblaslt cannot be loaded");
  }

  @Test
  void anEmulatedDeviceIsSaidToBeOne() {
    DeviceInfo emulated = new DeviceInfo(0, "gfx942 (emulated)", "gfx942", 1 << 30, 16, true);
    survey = new DeviceSurvey(VERSION, List.of(emulated), null);
    Probe.Available yes = (Probe.Available) probe(ALL);
    assertThat(yes.summary()).contains("(emulated)");
    assertThat(yes.notes()).anyMatch(n -> n.contains("emulated in software"));
  }

  @Test
  void variablesThatHarmAreNoted() {
    environment.put("GPU_MAX_HW_QUEUES", "2");
    environment.put("AMD_SERIALIZE_KERNEL", "3");
    Probe.Available yes = (Probe.Available) probe(ALL);
    assertThat(yes.notes())
        .anyMatch(n -> n.contains("GPU_MAX_HW_QUEUES is 2"))
        .anyMatch(n -> n.contains("AMD_SERIALIZE_KERNEL"));
  }

  @Test
  void anOldRuntime() {
    survey = new DeviceSurvey(50_221_153, survey.devices(), null);
    Probe.Unavailable no = refused(probe(ALL));
    assertThat(no.reason()).isEqualTo("ROCm is too old");
    assertThat(no.detail()).contains("libamdhip64.so.6 is HIP 5.2").contains("6.4");
  }

  @Test
  void noDevice() {
    survey = new DeviceSurvey(VERSION, List.of(), null);
    assertThat(refused(probe(ALL)).reason()).isEqualTo("there is no AMD GPU");
    Throwable failure = new NativeException("hipInit", 100, "hipErrorNoDevice", "", "");
    assertThat(refused(GpuProbe.noDriver(failure, "")).reason()).isEqualTo("there is no AMD GPU");
  }

  @Test
  void anotherArchitecture() {
    survey = new DeviceSurvey(VERSION, List.of(device(0, "gfx90x")), null);
    Probe.Unavailable no = refused(probe(ALL));
    assertThat(no.detail()).contains("device 0, Fake Instinct, is gfx90x");
    assertThat(no.remedy()).contains("gfx942");
  }

  @Test
  void noRccl() {
    Probe.Unavailable no =
        refused(probe(new GpuProbe.Libraries("", null, "librccl cannot be loaded (…)", null, "")));
    assertThat(no.reason()).isEqualTo("RCCL was not found");
    assertThat(no.detail()).contains("librccl cannot be loaded");
    assertThat(no.remedy()).contains("counterpoint.rocm.rccl");
  }

  @Test
  void noKernels() throws IOException {
    Files.delete(kernels.resolve("companions.hsaco"));
    Probe.Unavailable no = refused(probe(ALL));
    assertThat(no.reason()).isEqualTo("there are no kernels for a device");
    assertThat(no.detail()).contains("does not hold it");
    Files.delete(kernels.resolve("manifest.json"));
    no = refused(probe(ALL));
    assertThat(no.reason()).isEqualTo("the kernels are missing");
    assertThat(no.remedy()).contains("counterpoint-kernels-cdna3");
  }

  @Test
  void theWaysToMissTheRuntimeAreToldApart() {
    assertThat(refused(GpuProbe.noBindings("built without g++")).detail()).contains("g++");
    Probe.Unavailable no = refused(GpuProbe.noDriver(null, "libamdhip64 cannot be loaded (…)"));
    assertThat(no.reason()).isEqualTo("there is no ROCm");
    assertThat(no.remedy()).contains("-Dcounterpoint.rocm.hip");
    no = refused(GpuProbe.noDriver(new NativeException("hipInit", 999, "x", "", ""), ""));
    assertThat(no.reason()).isEqualTo("the HIP runtime cannot be used");
  }
}
