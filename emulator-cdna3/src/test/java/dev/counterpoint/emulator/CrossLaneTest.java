package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Moves between lanes, LDS and atomics: what each lane gets is computed from which lane it should
 * have come.
 */
@OnEmulatedDevice
class CrossLaneTest {
  private static final int UNCHANGED = -2;
  private static final int ZERO = -1;

  private record Case(String body, IntUnaryOperator source) {}

  private static Case dpp(String control, IntUnaryOperator source) {
    return new Case("v_mov_b32_e32 v20, v9\nv_mov_b32_dpp v20, v8 " + control, source);
  }

  /** Lane l holds 1000 + l in v8, 5000 + l in v9 and 4 · (63 − l) in v10. */
  private static int[] input() {
    int[] values = new int[64 * Assembly.INPUTS];
    for (int lane = 0; lane < 64; lane++) {
      values[lane * Assembly.INPUTS] = 1000 + lane;
      values[lane * Assembly.INPUTS + 1] = 5000 + lane;
      values[lane * Assembly.INPUTS + 2] = 4 * (63 - lane);
    }
    return values;
  }

  @Test
  void eachLaneReadsTheLaneThatTheControlNames() {
    String all = " row_mask:0xf bank_mask:0xf";
    List<Case> cases = new ArrayList<>();
    cases.add(dpp("quad_perm:[3,2,1,0]" + all, l -> l ^ 3));
    cases.add(dpp("quad_perm:[1,1,3,3]" + all, l -> l | 1));
    cases.add(dpp("row_shl:1" + all, l -> l % 16 < 15 ? l + 1 : UNCHANGED));
    cases.add(dpp("row_shl:3" + all + " bound_ctrl:1", l -> l % 16 < 13 ? l + 3 : ZERO));
    cases.add(dpp("row_shr:2" + all + " bound_ctrl:1", l -> l % 16 >= 2 ? l - 2 : ZERO));
    cases.add(dpp("row_ror:4" + all, l -> l & 48 | (l - 4 & 15)));
    cases.add(dpp("row_mirror" + all, l -> l ^ 15));
    cases.add(dpp("row_half_mirror" + all, l -> l ^ 7));
    cases.add(dpp("row_newbcast:5" + all, l -> l & 48 | 5));
    cases.add(
        dpp(
            "row_bcast:15 row_mask:0xa bank_mask:0xf",
            l -> l / 16 % 2 == 1 ? (l & 48) - 1 : UNCHANGED));
    cases.add(dpp("row_bcast:31 row_mask:0xc bank_mask:0xf", l -> l >= 32 ? 31 : UNCHANGED));
    cases.add(
        dpp("quad_perm:[0,1,2,3] row_mask:0xf bank_mask:0x5", l -> l / 4 % 2 == 0 ? l : UNCHANGED));
    cases.add(new Case("ds_bpermute_b32 v20, v10, v8\ns_waitcnt lgkmcnt(0)", l -> 63 - l));
    cases.add(new Case("ds_permute_b32 v20, v10, v8\ns_waitcnt lgkmcnt(0)", l -> 63 - l));
    cases.add(
        new Case(
            "ds_swizzle_b32 v20, v8 offset:swizzle(SWAP,16)\ns_waitcnt lgkmcnt(0)", l -> l ^ 16));
    cases.add(
        new Case(
            "ds_swizzle_b32 v20, v8 offset:swizzle(REVERSE,8)\ns_waitcnt lgkmcnt(0)", l -> l ^ 7));
    cases.add(
        new Case(
            "ds_swizzle_b32 v20, v8 offset:swizzle(BROADCAST,4,2)\ns_waitcnt lgkmcnt(0)",
            l -> l & ~3 | 2));
    cases.add(new Case("v_readlane_b32 s8, v8, 17\nv_mov_b32_e32 v20, s8", l -> 17));
    cases.add(new Case("v_readfirstlane_b32 s8, v8\nv_mov_b32_e32 v20, s8", l -> 0));
    run("lanes", cases);
  }

