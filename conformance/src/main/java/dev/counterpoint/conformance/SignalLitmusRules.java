package dev.counterpoint.conformance;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/**
 * Litmus tests of what signals promise about memory. The shapes are those of the memory-model
 * literature: message passing (MP), write-to-read causality (WRC), ISA2 and the handshake. Store
 * buffering (SB), load buffering and independent reads of independent writes (IRIW) have outcomes
 * that only a non-blocking load could tell apart; device code waits and never polls, so they cannot
 * be said in this interface, and release and acquire would allow them anyway.
 *
 * <p>All rounds are enqueued without the host in between, so ranks drift as far as the
 * acknowledgements let them.
 */
@DisplayName("Signals and memory")
class SignalLitmusRules {
  private static final int[] SIZES = {4, 60, 1024, 40_000};

  /** How a producer raises the word once its data is put. */
  private enum Raise {
    SET,
    SET_ALL,
    ADD
  }

  @Rule({"SIG-3", "SIG-4"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true)
  void messagePassingByPutAndSet(Kit kit) {
    messagePassing(kit, Raise.SET);
  }

  @Rule({"SIG-3", "SIG-4", "SIG-10"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void messagePassingByPutAndSetAll(Kit kit) {
    messagePassing(kit, Raise.SET_ALL);
  }

  @Rule({"SIG-3", "SIG-4", "SIG-5"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void messagePassingByPutAndAdd(Kit kit) {
    messagePassing(kit, Raise.ADD);
  }

  /**
   * Every rank passes a new message to its neighbour each round; the neighbour copies it away and
   * acknowledges.
   */
  private static void messagePassing(Kit kit, Raise raise) {
    Rig rig = kit.rig();
    int rounds = kit.rounds(40, 250);
    for (int size : SIZES) {
      kit.at("%d rounds of %d bytes", rounds, size);
      Mail mail = new Mail(kit, rig, size, rounds);
      for (int round = 0; round < rounds; round++) {
        for (int rank = 0; rank < rig.ranks; rank++) {
          mail.send(rank, round, raise);
          mail.receive(rank, round);
        }
      }
      mail.check();
    }
  }

  @Rule({"SIG-4", "SIG-3"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void theReaderHasReadBeforeItsAcknowledgementIsSeen(Kit kit) {
    // The handshake of `Mail` overwrites the box only after the acknowledgement; a late read would
    // see the next round.
    Rig rig = kit.rig();
    int rounds = kit.rounds(60, 400);
    Mail mail = new Mail(kit, rig, 20_000, rounds);
    rig.onEachRank(
        rank -> {
          for (int round = 0; round < rounds; round++) {
            mail.send(rank, round, round % 2 == 0 ? Raise.SET : Raise.SET_ALL);
            mail.receive(rank, round);
          }
        });
    mail.check();
  }

  /** A box on every rank, filled by the rank before it in the ring. */
  private static final class Mail {
    private final Rig rig;
    private final int size;
    private final int rounds;
    private final byte[][] content;
    private final DeviceMemory[] source;
    private final DeviceMemory[] log;
    private final SymmetricBuffer box;
    private final SignalArray words;
    private final Epoch[] sent;
    private final Epoch[] received;
    private final Stream[] senders;
    private final Stream[] receivers;

    Mail(Kit kit, Rig rig, int size, int rounds) {
      this.rig = rig;
      this.size = size;
      this.rounds = rounds;
      content = new byte[rig.ranks][];
      source = new DeviceMemory[rig.ranks];
      log = new DeviceMemory[rig.ranks];
      for (int rank = 0; rank < rig.ranks; rank++) {
        content[rank] = Rig.bytes(kit.random(), size * rounds);
        source[rank] = rig.memory(rank, content[rank]);
        log[rank] = rig.memory(rank, (long) size * rounds);
      }
      box = rig.symmetric(size);
      words = rig.words(2);
      sent = rig.epochs();
      received = rig.epochs();
      senders = rig.streams();
      receivers = rig.streams();
    }

    void send(int rank, int round, Raise raise) {
      Signals signals = rig.backend.signals();
      int to = (rank + 1) % rig.ranks;
      Stream stream = senders[rank];
      signals.advance(stream, sent[rank]);
      signals.await(stream, words, 1, sent[rank], Target.PREVIOUS_LAUNCH);
      rig.backend
          .transfers()
          .put(stream, source[rank], (long) round * size, box.at(to), 0, size, Transport.AUTO);
      switch (raise) {
        case SET -> signals.set(stream, words, to, 0, sent[rank]);
        case SET_ALL -> signals.setAll(stream, words, new int[] {to}, 0, sent[rank]);
        case ADD -> signals.add(stream, words, to, 0, 1);
      }
    }

    void receive(int rank, int round) {
      Signals signals = rig.backend.signals();
      int from = (rank + rig.ranks - 1) % rig.ranks;
      Stream stream = receivers[rank];
      signals.advance(stream, received[rank]);
      signals.await(stream, words, 0, received[rank], Target.THIS_LAUNCH);
      rig.backend
          .transfers()
          .put(stream, box.at(rank), 0, log[rank], (long) round * size, size, Transport.AUTO);
      signals.set(stream, words, from, 1, received[rank]);
    }

    void check() {
      rig.settle();
      for (int rank = 0; rank < rig.ranks; rank++) {
        int from = (rank + rig.ranks - 1) % rig.ranks;
        byte[] seen = rig.read(log[rank]);
        int at = Arrays.mismatch(content[from], seen);
        Check.that(
            at < 0,
            "rank %d saw the signal of round %d before byte %d of %d: wanted %02x, seen %02x (rounds: %d)",
            rank,
            at / size,
            at % size,
            size,
            at < 0 ? 0 : content[from][at],
            at < 0 ? 0 : seen[at],
            rounds);
      }
    }
  }

  @Rule({"SIG-3", "SIG-4"})
  @ConformanceTest(value = Worlds.TRIO, chaos = true)
  void causalityReachesAThirdRank(Kit kit) {
    // WRC and ISA2: rank 0 writes to rank 2 and tells rank 1; rank 1 tells rank 2; rank 2 must see
    // what rank 0 wrote.
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    int rounds = kit.rounds(60, 400);
    int size = 4096;
    byte[] content = Rig.bytes(kit.random(), size * rounds);
    DeviceMemory source = rig.memory(0, content);
    DeviceMemory log = rig.memory(2, (long) size * rounds);
    SymmetricBuffer box = rig.symmetric(size);
    SignalArray words = rig.words(3);
    Epoch[] epochs = rig.epochs();
    Stream[] streams = rig.streams();
    for (int round = 0; round < rounds; round++) {
      for (int rank = 0; rank < 3; rank++) {
        signals.advance(streams[rank], epochs[rank]);
      }
      signals.await(streams[0], words, 2, epochs[0], Target.PREVIOUS_LAUNCH);
      rig.backend
          .transfers()
          .put(streams[0], source, (long) round * size, box.at(2), 0, size, Transport.AUTO);
      signals.set(streams[0], words, 1, 0, epochs[0]);
      signals.await(streams[1], words, 0, epochs[1], Target.THIS_LAUNCH);
      signals.set(streams[1], words, 2, 1, epochs[1]);
      signals.await(streams[2], words, 1, epochs[2], Target.THIS_LAUNCH);
      rig.backend
          .transfers()
          .put(streams[2], box.at(2), 0, log, (long) round * size, size, Transport.AUTO);
      signals.set(streams[2], words, 0, 2, epochs[2]);
    }
    rig.settle();
    Check.bytes("what rank 2 saw of rank 0 through rank 1", content, rig.read(log));
  }

  @Rule({"SIG-3", "SIG-4"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true)
  void afterARoundOfSignalsEveryRankSeesEveryWrite(Kit kit) {
    // The store-buffering shape with waits in place of loads: everyone writes to everyone, raises,
    // waits, and reads.
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    int rounds = kit.rounds(25, 150);
    int size = 512;
    int n = rig.ranks;
    SymmetricBuffer box = rig.symmetric((long) size * n * 2);
    SignalArray words = rig.words(n);
    int[] everyone = new int[n];
    Arrays.setAll(everyone, r -> r);
    DeviceMemory[] logs = new DeviceMemory[n];
    byte[][] content = new byte[n][];
    rig.onEachRank(
        rank -> {
          Stream stream = rig.stream(rank);
          Epoch epoch = rig.epoch(rank);
          content[rank] = Rig.bytes(new java.util.Random(kit.seed() + rank), size * rounds);
          DeviceMemory source = rig.memory(rank, content[rank]);
          logs[rank] = rig.memory(rank, (long) size * n * rounds);
          for (int round = 0; round < rounds; round++) {
            // Two boxes by parity: a rank writes round i+2 only after all have sent round i+1, so
            // after they read round i.
            long half = (long) (round % 2) * size * n;
            signals.advance(stream, epoch);
            for (int to = 0; to < n; to++) {
              rig.backend
                  .transfers()
                  .put(
                      stream,
                      source,
                      (long) round * size,
                      box.at(to),
                      half + (long) rank * size,
                      size,
                      Transport.AUTO);
            }
            signals.setAll(stream, words, everyone, rank, epoch);
            signals.awaitAll(stream, words, 0, n, epoch, Target.THIS_LAUNCH);
            rig.backend
                .transfers()
                .put(
                    stream,
                    box.at(rank),
                    half,
                    logs[rank],
                    (long) round * size * n,
                    (long) size * n,
                    Transport.AUTO);
          }
        });
    rig.settle();
    for (int rank = 0; rank < n; rank++) {
      for (int round = 0; round < rounds; round++) {
        for (int from = 0; from < n; from++) {
          byte[] wanted = Arrays.copyOfRange(content[from], round * size, (round + 1) * size);
          Check.bytes(
              "rank " + rank + ", round " + round + ", from rank " + from,
              wanted,
              rig.read(logs[rank], ((long) round * n + from) * size, size));
        }
      }
    }
  }

  @Rule({"SIG-11", "SIG-3", "SIG-4"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void theHostTakesPartLikeAnyPeer(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    Transfers transfers = rig.backend.transfers();
    int rounds = kit.rounds(60, 400);
    int size = 9000;
    SignalArray words = rig.words(2);
    Epoch epoch = rig.epoch(1);
    Stream stream = rig.stream(1);
    DeviceMemory question = rig.symmetric(size).at(1);
    DeviceMemory answer = rig.symmetric(size).at(1);
    for (int round = 0; round < rounds; round++) {
      kit.at("round %d", round);
      signals.advance(stream, epoch);
      signals.await(stream, words, 0, epoch, Target.THIS_LAUNCH);
      transfers.put(stream, question, 0, answer, 0, size, Transport.AUTO);
      signals.set(stream, words, 1, 1, epoch);
      byte[] content = Rig.bytes(kit.random(), size);
      rig.write(question, 0, content);
      signals.addFromHost(words, 1, 0, 1);
      signals.awaitOnHost(words, 1, 1, round + 1L, Rig.DEADLINE);
      Check.bytes("answer", content, rig.read(answer));
      Check.equal("word as read", round + 1L, signals.read(words, 1, 1));
    }
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule({"SIG-3", "STR-1"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void everyKindOfEarlierWorkIsReleased(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    Stream stream = rig.stream(0);
    Stream reader = rig.stream(1);
    Epoch epoch = rig.epoch(1);
    SignalArray words = rig.words(1);
    SymmetricBuffer box = rig.symmetric(4096);
    GemmBench bench = GemmCase.of(16, 16, 16).on(kit, rig, 0);
    var gemm = bench.prepare();
    DeviceMemory copy = rig.memory(1, 4096);
    for (int round = 0; round < kit.rounds(10, 60); round++) {
      kit.at("round %d", round);
      rig.set(box.at(1), 0);
      rig.set(copy, 0);
      bench.clear();
      gemm.launch(stream, bench.arguments());
      for (int row = 0; row < 16; row++) {
        rig.backend
            .transfers()
            .put(
                stream,
                bench.deviceD,
                bench.outputOffset() + row * 64L,
                box.at(1),
                row * 64L,
                64,
                Transport.AUTO);
      }
      rig.backend.transfers().fill(stream, bench.deviceD, 0, 8, (byte) 77);
      rig.backend
          .transfers()
          .put2d(stream, bench.deviceD, 0, 4, box.at(1), 2048, 8, 4, 2, Transport.AUTO);
      signals.add(stream, words, 1, 0, 1);
      signals.await(reader, words, 0, epoch, new Target(0, round + 1L));
      rig.backend.transfers().put(reader, box.at(1), 0, copy, 0, 4096, Transport.AUTO);
      reader.synchronize(Rig.DEADLINE);
      byte[] seen = rig.read(copy);
      bench.expected.check(
          "product seen after the signal", Matrix.parse(bench.shape.out, 16, 16, 16, seen, 0));
      Check.all("first row of the 2-d copy", 77, Arrays.copyOfRange(seen, 2048, 2052));
      Check.all("second row of the 2-d copy", 77, Arrays.copyOfRange(seen, 2056, 2060));
    }
  }
}
