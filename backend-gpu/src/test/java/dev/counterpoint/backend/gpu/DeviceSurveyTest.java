package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.spi.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeviceSurveyTest {
  private final FakeDriver driver = new FakeDriver();
  private final List<String> notes = new ArrayList<>();

  private Set<Capability> capabilities() {
    return DeviceSurvey.of(driver).capabilities(GpuFixture.PLATFORM, false, notes);
  }

  @Test
  void devicesThatReachEachOther() {
    assertThat(capabilities())
        .contains(
            Capability.PEER_ACCESS,
            Capability.PEER_ALL_REDUCE,
            Capability.GEMM_FP8,
            Capability.BLOCK_SCALES)
        .doesNotContain(Capability.VENDOR_GEMM, Capability.GEMM_FP32_FULL);
    assertThat(notes).isEmpty();
    DeviceSurvey survey = DeviceSurvey.of(driver);
    assertThat(survey.summary()).isEqualTo("2 × Fake GPU");
    assertThat(survey.devices().get(1).architecture()).isEqualTo("sm_90");
    assertThat(survey.capabilities(GpuFixture.PLATFORM, true, notes))
        .contains(Capability.VENDOR_GEMM);
  }

  @Test
  void withoutAtomicsThereIsNoPeerAccess() {
    driver.atomics = false;
    assertThat(capabilities()).doesNotContain(Capability.PEER_ACCESS, Capability.PEER_ALL_REDUCE);
    assertThat(notes).anyMatch(n -> n.contains("no atomics") && n.contains("look at the links"));
    driver.peers = false;
    assertThat(capabilities()).doesNotContain(Capability.PEER_ACCESS);
    assertThat(notes).anyMatch(n -> n.contains("cannot address"));
  }

  @Test
  void anOldDeviceHasNoFp8() {
    driver.architecture = "sm_80";
    assertThat(capabilities()).doesNotContain(Capability.GEMM_FP8, Capability.BLOCK_SCALES);
    assertThat(notes).containsExactly("FP8 needs a newer device");
  }
}
