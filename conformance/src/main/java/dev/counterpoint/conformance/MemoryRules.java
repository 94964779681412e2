package dev.counterpoint.conformance;

import dev.counterpoint.DeviceMemoryException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Transport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Chapter 3: memory. */
@DisplayName("Memory")
class MemoryRules {
  private static final long[] SIZES = {1, 3, 255, 256, 257, 4095, 65_537, 1 << 20};

  @Rule("MEM-1")
  @ConformanceTest(Worlds.MOST)
  void allocationsAreAlignedTo256Bytes(Kit kit) {
    Rig rig = kit.rig();
    for (long size : SIZES) {
      SymmetricBuffer symmetric = rig.symmetric(size);
      for (int rank = 0; rank < rig.ranks; rank++) {
        DeviceMemory memory = rig.memory(rank, size);
        Check.that(
            memory.address() % 256 == 0,
            "device allocation of %d bytes on rank %d lies at %x",
            size,
            rank,
            memory.address());
        Check.equal("size of a device allocation", size, memory.bytes());
        Check.equal("rank of a device allocation", rank, memory.rank());
        long address = symmetric.at(rank).address();
        Check.that(
            address % 256 == 0,
            "symmetric allocation of %d bytes on rank %d lies at %x",
            size,
            rank,
            address);
      }
    }
  }

  @Rule("MEM-2")
  @ConformanceTest(Worlds.ALL)
  void symmetricMemoryIsZeroedAndTheSameEverywhere(Kit kit) {
    Rig rig = kit.rig();
    for (int round = 0; round < 3; round++) {
      for (long size : SIZES) {
        kit.at("round %d, %d bytes", round, size);
        SymmetricBuffer buffer = rig.backend.heap().allocate("zeroed", size);
        Check.equal("bytes()", size, buffer.bytes());
        for (int rank = 0; rank < rig.ranks; rank++) {
          DeviceMemory memory = buffer.at(rank);
          Check.equal("rank of at(" + rank + ")", rank, memory.rank());
          Check.equal("bytes of at(" + rank + ")", size, memory.bytes());
          Check.that(same(memory, buffer.at(rank)), "at(%d) is another object at each call", rank);
          Check.all("fresh symmetric memory of rank " + rank, 0, rig.read(memory));
          rig.set(memory, 0xFF);
        }
        buffer.close();
      }
    }
  }

