package dev.counterpoint.emulator;

import java.util.List;

/**
 * Kernels written in assembly for one instruction each. A kernel gets eight dwords per lane in v8
 * to v15 and gives back v20 to v23; s0 and s1 hold the address of the input, s2 and s3 that of the
 * output.
 */
final class Assembly {
  static final int INPUTS = 8;
  static final int OUTPUTS = 4;

  private Assembly() {}

  static String kernel(String name, String body) {
    return """
        .text
        .globl %1$s
        .p2align 8
        .type %1$s,@function
        %1$s:
          s_load_dwordx4 s[0:3], s[0:1], 0x0
          v_and_b32_e32 v0, 0x3ff, v0
          v_lshlrev_b32_e32 v1, 5, v0
          v_lshlrev_b32_e32 v2, 4, v0
          s_waitcnt lgkmcnt(0)
          global_load_dwordx4 v[8:11], v1, s[0:1]
          global_load_dwordx4 v[12:15], v1, s[0:1] offset:16
          v_mov_b32_e32 v20, 0
          v_mov_b32_e32 v21, 0
          v_mov_b32_e32 v22, 0
          v_mov_b32_e32 v23, 0
          s_waitcnt vmcnt(0)
        %2$s
          s_waitcnt vmcnt(0) lgkmcnt(0)
          global_store_dwordx4 v2, v[20:23], s[2:3]
          s_endpgm
        .Lend_%1$s:
          .size %1$s, .Lend_%1$s-%1$s
        .rodata
        .p2align 6
        .amdhsa_kernel %1$s
          .amdhsa_next_free_vgpr 256
          .amdhsa_next_free_sgpr 100
          .amdhsa_accum_offset 128
          .amdhsa_float_denorm_mode_32 3
          .amdhsa_user_sgpr_kernarg_segment_ptr 1
          .amdhsa_user_sgpr_count 2
          .amdhsa_group_segment_fixed_size 4096
        .end_amdhsa_kernel
        """
        .formatted(name, body.indent(2));
  }

  /**
   * The same for a scalar instruction: lane by lane, s8 to s15 in, s20 to s23 and SCC (to v23) out.
   */
  static String scalarKernel(String name, String instruction) {
    StringBuilder body = new StringBuilder("s_mov_b32 s40, 0\n.Lloop_" + name + ":\n");
    for (int k = 0; k < INPUTS; k++) {
      body.append("v_readlane_b32 s%d, v%d, s40\n".formatted(8 + k, 8 + k));
    }
    body.append("s_mov_b64 s[20:21], 0\n").append(instruction).append('\n');
    body.append("s_cselect_b32 s23, 1, 0\ns_mov_b32 m0, s40\n");
    for (int k : new int[] {20, 21, 23}) {
      body.append("v_writelane_b32 v%d, s%d, m0\n".formatted(k, k));
    }
    body.append("s_add_u32 s40, s40, 1\ns_cmp_lt_u32 s40, 64\ns_cbranch_scc1 .Lloop_" + name);
    return kernel(name, body.toString());
  }

  /** Code and metadata of some kernels as one source. */
  static String source(List<String> names, List<String> kernels) {
    StringBuilder text = new StringBuilder(".amdgcn_target \"amdgcn-amd-amdhsa--gfx942\"\n");
    kernels.forEach(text::append);
    text.append(".amdgpu_metadata\n---\namdhsa.version: [1, 2]\namdhsa.kernels:\n");
    for (String name : names) {
      text.append(
          """
            - .name: %1$s
              .symbol: %1$s.kd
              .kernarg_segment_size: 16
              .kernarg_segment_align: 8
              .group_segment_fixed_size: 4096
              .private_segment_fixed_size: 0
              .wavefront_size: 64
              .sgpr_count: 100
              .vgpr_count: 256
              .max_flat_workgroup_size: 64
              .args:
                - { .size: 8, .offset: 0, .value_kind: global_buffer, .address_space: global }
                - { .size: 8, .offset: 8, .value_kind: global_buffer, .address_space: global }
          """
              .formatted(name));
    }
    return text.append("...\n.end_amdgpu_metadata\n").toString();
  }
}
