package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What stops a kernel: a HIP error, and a text with the kernel, the place and the instruction; the
 * process lives on.
 */
@OnEmulatedDevice
class FaultTest {
  private static String fault(String body, String... environment) {
    String object =
        Llvm.assemble("fault", Assembly.source(List.of("k"), List.of(Assembly.kernel("k", body))))
            .toString();
    Script script = new Script().add("module m %s", object).zeros("in", 2048).zeros("out", 1024);
    for (int k = 0; k < environment.length; k += 2) {
      script.environment(environment[k], environment[k + 1]);
    }
    script
        .add("launch 0 m k 1 1 1 64 1 1 0 p:in p:out")
        .add("devsync")
        .add("reset")
        .add("set 0 out 1 4")
        .add("devsync")
        .run();
    assertThat(script.errors())
        .as("one error, and the device works again after a reset")
        .hasSize(1);
    return script.errors().get(0);
  }

  @Test
  void anAddressBeyondItsAllocation() {
    assertThat(
            fault(
                "global_load_dword v20, v1, s[0:1] offset:4\nv_mov_b32_e32 v1, 0x800\nglobal_load_dword v20, v1, s[0:1]"))
        .startsWith("error hipErrorIllegalAddress: bad address")
        .contains(
            "k+0x", "global_load_dword v20, v1, s[0:1]", "work-group (0,0,0) wave 0 on device 0");
  }

  @Test
  void anUnalignedAddress() {
    assertThat(fault("global_load_dword v20, v1, s[0:1] offset:2")).contains("unaligned address");
  }

  @Test
  void anInstructionThatIsNotExecutedHere() {
    assertThat(fault("v_cubeid_f32 v20, v8, v9, v10"))
        .startsWith("error hipErrorLaunchFailure: instruction not executed")
        .contains("v_cubeid_f32 v20, v8, v9, v10");
    assertThat(fault(".long 0xfc000000")).contains("0xfc000000");
    assertThat(fault("v_mul_i32_i24_e64 v20, v8, v9 clamp")).contains("modifier");
  }

  @Test
  void aRegisterThatIsStillBeingLoaded() {
    assertThat(fault("global_load_dword v24, v1, s[0:1]\nv_mov_b32_e32 v20, v24"))
        .contains("v24 is the target of a load");
    assertThat(fault("s_load_dword s8, s[0:1], 0x0\ns_add_u32 s9, s8, 1"))
        .contains("s8 is the target of a load");
    assertThat(fault("ds_read_b32 v24, v1\nv_mov_b32_e32 v24, 0")).contains("v24", "overwritten");
  }

  /**
   * Loads return in order, so that a count above zero covers the older ones; scalar loads do not.
   */
  @Test
  void countsOfWhatMayBeOutstanding() {
    String three =
        "global_load_dword v24, v1, s[0:1]\nglobal_load_dword v25, v1, s[0:1]\nglobal_load_dword v26, v1, s[0:1]\n";
    assertThat(
            fault(
                three + "s_waitcnt vmcnt(1)\nv_add_u32_e32 v20, v24, v25\nv_mov_b32_e32 v20, v26"))
        .contains("v26 is the target");
    assertThat(
            fault(
                "s_load_dword s8, s[0:1], 0x0\ns_load_dword s9, s[0:1], 0x4\ns_waitcnt lgkmcnt(1)\ns_mov_b32 s10, s8"))
        .contains("s8 is the target");
  }

  @Test
  void aRegisterBeyondTheAllocation() {
    assertThat(fault("v_mov_b32_e32 v130, 0"))
        .contains("register beyond the kernel's allocation: v130");
  }

  @Test
  void localMemoryBeyondTheWorkGroups() {
    assertThat(fault("v_mov_b32_e32 v24, 0x1000\nds_write_b32 v24, v8"))
        .contains("LDS address 0x1000");
  }

  @Test
  void aStoreThatOvertakesAWriteBack() {
    assertThat(fault("buffer_wbl2 sc0 sc1\nglobal_store_dword v1, v8, s[2:3] sc0 sc1"))
        .contains("while a buffer_wbl2 is under way");
  }

  @Test
  void anInvalidateBeforeTheFlagHasArrived() {
    assertThat(
            fault(
                "global_load_dword v24, v1, s[0:1] sc0 sc1\nbuffer_inv sc0 sc1\ns_waitcnt vmcnt(0)"))
        .contains("buffer_inv before the load that it acquires for");
  }

  @Test
  void registersThatNobodySetWhenAskedFor() {
    assertThat(fault("v_mov_b32_e32 v20, v99", "HIPEMU_UNINITIALIZED", "1"))
        .contains("uninitialized read: v99");
  }

  @Test
  void memoryOfADeviceThatIsNoPeer() {
    Script script = new Script().add("device 1").zeros("flag", 64).add("device 0");
    script
        .add("module m %s", Llvm.compile("signal"))
        .add("launch 0 m raise 1 1 1 1 1 1 0 p:flag i:1")
        .add("devsync")
        .run();
    assertThat(script.errors()).singleElement().asString().contains("device 0 has no peer access");
  }

  @Test
  void atomicsOfDeviceScopeOnMemoryOfAPeer() {
    String body = "v_mov_b32_e32 v24, 0\nglobal_atomic_add v24, v8, s[2:3]";
    String object =
        Llvm.assemble("scope", Assembly.source(List.of("k"), List.of(Assembly.kernel("k", body))))
            .toString();
    Script script =
        new Script()
            .add("device 1")
            .zeros("out", 1024)
            .add("peer 0 1")
            .add("device 0")
            .zeros("in", 2048);
    script
        .add("module m %s", object)
        .add("launch 0 m k 1 1 1 64 1 1 0 p:in p:out")
        .add("devsync")
        .run();
    assertThat(script.errors())
        .singleElement()
        .asString()
        .contains("atomic of device scope", "memory of another device");
  }
}
