package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Bootstrap;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class CollectivesTest {
  /** Notes its calls; what it enqueues is held by the fake driver's held streams. */
  private static final class FakeLibrary implements CollectiveLibrary {
    final List<String> calls = new CopyOnWriteArrayList<>();
    final CountDownLatch aborted = new CountDownLatch(1);

    @Override
    public String version() {
      return "fake 1";
    }

    @Override
    public long firstUseBytes() {
      return 16;
    }

    @Override
    public void connect(IntConsumer use, long[] streams, long[] memory) {
      assertThat(streams).hasSameSizeAs(memory);
      calls.add("connect");
    }

    @Override
    public boolean sums(DType dtype) {
      return true;
    }

    @Override
    public void allGather(int rank, long s, long r, long count, DType dtype, long stream) {
      calls.add("allGather " + rank + " " + count);
    }

    @Override
    public void allToAllV(int rank, long s, long r, Splits counts, DType dtype, long stream) {
      calls.add("allToAllV " + rank + " " + counts);
    }

    @Override
    public void sendReceive(
        int rank, int target, long s, int source, long r, long count, DType dtype, long stream) {
      calls.add("sendReceive " + rank + " to " + target + " from " + source);
    }

    @Override
    public void reduceScatter(int rank, long s, long r, long count, DType dtype, long stream) {
      calls.add("reduceScatter " + rank + " " + count);
    }

    @Override
    public void allReduce(int rank, long s, long r, long count, DType dtype, long stream) {
      calls.add("allReduce " + rank + " " + count);
    }

    @Override
    public void broadcast(
        int rank, int root, long s, long r, long count, DType dtype, long stream) {
      calls.add("broadcast " + rank + " from " + root + (s == r ? " in place" : ""));
    }

    @Override
    public void allToAll(int rank, long s, long r, long count, DType dtype, long stream) {
      calls.add("allToAll " + rank + " " + count);
    }

    @Override
    public void abort() {
      aborted.countDown();
    }

    @Override
    public void close() {
      calls.add("close");
    }
  }

  private final FakeDriver driver = new FakeDriver();
  private final FakeLibrary library = new FakeLibrary();

  private GpuBackend open(Duration wait) {
    BackendOptions options = new BackendOptions(0, Bootstrap.singleProcess(), wait, Map.of());
    return GpuSetup.open(
        GpuFixture.PLATFORM,
        GpuOptions.parse(GpuFixture.PLATFORM, options, 2),
        driver,
        GpuFixture.kernels(GpuFixture.PLATFORM.code()),
        null,
        () -> library);
  }

  /** Rank 0 has one element for rank 1, and rank 1 two for rank 0. */
  private static final Splits COUNTS = Splits.of(new long[][] {{0, 1}, {2, 0}});

  private static DeviceMemory memory(GpuBackend backend, int rank, int bytes) {
    return backend.device(rank).allocate(bytes).memory();
  }

  @Test
  void callsReachTheLibraryAndCountZeroDoesNot() {
    try (GpuBackend backend = open(Duration.ofSeconds(5))) {
      Collectives all = backend.collectives();
      for (int rank = 0; rank < 2; rank++) {
        Stream s = backend.device(rank).newStream("s", 0);
        DeviceMemory m = memory(backend, rank, 1024);
        all.allGather(s, m, 0, m, 0, 8, DType.FP32);
        all.reduceScatter(s, m, 0, m, 0, 8, DType.BF16);
        all.allReduce(s, m, 0, m, 0, 0, DType.FP32);
        all.broadcast(s, 1, m, 0, m, 512, 8, DType.FP32);
        all.allToAll(s, m, 0, m, 512, 4, DType.FP32);
        all.sendReceive(s, 1 - rank, m, 0, 1 - rank, m, 512, 4, DType.FP32);
        all.allToAllV(s, m, 0, m, 512, COUNTS, DType.FP32);
        all.allToAllV(s, m, 0, m, 512, COUNTS.times(0), DType.FP32);
        assertThatThrownBy(() -> all.sendReceive(s, 2, m, 0, 0, m, 512, 4, DType.FP32))
            .isInstanceOf(InvalidArgumentException.class)
            .hasMessageContaining("target");
        assertThatThrownBy(() -> all.allGather(s, m, 0, m, 0, 200, DType.FP32))
            .isInstanceOf(InvalidArgumentException.class)
            .hasMessageContaining("receive");
        assertThatThrownBy(() -> all.allReduce(s, m, 0, m, 0, -1, DType.FP32))
            .isInstanceOf(InvalidArgumentException.class);
      }
      assertThat(library.calls)
          .containsExactly(
              "connect",
              "allGather 0 8",
              "reduceScatter 0 8",
              "broadcast 0 from 1 in place",
              "allToAll 0 4",
              "sendReceive 0 to 1 from 1",
              "allToAllV 0 [0, 1]; [2, 0]",
              "allGather 1 8",
              "reduceScatter 1 8",
              "broadcast 1 from 1",
              "allToAll 1 4",
              "sendReceive 1 to 0 from 0",
              "allToAllV 1 [0, 1]; [2, 0]");
    }
    assertThat(library.calls).endsWith("close");
    assertThat(driver.events).isEmpty();
  }

  @Test
  void aCollectiveWhosePeersDoNotComeExpiresAndIsAborted() throws Exception {
    try (GpuBackend backend = open(Duration.ofMillis(60))) {
      GpuStream s = (GpuStream) backend.device(0).newStream("s", 0);
      DeviceMemory m = memory(backend, 0, 1024);
      s.label("gemm-ar#1");
      // The point before the call is reached, the one after it is not.
      driver.completesOnceHeld = true;
      driver.held.add(s.handle());
      backend.collectives().allReduce(s, m, 0, m, 0, 16, DType.FP32);
      assertThat(library.aborted.await(20, TimeUnit.SECONDS)).isTrue();
      FaultRecord fault = backend.fault().orElseThrow();
      assertThat(fault.kind()).isEqualTo(FaultRecord.Kind.WAIT_EXPIRED);
      assertThat(fault.operation()).isEqualTo("gemm-ar#1");
      assertThat(fault.waitedFor()).isEqualTo("collective allReduce of 16 elements");
      assertThat(fault.elapsedMillis()).isGreaterThanOrEqualTo(60);
      assertThatThrownBy(() -> s.synchronize(Duration.ofSeconds(1)))
          .isInstanceOf(DeviceFaultException.class);
      driver.held.clear();
    }
  }

  @Test
  void anyFaultEndsCollectives() throws Exception {
    try (GpuBackend backend = open(Duration.ofSeconds(30))) {
      backend.abort("a test");
      assertThat(library.aborted.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void replayedGraphsWithCollectivesAreWatched() throws Exception {
    try (GpuBackend backend = open(Duration.ofMillis(60))) {
      GpuStream s = (GpuStream) backend.device(1).newStream("s", 0);
      DeviceMemory m = memory(backend, 1, 1024);
      s.beginCapture();
      backend.collectives().allReduce(s, m, 0, m, 0, 16, DType.FP32);
      Graph graph = s.endCapture();
      driver.completesOnceHeld = true;
      driver.held.add(s.handle());
      graph.launch(s);
      assertThat(library.aborted.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(backend.fault().orElseThrow().waitedFor()).contains("replayed graph");
      driver.held.clear();
    }
  }

  @Test
  void byCopiesEveryoneGetsEverything() {
    try (GpuFixture f = new GpuFixture("fake.devices", "0,0")) {
      Stream[] s = {f.stream(0), f.stream(1)};
      DeviceMemory[] send = {f.memory(0, 8), f.memory(1, 8)};
      DeviceMemory[] receive = {f.memory(0, 8), f.memory(1, 8)};
      f.write(send[0], new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
      f.write(send[1], new byte[] {11, 12, 13, 14, 15, 16, 17, 18});
      // On the fake driver a wait that is not satisfied expires, so rank 0 is captured first and
      // replayed when rank 1 has put its part.
      f.driver.waitsPass = true;
      for (int rank = 0; rank < 2; rank++) {
        f.backend.collectives().allToAll(s[rank], send[rank], 0, receive[rank], 0, 1, DType.FP32);
      }
      assertThat(f.read(receive[1])).containsExactly(5, 6, 7, 8, 15, 16, 17, 18);
      for (int rank = 0; rank < 2; rank++) {
        f.backend.collectives().allGather(s[rank], send[rank], 0, receive[rank], 0, 1, DType.FP32);
      }
      assertThat(f.read(receive[1])).containsExactly(1, 2, 3, 4, 11, 12, 13, 14);
      for (int rank = 0; rank < 2; rank++) {
        f.backend
            .collectives()
            .sendReceive(
                s[rank], 1 - rank, send[rank], 4, 1 - rank, receive[rank], 0, 1, DType.FP32);
      }
      assertThat(f.read(receive[1])).startsWith(5, 6, 7, 8);
      for (int rank = 0; rank < 2; rank++) {
        f.backend
            .collectives()
            .allToAllV(s[rank], send[rank], 0, receive[rank], 0, COUNTS, DType.FP32);
      }
      assertThat(f.read(receive[1])).startsWith(1, 2, 3, 4);
      f.backend.collectives().broadcast(s[1], 1, send[1], 0, receive[1], 0, 2, DType.FP32);
      f.backend.collectives().broadcast(s[0], 1, send[0], 0, receive[0], 0, 2, DType.FP32);
      assertThat(f.read(receive[0])).containsExactly(11, 12, 13, 14, 15, 16, 17, 18);
      f.driver.take();
      f.backend.collectives().allReduce(s[0], send[0], 0, receive[0], 0, 2, DType.FP32);
      assertThat(f.driver.take()).contains("tile_reduce");
      assertThatThrownBy(
              () ->
                  f.backend.collectives().allReduce(s[0], send[0], 0, receive[0], 0, 8, DType.INT8))
          .isInstanceOf(InvalidArgumentException.class);
    }
  }

  @Test
  void oneRankCopies() {
    driver.devices = 1;
    try (GpuFixture f = new GpuFixture(driver)) {
      DeviceMemory send = f.memory(0, 4);
      DeviceMemory receive = f.memory(0, 4);
      f.write(send, new byte[] {1, 2, 3, 4});
      f.backend.collectives().allReduce(f.stream(0), send, 0, receive, 0, 1, DType.FP32);
      assertThat(f.read(receive)).containsExactly(1, 2, 3, 4);
    }
  }
}
