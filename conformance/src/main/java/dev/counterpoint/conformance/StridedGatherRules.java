package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/** Chapter 10: all-gather to blocks with gaps between them. */
@DisplayName("All-gather with a stride")
class StridedGatherRules {
  private static final int[] COUNTS = {0, 1, 5, 200};
  private static final int GAP = 24;

  @Rule({"COLL-1", "COLL-6", "COLL-7"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void blocksLandAtTheirStrideAndGapsStayAsTheyWere(Kit kit) {
    gather(kit, false);
  }

  @Rule("COLL-5")
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void itWorksInPlace(Kit kit) {
    gather(kit, true);
  }

  private static void gather(Kit kit, boolean inPlace) {
    Rig rig = kit.rig();
    for (int count : COUNTS) {
      kit.at("%d elements", count);
      int bytes = count * 4;
      int stride = bytes + GAP;
      byte[] wanted = new byte[stride * rig.ranks];
      Arrays.fill(wanted, Matrix.CANARY);
      DeviceMemory[] send = new DeviceMemory[rig.ranks];
      DeviceMemory[] receive = new DeviceMemory[rig.ranks];
      for (int rank = 0; rank < rig.ranks; rank++) {
        byte[] mine = Rig.bytes(kit.random(), bytes);
        System.arraycopy(mine, 0, wanted, rank * stride, bytes);
        receive[rank] = rig.memory(rank, wanted.length);
        rig.set(receive[rank], Matrix.CANARY);
        send[rank] = inPlace ? receive[rank] : rig.memory(rank, bytes);
        rig.write(send[rank], inPlace ? (long) rank * stride : 0, mine);
      }
      Stream[] streams = rig.streams();
      rig.onEachRank(
          r ->
              rig.backend
                  .collectives()
                  .allGather(
                      streams[r],
                      send[r],
                      inPlace ? (long) r * stride : 0,
                      receive[r],
                      0,
                      stride,
                      count,
                      DType.FP32));
      rig.settle();
      for (int rank = 0; rank < rig.ranks; rank++) {
        Check.bytes("what rank " + rank + " received", wanted, rig.read(receive[rank]));
      }
    }
  }

  @Rule({"COLL-1", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void aStrideThatLeavesNoRoomIsRefused(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    DeviceMemory memory = rig.memory(0, 64L * rig.ranks);
    DeviceMemory send = rig.memory(0, 64);
    Collectives c = rig.backend.collectives();
    Check.refusesNaming(
        "allGather with a stride shorter than a block",
        "receiveStride",
        () -> c.allGather(stream, send, 0, memory, 0, 60, 16, DType.FP32));
    Check.refuses(
        "allGather whose last block ends behind the memory",
        () -> c.allGather(stream, send, 0, memory, 0, 65, 16, DType.FP32));
    stream.synchronize(Rig.DEADLINE);
  }
}
