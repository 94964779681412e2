package dev.counterpoint.conformance;

import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Transport;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/**
 * Chapter 6: signals, each operation by itself. What they promise about memory is in {@link
 * SignalLitmusRules}.
 */
@DisplayName("Signals")
class SignalRules {
  @Rule("SIG-1")
  @ConformanceTest(Worlds.ALL)
  void wordsStartAtZero(Kit kit) {
    Rig rig = kit.rig();
    for (int round = 0; round < 3; round++) {
      SignalArray words = rig.backend.signals().allocate("fresh", 33);
      for (int rank = 0; rank < rig.ranks; rank++) {
        for (int word = 0; word < 33; word++) {
          Check.equal(
              "fresh word " + word + " of rank " + rank,
              0L,
              rig.backend.signals().read(words, rank, word));
          rig.backend.signals().addFromHost(words, rank, word, 1 + word);
        }
      }
      words.close();
    }
  }

  @Rule({"SIG-1", "SIG-2"})
  @ConformanceTest(Worlds.PAIR)
  void aLateSetDoesNotLowerAWord(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    SignalArray words = rig.words(4);
    Epoch early = rig.epoch(0);
    Epoch late = rig.epoch(0);
    Stream stream = rig.stream(0);
    for (int i = 0; i < 9; i++) {
      signals.advance(stream, early);
    }
    signals.advance(stream, late);
    DeviceMemory data = rig.symmetric(8).at(1);
    for (int word = 0; word < 4; word++) {
      signals.set(stream, words, 1, word, early);
    }
    signals.set(stream, words, 1, 0, late);
    signals.setAll(stream, words, new int[] {0, 1}, 1, late);
    rig.backend
        .transfers()
        .putSignal(stream, rig.memory(0, 8), 0, data, 0, 8, Transport.COPY_ENGINE, words, 2, late);
    signals.add(stream, words, 1, 3, 0);
    stream.synchronize(Rig.DEADLINE);
    for (int word = 0; word < 4; word++) {
      Check.equal("word " + word + " after a late raise", 9L, signals.read(words, 1, word));
    }
    Check.equal("word of rank 0", 1L, signals.read(words, 0, 1));
  }

  @Rule("SIG-5")
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void addsFromAllStreamsRanksAndTheHostAreAllCounted(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    SignalArray words = rig.words(2);
    int owner = rig.ranks - 1;
    int adds = kit.rounds(100, 1000);
    int streamsPerRank = 3;
    rig.onEachRank(
        rank -> {
          Stream[] streams = new Stream[streamsPerRank];
          for (int s = 0; s < streamsPerRank; s++) {
            streams[s] = rig.stream(rank);
          }
          for (int i = 0; i < adds; i++) {
            for (Stream stream : streams) {
              signals.add(stream, words, owner, 0, 1 + rank);
            }
            signals.addFromHost(words, owner, 0, 1000);
          }
        });
    rig.settle();
    long wanted = 0;
    for (int rank = 0; rank < rig.ranks; rank++) {
      wanted += (long) adds * (streamsPerRank * (1 + rank) + 1000);
    }
    Check.equal("sum of all adds", wanted, signals.read(words, owner, 0));
    Check.equal("the word beside it", 0L, signals.read(words, owner, 1));
  }