  /** Rule MEM-2 asks for the same object, so that launching allocates nothing. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean same(DeviceMemory one, DeviceMemory other) {
    return one == other;
  }

  @Rule({"MEM-2", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void aRankThatDoesNotExistIsRefused(Kit kit) {
    Rig rig = kit.rig();
    SymmetricBuffer buffer = rig.symmetric(8);
    for (int rank : new int[] {-1, rig.ranks, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      Check.refusesNaming("at(" + rank + ")", "rank", () -> buffer.at(rank));
      Check.refusesNaming("device(" + rank + ")", "rank", () -> rig.backend.device(rank));
      Check.refusesNaming(
          "newEpoch(" + rank + ")", "rank", () -> rig.backend.signals().newEpoch(rank));
    }
  }

  @Rule("MEM-3")
  @ConformanceTest(Worlds.PAIR)
  void allocationsDoNotOverlap(Kit kit) {
    Rig rig = kit.rig();
    List<DeviceMemory> all = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      long size = 1L + kit.random().nextInt(5000);
      all.add(rig.memory(i % rig.ranks, size));
      SymmetricBuffer buffer = rig.symmetric(size);
      for (int rank = 0; rank < rig.ranks; rank++) {
        all.add(buffer.at(rank));
      }
    }
    for (int rank = 0; rank < rig.ranks; rank++) {
      int mine = rank;
      List<DeviceMemory> sorted =
          all.stream()
              .filter(m -> m.rank() == mine)
              .sorted(Comparator.comparingLong(DeviceMemory::address))
              .toList();
      for (int i = 1; i < sorted.size(); i++) {
        DeviceMemory before = sorted.get(i - 1);
        Check.that(
            before.address() + before.bytes() <= sorted.get(i).address(),
            "%s overlaps %s",
            before,
            sorted.get(i));
      }
    }
    for (int i = 0; i < all.size(); i++) {
      rig.set(all.get(i), i);
    }
    for (int i = 0; i < all.size(); i++) {
      Check.all("allocation " + i + " after writing all others", i, rig.read(all.get(i)));
    }
  }

  @Rule("MEM-3")
  @ConformanceTest(Worlds.PAIR)
  void allocatedBytesFollowWhatIsOpen(Kit kit) {
    Rig rig = kit.rig();
    long before = rig.backend.heap().allocatedBytes();
    for (int round = 0; round < 50; round++) {
      SymmetricBuffer buffer = rig.backend.heap().allocate("counted", 100_000);
      long with = rig.backend.heap().allocatedBytes();
      Check.that(
          with >= before + 100_000,
          "round %d: allocatedBytes is %d with 100000 more than %d open",
          round,
          with,
          before);
      buffer.close();
      buffer.close();
      Check.equal(
          "allocatedBytes after close, round " + round,
          before,
          rig.backend.heap().allocatedBytes());
    }
  }

  @Rule("MEM-4")
  @ConformanceTest(Worlds.PAIR)
  void anAllocationThatCannotBeMetLeavesTheWorldUsable(Kit kit) {
    Rig rig = kit.rig();
    long before = rig.backend.heap().allocatedBytes();
    for (long size :
        new long[] {1L << 46, 1L << 55, Long.MAX_VALUE - 511, Long.MAX_VALUE - 1, Long.MAX_VALUE}) {
      kit.at("%d bytes", size);
      DeviceMemoryException e =
          Check.fails(
              DeviceMemoryException.class,
              "device allocation of " + size + " bytes",
              () -> rig.own(rig.backend.device(0).allocate(size)));
      Check.equal("requestedBytes", size, e.requestedBytes());
      e =
          Check.fails(
              DeviceMemoryException.class,
              "symmetric allocation of " + size + " bytes",
              () -> rig.symmetric(size));
      Check.equal("requestedBytes", size, e.requestedBytes());
    }
    Check.equal("allocatedBytes after refusals", before, rig.backend.heap().allocatedBytes());
    GemmBench bench = GemmCase.of(5, 5, 5).on(kit, rig, 1);
    bench.run(bench.prepare());
    bench.check("after refused allocations");
  }

  @Rule("MEM-5")
  @ConformanceTest(Worlds.PAIR)
  void negativeSizesAreRefusedAndZeroIsAllowed(Kit kit) {
    Rig rig = kit.rig();
    Device device = rig.backend.device(0);
    for (long size : new long[] {-1, Integer.MIN_VALUE, Long.MIN_VALUE}) {
      Check.refusesNaming(
          "device allocation of " + size, "bytes|size", () -> rig.own(device.allocate(size)));
      Check.refusesNaming(
          "symmetric allocation of " + size, "bytes|size", () -> rig.symmetric(size));
    }
    Check.refusesNaming("allocation of −1 words", "words", () -> rig.words(-1));
    DeviceBuffer nothing = rig.own(device.allocate(0));
    Check.equal("bytes of an empty buffer", 0L, nothing.memory().bytes());
    Check.equal("bytes of an empty symmetric buffer", 0L, rig.symmetric(0).at(1).bytes());
    Check.equal("words of an empty array", 0, rig.words(0).words());
    device.upload(nothing.memory(), 0, ByteBuffer.allocate(0));
    device.download(nothing.memory(), 0, ByteBuffer.allocate(0));
  }

  @Rule("MEM-6")
  @ConformanceTest
  void uploadAndDownloadMoveBytesUnchanged(Kit kit) {
    Rig rig = kit.rig();
    Device device = rig.backend.device(0);
    for (int round = 0; round < kit.rounds(40, 400); round++) {
      int size = kit.random().nextInt(round % 8 == 0 ? 300_000 : 300);
      int offset = kit.random().nextInt(33);
      kit.at("round %d, %d bytes at %d", round, size, offset);
      byte[] content = Rig.bytes(kit.random(), size);
      DeviceMemory memory = rig.memory(0, offset + size + 7);
      rig.set(memory, Matrix.CANARY);
      device.upload(memory, offset, source(content, round));
      byte[] all = rig.read(memory);
      Check.bytes("uploaded", content, java.util.Arrays.copyOfRange(all, offset, offset + size));
      Check.all("before", Matrix.CANARY, java.util.Arrays.copyOf(all, offset));
      Check.all(
          "behind", Matrix.CANARY, java.util.Arrays.copyOfRange(all, offset + size, all.length));
      ByteBuffer direct = ByteBuffer.allocateDirect(size + 5).position(3).limit(3 + size);
      device.download(memory, offset, direct);
      byte[] back = new byte[size];
      direct.get(3, back);
      Check.bytes("downloaded into a direct buffer", content, back);
    }
  }

  /** The same bytes as a heap, read-only, direct or sliced buffer. */
  private static ByteBuffer source(byte[] content, int round) {
    ByteBuffer wide =
        (round % 2 == 0
                ? ByteBuffer.allocate(content.length + 9)
                : ByteBuffer.allocateDirect(content.length + 9))
            .position(5);
    wide.put(content).flip().position(5);
    return switch (round % 3) {
      case 0 -> wide;
      case 1 -> wide.slice();
      default -> wide.asReadOnlyBuffer();
    };
  }

