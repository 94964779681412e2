package dev.counterpoint.backend.rocm.internal.hip;

import static dev.counterpoint.backend.rocm.internal.hip.Hip.*;
import static dev.counterpoint.backend.rocm.internal.hip.HipConstants.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Uses HIP on real or emulated devices and prints what was right. */
final class HipProgram {
  private static final int BYTES = 1 << 20;

  private HipProgram() {}

  public static void main(String[] arguments) throws IOException {
    ok(hipInit(0));
    if (arguments.length > 0) {
      openShared(arguments[0]);
      return;
    }
    devices();
    memory();
    streams();
    events();
    graphs();
    peers();
    errors();
    processes();
  }

  static void ok(int status) {
    assertThat(status).as(() -> RocmLibrary.HIP.explain(status)).isZero();
  }

  private static void devices() {
    byte[] name = new byte[256];
    ok(hipDeviceGetName(name, name.length, 1));
    assertThat(text(name)).isEqualTo("gfx942 (emulated)");
    byte[] id = new byte[64];
    ok(hipDeviceGetPCIBusId(id, id.length, 1));
    assertThat(text(id)).matches("\\p{XDigit}{4}:\\p{XDigit}{2}:00.0");
    int[] value = new int[1];
    ok(hipDeviceGetAttribute(value, hipDeviceAttributeWarpSize, 1));
    assertThat(value[0]).isEqualTo(64);
    int[] minor = new int[1];
    ok(hipDeviceComputeCapability(value, minor, 1));
    assertThat(value[0] * 10 + minor[0]).isEqualTo(94);
    ok(hipSetDevice(1));
    ok(hipGetDevice(value));
    assertThat(value[0]).isEqualTo(1);
    long[] bytes = new long[1];
    long[] free = new long[1];
    long[] total = new long[1];
    ok(hipDeviceTotalMem(bytes, 1));
    ok(hipMemGetInfo(free, total));
    assertThat(bytes[0]).isEqualTo(total[0]).isGreaterThanOrEqualTo(free[0]).isPositive();
    System.out.println("devices");
  }

  private static void memory() {
    long device = malloc(BYTES);
    long host = hostMalloc(BYTES);
    BytePointer bytes = at(host);
    for (int i = 0; i < BYTES; i++) {
      bytes.put(i, (byte) (i * 31));
    }
    ok(hipMemcpy(device, host, BYTES, hipMemcpyHostToDevice));
    Pointer.memset(bytes, 0, BYTES);
    ok(hipMemcpy(host, device + 1, BYTES - 1, hipMemcpyDeviceToHost));
    assertThat(bytes.get(1000)).isEqualTo((byte) (1001 * 31));
    long[] address = new long[1];
    ok(hipHostGetDevicePointer(address, host, 0));
    assertThat(address[0]).isEqualTo(host);
    long[] size = new long[1];
    ok(hipMemGetAddressRange(address, size, device + 77));
    assertThat(address[0]).isEqualTo(device);
    assertThat(size[0]).isEqualTo(BYTES);
    ok(hipHostFree(host));
    ok(hipFree(device));
    ok(hipExtMallocWithFlags(address, BYTES, hipDeviceMallocUncached));
    ok(hipFree(address[0]));
    System.out.println("memory");
  }

  private static void streams() {
    long[] stream = new long[2];
    long[] other = new long[1];
    int[] least = new int[1];
    int[] greatest = new int[1];
    ok(hipDeviceGetStreamPriorityRange(least, greatest));
    assertThat(greatest[0]).isLessThan(least[0]);
    ok(hipStreamCreateWithPriority(stream, hipStreamNonBlocking, greatest[0]));
    ok(hipStreamCreateWithFlags(other, hipStreamNonBlocking));
    long device = malloc(BYTES);
    long host = hostMalloc(BYTES);
    ok(hipMemsetAsync(device, 0, BYTES, stream[0]));
    ok(hipStreamSynchronize(stream[0]));
    ok(hipStreamWaitValue64(stream[0], device, 7L << 40, hipStreamWaitValueGte, -1L));
    ok(hipMemsetD32Async(device + 64, 0x01020304, 16, stream[0]));
    assertThat(hipStreamQuery(stream[0])).isEqualTo(hipErrorNotReady);
    ok(hipStreamWriteValue64(other[0], device, 7L << 40, 0));
    ok(hipStreamSynchronize(stream[0]));
    ok(hipStreamQuery(stream[0]));
    // Three rows of 8 bytes, 16 apart, packed.
    ok(hipMemcpy2DAsync(host, 8, device + 56, 16, 8, 3, hipMemcpyDeviceToHost, stream[0]));
    ok(hipStreamSynchronize(stream[0]));
    BytePointer bytes = at(host);
    assertThat(new int[] {bytes.get(0), bytes.get(8), bytes.get(9), bytes.get(19)})
        .containsExactly(0, 4, 3, 1);
    ok(hipStreamWriteValue32(other[0], device, 5, 0));
    ok(hipStreamWaitValue32(stream[0], device, 5, hipStreamWaitValueEq, -1));
    ok(hipStreamSynchronize(stream[0]));
    ok(hipStreamDestroy(stream[0]));
    ok(hipStreamDestroy(other[0]));
    ok(hipHostFree(host));
    ok(hipFree(device));
    System.out.println("streams");
  }