  @Rule("SIG-6")
  @ConformanceTest
  void awaitHoldsTheStreamUntilTheTargetIsReached(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    SignalArray words = rig.words(2);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    signals.advance(stream, epoch);
    signals.advance(stream, epoch);
    signals.await(stream, words, 0, epoch, new Target(3, -1));
    signals.add(stream, words, 0, 1, 1);
    for (int value = 1; value <= 5; value++) {
      Threads.pause(5);
      Check.equal(
          "passed with the word at " + (value - 1) + " of 5", 0L, signals.read(words, 0, 1));
      signals.addFromHost(words, 0, 0, 1);
    }
    stream.synchronize(Rig.DEADLINE);
    signals.await(stream, words, 0, epoch, new Target(0, 5));
    signals.await(stream, words, 0, epoch, new Target(2, 0));
    signals.await(stream, words, 0, epoch, Target.PREVIOUS_LAUNCH);
    signals.await(stream, words, 1, epoch, new Target(1, -2));
    signals.await(stream, words, 1, epoch, new Target(0, -7));
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule({"SIG-6", "SIG-8", "SIG-9"})
  @ConformanceTest
  void epochsAreReadAndAdvancedInStreamOrder(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    int steps = 20;
    SignalArray words = rig.words(steps);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    Rig.Hold hold = rig.hold(0);
    Check.equal("fresh epoch", 0L, epoch.read());
    Check.equal("rank of the epoch", 0, epoch.rank());
    hold.on(stream);
    for (int i = 0; i < steps; i++) {
      signals.advance(stream, epoch);
      signals.set(stream, words, 0, i, epoch);
      signals.await(stream, words, i, epoch, Target.THIS_LAUNCH);
    }
    Check.equal("epoch while its stream waits", 0L, epoch.read());
    hold.release();
    stream.synchronize(Rig.DEADLINE);
    for (int i = 0; i < steps; i++) {
      Check.equal("word set after advance " + (i + 1), i + 1L, signals.read(words, 0, i));
    }
    Check.equal("epoch", (long) steps, epoch.read());
  }

  @Rule("SIG-7")
  @ConformanceTest
  void awaitAllPassesInWhateverOrderTheWordsArrive(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    int count = 7;
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    for (int round = 0; round < kit.rounds(4, 20); round++) {
      SignalArray words = rig.words(count + 3);
      signals.awaitAll(stream, words, 2, count, epoch, new Target(0, 1));
      signals.add(stream, words, 0, 0, 1);
      int[] order = GemmBench.shuffled(count, kit.random());
      kit.at("order %s", Arrays.toString(order));
      for (int word : order) {
        Check.equal("passed before word " + word + " came", 0L, signals.read(words, 0, 0));
        Threads.pause(2);
        signals.addFromHost(words, 0, 2 + word, 1);
      }
      stream.synchronize(Rig.DEADLINE);
      Check.equal("passed", 1L, signals.read(words, 0, 0));
    }
    signals.awaitAll(stream, rig.words(1), 0, 0, epoch, new Target(0, 1));
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule("SIG-10")
  @ConformanceTest(Worlds.SEVERAL)
  void setAllRaisesTheWordOfEachOwner(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    SignalArray words = rig.words(3);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    int[] everyone = new int[rig.ranks];
    Arrays.setAll(everyone, r -> r);
    int[] others = Arrays.copyOfRange(everyone, 1, rig.ranks);
    for (int i = 0; i < 4; i++) {
      signals.advance(stream, epoch);
    }
    signals.setAll(stream, words, everyone, 0, epoch);
    signals.setAll(stream, words, others, 1, epoch);
    signals.setAll(stream, words, new int[0], 2, epoch);
    stream.synchronize(Rig.DEADLINE);
    for (int rank = 0; rank < rig.ranks; rank++) {
      Check.equal("word for everyone at rank " + rank, 4L, signals.read(words, rank, 0));
      Check.equal(
          "word for the others at rank " + rank, rank == 0 ? 0L : 4L, signals.read(words, rank, 1));
      Check.equal("word for nobody at rank " + rank, 0L, signals.read(words, rank, 2));
    }
  }

  @Rule("SIG-12")
  @ConformanceTest(Worlds.PAIR)
  void wrongWordsRanksAndDeltasAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    SignalArray words = rig.words(4);
    Epoch epoch = rig.epoch(0);
    Epoch foreign = rig.epoch(1);
    Stream stream = rig.stream(0);
    for (int word : new int[] {-1, 4, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      Check.refusesNaming(
          "add to word " + word, "word", () -> signals.add(stream, words, 0, word, 1));
      Check.refusesNaming(
          "set of word " + word, "word", () -> signals.set(stream, words, 0, word, epoch));
      Check.refusesNaming(
          "setAll of word " + word,
          "word",
          () -> signals.setAll(stream, words, new int[] {0}, word, epoch));
      Check.refusesNaming(
          "await of word " + word,
          "word",
          () -> signals.await(stream, words, word, epoch, Target.THIS_LAUNCH));
      Check.refusesNaming("read of word " + word, "word", () -> signals.read(words, 0, word));
      Check.refusesNaming(
          "host add to word " + word, "word", () -> signals.addFromHost(words, 0, word, 1));
      Check.refusesNaming(
          "awaitAll from word " + word,
          "word",
          () -> signals.awaitAll(stream, words, word, 1, epoch, Target.THIS_LAUNCH));
    }
    Check.refusesNaming(
        "awaitAll of 4 words from word 1",
        "word|count",
        () -> signals.awaitAll(stream, words, 1, 4, epoch, Target.THIS_LAUNCH));
    Check.refusesNaming(
        "awaitAll of −1 words",
        "word|count",
        () -> signals.awaitAll(stream, words, 1, -1, epoch, Target.THIS_LAUNCH));
    Check.refusesNaming(
        "awaitAll of 2³¹−1 words",
        "word|count",
        () -> signals.awaitAll(stream, words, 1, Integer.MAX_VALUE, epoch, Target.THIS_LAUNCH));
    for (int rank : new int[] {-1, rig.ranks}) {
      Check.refusesNaming(
          "add at rank " + rank, "owner|rank", () -> signals.add(stream, words, rank, 0, 1));
      Check.refusesNaming(
          "set at rank " + rank, "owner|rank", () -> signals.set(stream, words, rank, 0, epoch));
      Check.refusesNaming(
          "setAll at rank " + rank,
          "owner|rank",
          () -> signals.setAll(stream, words, new int[] {0, rank}, 0, epoch));
      Check.refusesNaming("read at rank " + rank, "owner|rank", () -> signals.read(words, rank, 0));
    }
    Check.refusesNaming("add of −1", "delta", () -> signals.add(stream, words, 0, 0, -1));
    Check.refusesNaming("host add of −1", "delta", () -> signals.addFromHost(words, 0, 0, -1));
    Check.refusesNaming(
        "await by an epoch of rank 1 on a stream of rank 0",
        "epoch|rank",
        () -> signals.await(stream, words, 0, foreign, Target.THIS_LAUNCH));
    Check.refusesNaming(
        "awaitAll by an epoch of rank 1",
        "epoch|rank",
        () -> signals.awaitAll(stream, words, 0, 2, foreign, Target.THIS_LAUNCH));
    stream.synchronize(Rig.DEADLINE);
    for (int rank = 0; rank < rig.ranks; rank++) {
      for (int word = 0; word < 4; word++) {
        Check.equal(
            "word " + word + " of rank " + rank + " after refused raises",
            0L,
            signals.read(words, rank, word));
      }
    }
  }

  @Rule("SIG-13")
  @ConformanceTest(Worlds.PAIR)
  void wordsHold62Bits(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    SignalArray words = rig.words(2);
    Epoch epoch = rig.epoch(1);
    Stream stream = rig.stream(0);
    long big = (1L << 61) + (1L << 31) + 5;
    signals.addFromHost(words, 1, 0, big);
    signals.add(stream, words, 1, 0, (1L << 60) + 7);
    stream.synchronize(Rig.DEADLINE);
    long wanted = big + (1L << 60) + 7;
    Check.equal("a word of 62 bits", wanted, signals.read(words, 1, 0));
    Stream waiting = rig.stream(1);
    signals.await(waiting, words, 0, epoch, new Target(0, wanted));
    waiting.synchronize(Rig.DEADLINE);
    signals.await(waiting, words, 0, epoch, new Target(0, wanted + 1));
    signals.add(waiting, words, 1, 1, 1);
    Threads.pause(20);
    Check.equal(
        "passed with the word one below a target of 62 bits", 0L, signals.read(words, 1, 1));
    signals.addFromHost(words, 1, 0, 1);
    waiting.synchronize(Rig.DEADLINE);
  }

  @Rule("SIG-11")
  @ConformanceTest
  void theHostWaitsForAWordAndNoLongerThanItsDeadline(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    SignalArray words = rig.words(1);
    signals.awaitOnHost(words, 0, 0, 0, Duration.ofMillis(100));
    long before = System.nanoTime();
    Check.fails(
        DeadlineExceededException.class,
        "awaitOnHost of a word that nobody raises",
        () -> signals.awaitOnHost(words, 0, 0, 1, Duration.ofMillis(50)));
    long took = (System.nanoTime() - before) / 1_000_000;
    Check.that(took >= 45 && took < 2_000, "a wait of 50 ms took %d ms", took);
    Stream stream = rig.stream(0);
    signals.add(stream, words, 0, 0, 4);
    signals.awaitOnHost(words, 0, 0, 4, Rig.DEADLINE);
    Check.that(
        rig.backend.fault().isEmpty(),
        "a deadline of the host is not a fault: %s",
        rig.backend.fault());
  }
}
