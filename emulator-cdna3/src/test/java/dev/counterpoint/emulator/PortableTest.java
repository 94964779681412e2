package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The same functions compiled for gfx942 and run here, and compiled by g++ for this machine: equal
 * bit for bit.
 */
@OnEmulatedDevice
class PortableTest {
  private static final int FUNCTIONS = 14;
  private static final int COUNT = 1024;

  @Test
  void functionsAgreeWithThisMachine() throws Exception {
    Script script =
        new Script()
            .add("module m %s", Llvm.compile("portable"))
            .zeros("out", 4L * FUNCTIONS * COUNT);
    script
        .add("launch 0 m portableAll 4 1 1 256 1 1 0 p:out i:%d", COUNT)
        .add("devsync")
        .download("out")
        .run()
        .mustSucceed();
    int[] out = script.ints("out");
    Process process = new ProcessBuilder(List.of(Script.program("portable").toString())).start();
    byte[] bytes = process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).isZero();
    ByteBuffer expected = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int k = 0; k < out.length; k++) {
      assertThat(out[k])
          .as("function %d of %d", k / COUNT, k % COUNT)
          .isEqualTo(expected.getInt(4 * k));
    }
  }
}