  @Rule({"MEM-6", "ERR-7"})
  @ConformanceTest
  void transfersWithTheHostOutsideTheMemoryAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Device device = rig.backend.device(0);
    DeviceMemory memory = rig.memory(0, new byte[64]);
    for (long offset : new long[] {-1, 57, 64, 65, Long.MAX_VALUE, Long.MIN_VALUE}) {
      Check.fails(
          InvalidArgumentException.class,
          "upload of 8 bytes to 64 at " + offset,
          () -> device.upload(memory, offset, ByteBuffer.allocate(8)));
      Check.fails(
          InvalidArgumentException.class,
          "download of 8 bytes from 64 at " + offset,
          () -> device.download(memory, offset, ByteBuffer.allocate(8)));
    }
    Check.all("memory after refused uploads", 0, rig.read(memory));
    Check.fails(InvalidArgumentException.class, "slice beyond the end", () -> memory.slice(60, 5));
    Check.fails(
        InvalidArgumentException.class,
        "slice whose end overflows",
        () -> memory.slice(8, Long.MAX_VALUE));
  }

  @Rule("MEM-7")
  @ConformanceTest(Worlds.SEVERAL)
  void everyRankReadsAndWritesEveryPart(Kit kit) {
    Rig rig = kit.rig();
    int part = 1000;
    SymmetricBuffer buffer = rig.symmetric((long) part * rig.ranks);
    DeviceMemory[] own = new DeviceMemory[rig.ranks];
    Stream[] streams = rig.streams();
    if (kit.refused(
        Capability.PEER_ACCESS,
        rig.backend,
        () ->
            rig.backend
                .transfers()
                .put(streams[0], rig.memory(0, 8), 0, buffer.at(1), 0, 8, Transport.COMPUTE))) {
      return;
    }
    for (int from = 0; from < rig.ranks; from++) {
      own[from] = rig.memory(from, Rig.bytes(kit.random(), part));
      for (int to = 0; to < rig.ranks; to++) {
        rig.backend
            .transfers()
            .put(
                streams[from],
                own[from],
                0,
                buffer.at(to),
                (long) part * from,
                part,
                Transport.COMPUTE);
      }
    }
    rig.settle();
    for (int reader = 0; reader < rig.ranks; reader++) {
      for (int owner = 0; owner < rig.ranks; owner++) {
        kit.at("rank %d reads from rank %d", reader, owner);
        DeviceMemory copy = rig.memory(reader, (long) part * rig.ranks);
        rig.backend
            .transfers()
            .get(
                streams[reader],
                buffer.at(owner),
                0,
                copy,
                0,
                (long) part * rig.ranks,
                Transport.COMPUTE);
        streams[reader].synchronize(Rig.DEADLINE);
        for (int from = 0; from < rig.ranks; from++) {
          Check.bytes(
              "part written by rank " + from,
              rig.read(own[from]),
              rig.read(copy, (long) part * from, part));
        }
      }
    }
  }
}
