package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.spi.SymmetricBuffer;
import org.junit.jupiter.api.Test;

class MemoryTest {
  @Test
  void memoryIsKeptWhileAnyRankWorksSincePeersMayUseIt() {
    try (GpuFixture f = new GpuFixture()) {
      SymmetricBuffer buffer = f.backend.heap().allocate("b", 512);
      long peer = ((GpuStream) f.stream(1)).handle();
      f.driver.held.add(peer);
      f.driver.take();
      buffer.close();
      f.memory(0, 16);
      assertThat(f.driver.take()).doesNotContain("free");
      f.driver.held.remove(peer);
      f.memory(0, 16);
      assertThat(f.driver.take()).contains("free");
    }
  }
}