  @Test
  void localMemoryKeepsWhatWasWritten() {
    List<Case> cases = new ArrayList<>();
    // v10 is the byte address 4 · (63 − lane): what lane l wrote, lane 63 − l finds at its own
    // index.
    String ownIndex = "v_lshlrev_b32_e32 v11, 2, v0\n";
    String wait = "\ns_waitcnt lgkmcnt(0)\n";
    cases.add(
        new Case(ownIndex + "ds_write_b32 v10, v8" + wait + "ds_read_b32 v20, v11", l -> 63 - l));
    cases.add(
        new Case(
            "v_lshlrev_b32_e32 v11, 3, v0\nds_write_b64 v11, v[8:9] offset:16"
                + wait
                + "ds_read_b32 v20, v11 offset:16",
            l -> l));
    cases.add(
        new Case(
            "v_lshlrev_b32_e32 v11, 2, v0\nds_write2st64_b32 v11, v9, v8 offset1:1"
                + wait
                + "ds_read_b32 v20, v11 offset:256",
            l -> l));
    cases.add(
        new Case(
            "v_lshlrev_b32_e32 v11, 4, v0\nv_mov_b32_e32 v12, v8\nv_mov_b32_e32 v13, v9\nv_mov_b32_e32 v14, v9\nv_mov_b32_e32 v15, v8\n"
                + "ds_write_b128 v11, v[12:15]"
                + wait
                + "ds_read2_b64 v[24:27], v11 offset1:1"
                + wait
                + "v_mov_b32_e32 v20, v27",
            l -> l));
    run("lds", cases);
  }

  private static void run(String name, List<Case> cases) {
    List<String> names = new ArrayList<>();
    List<String> kernels = new ArrayList<>();
    for (int k = 0; k < cases.size(); k++) {
      names.add("case" + k);
      kernels.add(Assembly.kernel("case" + k, cases.get(k).body()));
    }
    Script script =
        new Script().add("module m %s", Llvm.assemble(name, Assembly.source(names, kernels)));
    script.upload("in", input()).zeros("out", 1024L * cases.size());
    for (int k = 0; k < cases.size(); k++) {
      script.add("launch 0 m case%d 1 1 1 64 1 1 0 p:in p:out+%d", k, 1024 * k).add("devsync");
    }
    script.download("out").run().mustSucceed();
    int[] out = script.ints("out");
    for (int k = 0; k < cases.size(); k++) {
      for (int lane = 0; lane < 64; lane++) {
        int source = cases.get(k).source().applyAsInt(lane);
        int expected = source == UNCHANGED ? 5000 + lane : source == ZERO ? 0 : 1000 + source;
        assertThat(out[256 * k + 4 * lane])
            .as("lane %d of %s", lane, cases.get(k).body())
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void readModifyWriteGivesTheOldValueAndStoresTheNew() {
    // All lanes on one word of the output buffer's first line; the old values are a permutation.
    String body =
        """
        v_mov_b32_e32 v24, 0
        v_mov_b32_e32 v25, 1
        global_atomic_add v26, v24, v25, s[2:3] offset:2048 sc0
        s_waitcnt vmcnt(0)
        v_mov_b32_e32 v20, v26
        global_atomic_smax v24, v8, s[2:3] offset:2052
        global_atomic_xor v24, v8, s[2:3] offset:2056
        v_mov_b32_e32 v28, 0
        v_mov_b32_e32 v27, 1
        v_mov_b32_e32 v29, 0
        global_atomic_add_x2 v24, v[28:29], s[2:3] offset:2064
        v_mov_b32_e32 v30, 77
        v_mov_b32_e32 v31, 0
        global_atomic_cmpswap v24, v[30:31], s[2:3] offset:2072
        """;
    Script script = new Script();
    script.add(
        "module m %s",
        Llvm.assemble(
            "atomic", Assembly.source(List.of("k"), List.of(Assembly.kernel("k", body)))));
    script.upload("in", input()).zeros("out", 4096);
    script
        .add("launch 0 m k 1 1 1 64 1 1 0 p:in p:out")
        .add("devsync")
        .download("out")
        .run()
        .mustSucceed();
    int[] out = script.ints("out");
    List<Integer> old = new ArrayList<>();
    int xor = 0;
    for (int lane = 0; lane < 64; lane++) {
      old.add(out[4 * lane]);
      xor ^= 1000 + lane;
    }
    assertThat(old).doesNotHaveDuplicates().allMatch(value -> value >= 0 && value < 64);
    assertThat(out[512]).isEqualTo(64);
    assertThat(out[513]).isEqualTo(1063);
    assertThat(out[514]).isEqualTo(xor);
    assertThat(out[516]).isZero();
    assertThat(out[518]).isEqualTo(77);
  }
}
