package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.DeviceMemoryException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.backend.host.HostBackendProvider;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Transport;
import dev.counterpoint.spi.support.Resources;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class HostBackendTest {
  @Test
  void theProviderIsFoundAndAvailable() {
    assertThat(ServiceLoader.load(BackendProvider.class))
        .anyMatch(provider -> provider instanceof HostBackendProvider);
    assertThat(new HostBackendProvider().probe())
        .isInstanceOfSatisfying(
            Probe.Available.class,
            yes -> {
              assertThat(yes.capabilities()).containsExactlyInAnyOrder(Capability.values());
              assertThat(yes.devices()).hasSize(4).allMatch(device -> device.emulated());
            });
  }

  @Test
  void symmetricMemoryIsZeroedAlignedAndCounted() {
    try (HostFixture host = HostFixture.open(3)) {
      try (SymmetricBuffer buffer = host.backend.heap().allocate("b", 1000)) {
        assertThat(host.backend.heap().allocatedBytes()).isEqualTo(1000);
        for (int rank = 0; rank < 3; rank++) {
          assertThat(buffer.at(rank)).isSameAs(buffer.at(rank));
          assertThat(buffer.at(rank).address() % 256).isZero();
          assertThat(host.bytes(buffer.at(rank), 0, 1000)).containsOnly(0);
        }
      }
      assertThat(host.backend.heap().allocatedBytes()).isZero();
      host.backend.heap().allocate("empty", 0).close();
      assertThatThrownBy(() -> host.backend.heap().allocate("b", -1))
          .isInstanceOf(InvalidArgumentException.class);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheNumbers() {
    try (HostFixture host = HostFixture.open(2)) {
      for (long bytes : new long[] {1L << 42, Long.MAX_VALUE}) {
        assertThatThrownBy(() -> host.backend.device(0).allocate(bytes))
            .isInstanceOfSatisfying(
                DeviceMemoryException.class, e -> assertThat(e.requestedBytes()).isEqualTo(bytes))
            .hasMessageContaining(String.valueOf(bytes))
            .hasMessageContaining("available");
        assertThatThrownBy(() -> host.backend.heap().allocate("huge", bytes))
            .isInstanceOf(DeviceMemoryException.class);
      }
      host.backend.device(0).allocate(16).close();
    }
  }

  @Test
  void uploadsTakeEveryKindOfBuffer() {
    try (HostFixture host = HostFixture.open(1)) {
      DeviceMemory memory = host.allocate(0, 16);
      ByteBuffer heap = ByteBuffer.wrap(new byte[] {9, 1, 2, 3, 4, 9}).position(1).limit(5).slice();
      ByteBuffer direct =
          ByteBuffer.allocateDirect(8).put(2, (byte) 5).put(3, (byte) 6).position(2).limit(4);
      host.backend.device(0).upload(memory, 0, heap);
      host.backend.device(0).upload(memory, 4, direct);
      host.backend
          .device(0)
          .upload(memory, 6, ByteBuffer.wrap(new byte[] {7, 8}).asReadOnlyBuffer());
      ByteBuffer back = ByteBuffer.allocateDirect(8);
      host.backend.device(0).download(memory, 0, back);
      byte[] bytes = new byte[8];
      back.flip().get(bytes);
      assertThat(bytes).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
      assertThat(direct.remaining()).isZero();
    }
  }

  @Test
  void transfersMoveExactlyTheirBytes() {
    for (String link : new String[] {"", "100MB/s"}) {
      try (HostFixture host =
          link.isEmpty() ? HostFixture.open(2) : HostFixture.open(2, "host.link", link)) {
        DeviceMemory source = host.upload(0, DType.INT8, HostFixture.random(DType.INT8, 70_000, 1));
        DeviceMemory target = host.upload(1, DType.INT8, new float[70_003]);
        var transfers = host.backend.transfers();
        transfers.put(host.stream(0), source, 1, target, 2, 69_999, Transport.AUTO);
        host.synchronize();
        assertThat(host.bytes(target, 2, 69_999)).isEqualTo(host.bytes(source, 1, 69_999));
        assertThat(host.bytes(target, 0, 2)).containsOnly(0);
        assertThat(host.bytes(target, 70_001, 2)).containsOnly(0);
        DeviceMemory rows = host.upload(0, DType.INT8, new float[100]);
        transfers.put2d(host.stream(0), source, 0, 10, rows, 5, 20, 3, 4, Transport.COMPUTE);
        transfers.get(host.stream(0), target, 2, rows, 80, 20, Transport.COPY_ENGINE);
        host.synchronize();
        for (int row = 0; row < 4; row++) {
          assertThat(host.bytes(rows, 5 + row * 20L, 3))
              .isEqualTo(host.bytes(source, row * 10L, 3));
        }
        assertThat(host.bytes(rows, 80, 20)).isEqualTo(host.bytes(source, 1, 20));
        assertThatThrownBy(
                () -> transfers.put(host.stream(0), source, 1, target, 0, 70_000, Transport.AUTO))
            .isInstanceOf(InvalidArgumentException.class)
            .hasMessageContaining("source");
      }
    }
  }

  @Test
  void whatWasNotClosedIsReportedWithItsSite() {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setProperty(Resources.LEAKS, "full");
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (HostFixture host = HostFixture.open(1)) {
      host.backend.heap().allocate("forgotten", 64);
    } finally {
      System.setErr(before);
      System.clearProperty(Resources.LEAKS);
    }
    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains("symmetric buffer 'forgotten' of 64 bytes per rank, created here:")
        .contains("HostBackendTest.whatWasNotClosedIsReportedWithItsSite");
  }

  @Test
  void twoBackendsDoNotSeeEachOther() {
    try (HostFixture first = HostFixture.open(1);
        HostFixture second = HostFixture.open(1)) {
      first.backend.abort("mine");
      assertThat(second.backend.fault()).isEmpty();
      second.synchronize();
      var words = first.backend.signals().allocate("w", 1);
      assertThatThrownBy(() -> second.backend.signals().add(second.stream(0), words, 0, 0, 1))
          .isInstanceOf(InvalidArgumentException.class);
      words.close();
    }
  }
}
