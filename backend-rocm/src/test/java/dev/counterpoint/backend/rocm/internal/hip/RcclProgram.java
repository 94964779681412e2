package dev.counterpoint.backend.rocm.internal.hip;

import static dev.counterpoint.backend.rocm.internal.hip.HipConstants.*;
import static dev.counterpoint.backend.rocm.internal.hip.Rccl.*;
import static org.assertj.core.api.Assertions.assertThat;

/** Uses RCCL between two devices of this process and prints what was right. */
final class RcclProgram {
  private static final int RANKS = 2;
  private static final int COUNT = 1024;
  private static final int WORD = Integer.BYTES;
  private static final long[] STREAMS = new long[RANKS];
  private static final long[] BUFFERS = new long[RANKS];

  private RcclProgram() {}

  public static void main(String[] arguments) {
    long[] one = new long[1];
    for (int rank = 0; rank < RANKS; rank++) {
      HipProgram.ok(Hip.hipSetDevice(rank));
      HipProgram.ok(Hip.hipStreamCreateWithFlags(one, hipStreamNonBlocking));
      STREAMS[rank] = one[0];
      HipProgram.ok(Hip.hipMalloc(one, 4L * COUNT * WORD));
      BUFFERS[rank] = one[0];
    }
    long[] communicators = new long[RANKS];
    ok(ncclCommInitAll(communicators, RANKS, new int[] {0, 1}));
    use(communicators);
    System.out.println("all at once");
    byte[] id = new byte[128];
    ok(ncclGetUniqueId(id));
    ok(ncclGroupStart());
    for (int rank = 0; rank < RANKS; rank++) {
      HipProgram.ok(Hip.hipSetDevice(rank));
      ok(ncclCommInitRank(one, RANKS, id, rank));
      communicators[rank] = one[0];
    }
    ok(ncclGroupEnd());
    use(communicators);
    System.out.println("by unique id");
  }

  private static void ok(int status) {
    assertThat(status).as(() -> RocmLibrary.RCCL.explain(status)).isZero();
  }

  /** Sums, gathers, scatters, sends; then ends the communicators. */
  private static void use(long[] communicators) {
    for (int rank = 0; rank < RANKS; rank++) {
      fill(rank, 0, rank + 1);
    }
    ok(ncclGroupStart());
    for (int rank = 0; rank < RANKS; rank++) {
      long buffer = BUFFERS[rank];
      ok(
          ncclAllReduce(
              buffer,
              buffer + COUNT * WORD,
              COUNT,
              ncclInt32,
              ncclSum,
              communicators[rank],
              STREAMS[rank]));
    }
    ok(ncclGroupEnd());
    expect(1, 3, 3);

    ok(ncclGroupStart());
    for (int rank = 0; rank < RANKS; rank++) {
      long buffer = BUFFERS[rank];
      ok(
          ncclAllGather(
              buffer,
              buffer + 2L * COUNT * WORD,
              COUNT,
              ncclInt32,
              communicators[rank],
              STREAMS[rank]));
    }
    ok(ncclGroupEnd());
    expect(2, 1, 1);
    expect(3, 2, 2);

    ok(ncclGroupStart());
    for (int rank = 0; rank < RANKS; rank++) {
      long buffer = BUFFERS[rank];
      ok(
          ncclReduceScatter(
              buffer + 2L * COUNT * WORD,
              buffer + COUNT * WORD,
              COUNT,
              ncclInt32,
              ncclMax,
              communicators[rank],
              STREAMS[rank]));
    }
    ok(ncclGroupEnd());
    expect(1, 1, 2);

    ok(ncclGroupStart());
    for (int rank = 0; rank < RANKS; rank++) {
      long buffer = BUFFERS[rank];
      int peer = 1 - rank;
      long stream = STREAMS[rank];
      ok(ncclSend(buffer, COUNT, ncclInt32, peer, communicators[rank], stream));
      ok(ncclRecv(buffer + COUNT * WORD, COUNT, ncclInt32, peer, communicators[rank], stream));
    }
    ok(ncclGroupEnd());
    expect(1, 2, 1);

    int[] status = {-1};
    for (long communicator : communicators) {
      ok(ncclCommGetAsyncError(communicator, status));
      assertThat(status[0]).isEqualTo(ncclSuccess);
    }
    for (long communicator : communicators) {
      ok(ncclCommDestroy(communicator));
    }
  }

  private static void fill(int rank, int block, int value) {
    HipProgram.ok(Hip.hipSetDevice(rank));
    long target = BUFFERS[rank] + (long) block * COUNT * WORD;
    HipProgram.ok(Hip.hipMemsetD32Async(target, value, COUNT, STREAMS[rank]));
  }

  /** The first and last word of a block of each rank's buffer. */
  private static void expect(int block, int... values) {
    for (int rank = 0; rank < RANKS; rank++) {
      HipProgram.ok(Hip.hipSetDevice(rank));
      HipProgram.ok(Hip.hipStreamSynchronize(STREAMS[rank]));
      long host = HipProgram.hostMalloc((long) COUNT * WORD);
      long source = BUFFERS[rank] + (long) block * COUNT * WORD;
      HipProgram.ok(Hip.hipMemcpy(host, source, COUNT * WORD, hipMemcpyDeviceToHost));
      assertThat(HipProgram.wordAt(host)).isEqualTo(values[rank]);
      assertThat(HipProgram.wordAt(host + (COUNT - 1) * WORD)).isEqualTo(values[rank]);
      HipProgram.ok(Hip.hipHostFree(host));
    }
  }
}
