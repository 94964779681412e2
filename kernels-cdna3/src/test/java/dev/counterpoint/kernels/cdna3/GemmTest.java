package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.OnEmulatedDevice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The GEMM without hooks: all types, layouts and tiles, awkward shapes, the epilogue. */
@OnEmulatedDevice
class GemmTest {
  static final List<Element> OUTPUTS = List.of(Element.BF16, Element.FP16, Element.FP32);

  /** All of them in one run of the device, each against Java. */
  private static void verify(List<GemmSpec> specs) {
    KernelScript script = new KernelScript();
    List<Gemm> gemms = new ArrayList<>();
    for (GemmSpec spec : specs) {
      Gemm gemm = new Gemm(spec, "g" + gemms.size(), gemms.size() + 1L).prepare(script);
      gemm.launch(script, "0", gemm.parameters());
      script.add("devsync").download(gemm.name + "D");
      gemms.add(gemm);
    }
    script.run();
    for (Gemm gemm : gemms) {
      gemm.verify(script.bytes(gemm.name + "D"));
    }
  }

  /** More than one tile each way, whole and ragged, and several panels of K. */
  @ParameterizedTest
  @EnumSource(names = "INT32", mode = EnumSource.Mode.EXCLUDE)
  void everyEntry(Element input) {
    List<GemmSpec> specs = new ArrayList<>();
    for (boolean alongK : new boolean[] {true, false}) {
      for (int tile = 0; tile < TileConfig.ALL.size(); tile++) {
        TileConfig shape = TileConfig.ALL.get(tile);
        GemmSpec ragged = new GemmSpec().in(input).alongK(alongK).tile(tile).pad(16);
        specs.add(ragged.shape(shape.rows() + 7, shape.cols() + 16, 4 * input.panel() + 12));
        GemmSpec whole = new GemmSpec().in(input).alongK(alongK).tile(tile).grid(1);
        specs.add(whole.shape(shape.rows(), 2 * shape.cols(), 5 * input.panel()));
      }
    }
    verify(specs);
  }

  /** Alignments from sixteen bytes down to one element, shapes that divide nothing. */
  @ParameterizedTest
  @EnumSource(names = "INT32", mode = EnumSource.Mode.EXCLUDE)
  void awkwardShapes(Element input) {
    int[][] shapes = {
      {1, 1, 1}, {1, 1, 0}, {13, 17, 19}, {127, 129, 131}, {3, 257, 67},
      {129, 1, 65}, {0, 5, 5}, {65, 8, 1}, {16, 128, 64}, {33, 250, 129}
    };
    List<GemmSpec> specs = new ArrayList<>();
    for (int[] shape : shapes) {
      for (int variant = 0; variant < 3; variant++) {
        int pad = new int[] {0, 1, 4}[variant];
        int offset = (variant + shape[0]) % 3;
        boolean alongK = (shape[1] + variant) % 2 == 0;
        for (boolean layout : new boolean[] {alongK, !alongK}) {
          GemmSpec spec = new GemmSpec().in(input).alongK(layout).pad(pad).offset(offset);
          if (input != Element.INT8) {
            spec.out(OUTPUTS.get((variant + shape[2]) % 3));
          }
          spec.tile((shape[0] + pad + offset) % TileConfig.ALL.size());
          specs.add(spec.shape(shape[0], shape[1], shape[2]));
        }
      }
    }
    verify(specs);
  }

  @Test
  void epilogues() {
    List<GemmSpec> specs = new ArrayList<>();
    for (int mask = 0; mask < 16; mask++) {
      GemmSpec spec = new GemmSpec().out(OUTPUTS.get(mask % 3)).tile(mask % 5).pad(mask % 5);
      spec.shape(70, 137 + mask % 3 * 7, 72).splits(1 + mask % 3);
      spec.alpha = (mask & 1) != 0 ? 0.75f : 1;
      spec.beta = (mask & 2) != 0 ? -1.5f : 0;
      spec.bias = (mask & 4) != 0;
      spec.scales = (mask & 8) != 0;
      spec.windowFirst = mask * 3;
      spec.windowRows = 20 + mask;
      specs.add(spec);
    }
    GemmSpec integers = new GemmSpec().in(Element.INT8).shape(70, 90, 300);
    integers.beta = 1;
    integers.bias = true;
    integers.windowRows = 33;
    specs.add(integers);
    verify(specs);
  }

  /** Orders, grids and chaos do not change a bit of the result. */
  @Test
  void repeatable() {
    byte[] first = null;
    for (int seed = 1; seed <= 3; seed++) {
      KernelScript script = new KernelScript();
      script.script.environment("HIPEMU_CHAOS", String.valueOf(seed * 7919));
      GemmSpec spec = new GemmSpec().tile(2).shape(150, 300, 700).splits(4);
      Gemm gemm = new Gemm(spec, "g", 1).prepare(script);
      for (int launch = 0; launch < 3; launch++) {
        spec.grid = 1 + 7 * launch * seed;
        Parameters p = gemm.parameters().set("rasterRows", 1 + launch);
        gemm.launch(script, "0", p);
        script.add("devsync").add("download gD %s", script.script.file("out" + launch));
      }
      script.download("gD").run();
      byte[] got = script.bytes("gD");
      for (int launch = 0; launch < 3; launch++) {
        assertThat(script.script.file("out" + launch)).hasBinaryContent(got);
      }
      if (first == null) {
        gemm.verify(got);
        first = got;
      }
      assertThat(got).isEqualTo(first);
    }
  }
}