  private static void events() {
    long stream = stream();
    long[] start = new long[1];
    long[] stop = new long[1];
    ok(hipEventCreateWithFlags(start, hipEventDefault));
    ok(hipEventCreateWithFlags(stop, hipEventDefault));
    long device = malloc(BYTES);
    ok(hipEventRecord(start[0], stream));
    ok(hipMemsetAsync(device, 1, BYTES, stream));
    ok(hipEventRecordWithFlags(stop[0], stream, hipEventRecordDefault));
    ok(hipStreamWaitEvent(stream, stop[0], hipEventWaitDefault));
    ok(hipEventSynchronize(stop[0]));
    ok(hipEventQuery(start[0]));
    float[] millis = {-1};
    ok(hipEventElapsedTime(millis, start[0], stop[0]));
    assertThat(millis[0]).isBetween(0f, 10_000f);
    ok(hipEventDestroy(start[0]));
    ok(hipEventDestroy(stop[0]));
    ok(hipFree(device));
    ok(hipStreamDestroy(stream));
    System.out.println("events");
  }

  private static void graphs() {
    long stream = stream();
    long device = malloc(BYTES);
    long host = hostMalloc(BYTES);
    long[] graph = new long[1];
    long[] executable = new long[1];
    int[] status = new int[1];
    ok(hipStreamBeginCapture(stream, hipStreamCaptureModeRelaxed));
    ok(hipStreamIsCapturing(stream, status));
    assertThat(status[0]).isEqualTo(hipStreamCaptureStatusActive);
    ok(hipMemsetAsync(device, 9, BYTES, stream));
    ok(hipMemcpyAsync(host, device, BYTES, hipMemcpyDeviceToHost, stream));
    ok(hipStreamEndCapture(stream, graph));
    long[] nodes = new long[1];
    ok(hipGraphGetNodes(graph[0], 0, nodes));
    assertThat(nodes[0]).isEqualTo(2);
    ok(hipGraphInstantiate(executable, graph[0], 0, 0, 0));
    ok(hipGraphUpload(executable[0], stream));
    ok(hipStreamSynchronize(stream));
    assertThat(at(host).get(BYTES - 1)).isZero();
    ok(hipGraphLaunch(executable[0], stream));
    ok(hipStreamSynchronize(stream));
    assertThat(at(host).get(BYTES - 1)).isEqualTo((byte) 9);
    ok(hipGraphExecDestroy(executable[0]));
    ok(hipGraphDestroy(graph[0]));
    ok(hipHostFree(host));
    ok(hipFree(device));
    ok(hipStreamDestroy(stream));
    System.out.println("graphs");
  }

  private static void peers() {
    int[] value = new int[1];
    ok(hipSetDevice(0));
    ok(hipDeviceCanAccessPeer(value, 0, 1));
    assertThat(value[0]).isEqualTo(1);
    ok(hipDeviceEnablePeerAccess(1, 0));
    assertThat(hipDeviceEnablePeerAccess(1, 0)).isEqualTo(hipErrorPeerAccessAlreadyEnabled);
    ok(hipDeviceGetP2PAttribute(value, hipDevP2PAttrNativeAtomicSupported, 0, 1));
    assertThat(value[0]).isEqualTo(1);
    System.out.println("peers");
  }

  private static void errors() {
    long[] address = new long[1];
    int status = hipMalloc(address, Long.MAX_VALUE);
    assertThat(RocmLibrary.HIP.nameOf(status)).isEqualTo("hipErrorOutOfMemory");
    assertThat(hipPeekAtLastError()).isEqualTo(status);
    assertThat(hipGetLastError()).isEqualTo(status);
    assertThat(hipGetLastError()).isZero();
    try (BytePointer image = new BytePointer("no code object at all")) {
      assertThat(hipModuleLoadData(address, image.address())).isNotZero();
    }
    System.out.println("errors");
  }

  private static void processes() throws IOException {
    long device = malloc(BYTES);
    long stream = stream();
    ok(hipMemsetAsync(device, 42, BYTES, stream));
    ok(hipStreamSynchronize(stream));
    byte[] handle = new byte[64];
    ok(hipIpcGetMemHandle(handle, device));
    List<String> options =
        List.of(
            "-Dcounterpoint.rocm.hip=" + RocmLibrary.HIP.path(),
            "-Drocm.cpp=" + CallTable.sources());
    List<String> lines =
        Tools.succeed(
            Tools.java(HipProgram.class, options, Map.of(), HexFormat.of().formatHex(handle)));
    assertThat(lines).containsExactly("shared 42");
    System.out.println("processes");
  }

  private static void openShared(String handle) {
    long[] address = new long[1];
    ok(
        hipIpcOpenMemHandle(
            address, HexFormat.of().parseHex(handle), hipIpcMemLazyEnablePeerAccess));
    long host = hostMalloc(BYTES);
    ok(hipMemcpy(host, address[0], BYTES, hipMemcpyDeviceToHost));
    System.out.println("shared " + at(host).get(BYTES - 1));
    ok(hipIpcCloseMemHandle(address[0]));
  }

  private static long malloc(long bytes) {
    long[] address = new long[1];
    ok(hipMalloc(address, bytes));
    return address[0];
  }

  static long hostMalloc(long bytes) {
    long[] address = new long[1];
    ok(hipHostMalloc(address, bytes, hipHostMallocPortable | hipHostMallocMapped));
    Pointer.memset(at(address[0]), 0, bytes);
    return address[0];
  }

  private static long stream() {
    long[] stream = new long[1];
    ok(hipStreamCreateWithFlags(stream, hipStreamNonBlocking));
    return stream[0];
  }

  static int wordAt(long host) {
    return at(host).getInt(0);
  }

  private static BytePointer at(long host) {
    return new BytePointer((Pointer) null) {
      {
        address = host;
      }
    };
  }

  private static String text(byte[] bytes) {
    int length = 0;
    while (bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
