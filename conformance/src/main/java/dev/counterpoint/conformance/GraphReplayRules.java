package dev.counterpoint.conformance;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import org.junit.jupiter.api.DisplayName;

/** Chapter 5, second part: epochs and side streams in replays. */
@DisplayName("Graphs: replays")
class GraphReplayRules {
  @Rule({"SIG-9", "GRAPH-2"})
  @ConformanceTest(Worlds.PAIR)
  void aReplayUsesTheEpochOfTheReplay(Kit kit) {
    Rig rig = kit.rig();
    if (GraphRules.refused(kit, rig)) {
      return;
    }
    Signals signals = rig.backend.signals();
    Epoch epoch = rig.epoch(0);
    SignalArray words = rig.words(3);
    Stream stream = rig.stream(0);
    SymmetricBuffer data = rig.symmetric(64);
    stream.beginCapture();
    signals.advance(stream, epoch);
    signals.set(stream, words, 1, 0, epoch);
    signals.setAll(stream, words, new int[] {0, 1}, 1, epoch);
    rig.backend
        .transfers()
        .putSignal(
            stream, data.at(0), 0, data.at(1), 0, 64, Transport.COPY_ENGINE, words, 2, epoch);
    Graph graph = rig.own(stream.endCapture());
    for (long round = 1; round <= 6; round++) {
      boolean direct = round % 3 == 0;
      if (direct) {
        signals.advance(stream, epoch);
      } else {
        graph.launch(stream);
      }
      stream.synchronize(Rig.DEADLINE);
      long wanted = direct ? round - 1 : round;
      kit.at("launch %d, %s", round, direct ? "direct" : "replayed");
      Check.equal("epoch", round, epoch.read());
      Check.equal("word raised by set", wanted, signals.read(words, 1, 0));
      Check.equal("word raised by setAll", wanted, signals.read(words, 1, 1));
      Check.equal("word raised by putSignal", wanted, signals.read(words, 1, 2));
    }
  }

  @Rule({"SIG-9", "SIG-6"})
  @ConformanceTest
  void aReplayedWaitWaitsForTheEpochOfTheReplay(Kit kit) {
    Rig rig = kit.rig();
    if (GraphRules.refused(kit, rig)) {
      return;
    }
    Signals signals = rig.backend.signals();
    Epoch epoch = rig.epoch(0);
    SignalArray words = rig.words(3);
    Stream stream = rig.stream(0);
    stream.beginCapture();
    signals.advance(stream, epoch);
    signals.await(stream, words, 0, epoch, Target.THIS_LAUNCH);
    signals.awaitAll(stream, words, 0, 2, epoch, Target.THIS_LAUNCH);
    signals.add(stream, words, 0, 2, 1);
    Graph graph = rig.own(stream.endCapture());
    for (long round = 1; round <= 4; round++) {
      graph.launch(stream);
      Threads.pause(10);
      kit.at("replay %d", round);
      Check.equal("replays that passed their wait", round - 1, signals.read(words, 0, 2));
      signals.addFromHost(words, 0, 1, 1);
      signals.addFromHost(words, 0, 0, 1);
      signals.awaitOnHost(words, 0, 2, round, Rig.DEADLINE);
    }
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule("GRAPH-3")
  @ConformanceTest(value = Worlds.ONE, chaos = true)
  void sideStreamsAreCapturedUntilTheyAreJoinedBack(Kit kit) {
    Rig rig = kit.rig();
    if (GraphRules.refused(kit, rig)) {
      return;
    }
    Stream main = rig.stream(0);
    Stream side = rig.stream(0);
    Event fork = rig.event(0);
    Event join = rig.event(0);
    DeviceMemory one = rig.memory(0, new byte[128]);
    DeviceMemory two = rig.memory(0, new byte[128]);
    DeviceMemory three = rig.memory(0, new byte[128]);
    Transfers transfers = rig.backend.transfers();
    main.beginCapture();
    transfers.fill(main, one, 0, 128, (byte) 1);
    main.record(fork);
    side.await(fork);
    transfers.put(side, one, 0, two, 0, 128, Transport.AUTO);
    side.record(join);
    main.await(join);
    transfers.put(main, two, 0, three, 0, 128, Transport.AUTO);
    Graph graph = rig.own(main.endCapture());
    transfers.fill(side, two, 64, 64, (byte) 9);
    side.synchronize(Rig.DEADLINE);
    Check.all("captured work of the side stream before a replay", 0, rig.read(two, 0, 64));
    Check.all("work of the side stream after the capture", 9, rig.read(two, 64, 64));
    for (int replay = 0; replay < 5; replay++) {
      rig.set(one, 0);
      rig.set(two, 0);
      rig.set(three, 0);
      graph.launch(main);
      main.synchronize(Rig.DEADLINE);
      Check.all("copied on the side stream, replay " + replay, 1, rig.read(two));
      Check.all("copied after the join, replay " + replay, 1, rig.read(three));
    }
  }

  @Rule({"GRAPH-3", "STR-3"})
  @ConformanceTest
  void branchesOfAReplayRunBesideEachOther(Kit kit) {
    Rig rig = kit.rig();
    if (GraphRules.refused(kit, rig)) {
      return;
    }
    Stream main = rig.stream(0);
    Stream side = rig.stream(0);
    Event fork = rig.event(0);
    Event join = rig.event(0);
    Epoch epoch = rig.epoch(0);
    SignalArray words = rig.words(2);
    Signals signals = rig.backend.signals();
    main.beginCapture();
    signals.advance(main, epoch);
    main.record(fork);
    side.await(fork);
    signals.await(main, words, 0, epoch, Target.THIS_LAUNCH);
    signals.set(side, words, 0, 0, epoch);
    signals.await(side, words, 1, epoch, Target.THIS_LAUNCH);
    signals.set(main, words, 0, 1, epoch);
    side.record(join);
    main.await(join);
    Graph graph = rig.own(main.endCapture());
    for (int replay = 0; replay < 20; replay++) {
      graph.launch(main);
    }
    main.synchronize(Rig.DEADLINE);
    Check.equal("rendezvous", 20L, signals.read(words, 0, 1));
  }
}
