package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.support.Duration64;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.SignalChecks;
import java.time.Duration;

/** Signals: words raised by full fences, waited for by volatile reads and a bell for each rank. */
final class HostSignals implements Signals {
  private static final int WORD_BYTES = 8;
  private static final Operation ADVANCE =
      (command, execution) -> ((HostEpoch) command.first).advance();
  private static final Operation SET = HostSignals::runSet;
  private static final Operation SET_ALL = HostSignals::runSetAll;
  private static final Operation ADD = HostSignals::runAdd;
  private static final Operation AWAIT = HostSignals::runAwait;

  private final HostContext context;

  HostSignals(HostContext context) {
    this.context = context;
  }

  @Override
  public SignalArray allocate(String name, int wordsPerRank) {
    context.requireOpen();
    MemoryChecks.requireSize("wordsPerRank", wordsPerRank);
    HostSignalArray array = new HostSignalArray(context, name, wordsPerRank);
    array.opened();
    return array;
  }

  @Override
  public Epoch newEpoch(int rank) {
    context.requireOpen();
    HostEpoch epoch = new HostEpoch(context, context.requireRank("rank", rank));
    epoch.opened();
    return epoch;
  }

  @Override
  public void advance(Stream stream, Epoch epoch) {
    HostStream mine = HostStream.of(context, stream);
    HostEpoch counter = HostEpoch.of(context, mine.rank(), epoch);
    Command command = mine.begin(ADVANCE);
    command.first = counter;
    mine.commit(command);
  }

  @Override
  public void set(Stream stream, SignalArray array, int owner, int word, Epoch epoch) {
    HostStream mine = HostStream.of(context, stream);
    HostSignalArray words = HostSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, word, 1);
    context.requireRank("owner", owner);
    HostEpoch counter = HostEpoch.of(context, mine.rank(), epoch);
    Command command = mine.begin(SET);
    command.first = words;
    command.second = counter;
    command.numbers[0] = owner;
    command.numbers[1] = word;
    mine.commit(command);
  }

  @Override
  public void setAll(Stream stream, SignalArray array, int[] owners, int word, Epoch epoch) {
    HostStream mine = HostStream.of(context, stream);
    HostSignalArray words = HostSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, word, 1);
    for (int owner : owners) {
      context.requireRank("owners", owner);
    }
    HostEpoch counter = HostEpoch.of(context, mine.rank(), epoch);
    Command command = mine.begin(SET_ALL);
    command.first = words;
    command.second = counter;
    command.third = owners;
    command.numbers[1] = word;
    mine.commit(command);
  }

  @Override
  public void add(Stream stream, SignalArray array, int owner, int word, long delta) {
    HostStream mine = HostStream.of(context, stream);
    HostSignalArray words = HostSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, word, 1);
    context.requireRank("owner", owner);
    SignalChecks.requireGrowth(delta);
    Command command = mine.begin(ADD);
    command.first = words;
    command.numbers[0] = owner;
    command.numbers[1] = word;
    command.numbers[2] = delta;
    mine.commit(command);
  }

  @Override
  public void await(Stream stream, SignalArray array, int word, Epoch epoch, Target target) {
    awaitAll(stream, array, word, 1, epoch, target);
  }

  @Override
  public void awaitAll(
      Stream stream, SignalArray array, int firstWord, int count, Epoch epoch, Target target) {
    HostStream mine = HostStream.of(context, stream);
    HostSignalArray words = HostSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, firstWord, count);
    HostEpoch counter = HostEpoch.of(context, mine.rank(), epoch);
    Command command = mine.begin(AWAIT);
    command.first = words;
    command.second = counter;
    command.numbers[0] = firstWord;
    command.numbers[1] = count;
    command.numbers[2] = target.perEpoch();
    command.numbers[3] = target.offset();
    mine.commit(command);
  }

  @Override
  public long read(SignalArray array, int rank, int word) {
    return OffHeap.word(hostWord(array, rank, word).address(rank, word));
  }

  @Override
  public void addFromHost(SignalArray array, int rank, int word, long delta) {
    HostSignalArray words = hostWord(array, rank, word);
    SignalChecks.requireGrowth(delta);
    words.add(rank, word, delta);
  }

  @Override
  public void awaitOnHost(SignalArray array, int rank, int word, long value, Duration deadline) {
    HostSignalArray words = hostWord(array, rank, word);
    long address = words.address(rank, word);
    context.faults.check();
    try {
      if (context
          .rank(rank)
          .words
          .await(
              () -> OffHeap.word(address) >= value, Duration64.nanos(deadline), context.faults)) {
        return;
      }
    } catch (WorldFailed e) {
      throw context.faults.failure();
    }
    throw SignalChecks.late(words, rank, word, OffHeap.word(address), value, deadline);
  }

  private HostSignalArray hostWord(SignalArray array, int rank, int word) {
    HostSignalArray words = HostSignalArray.of(context, array);
    context.requireRank("rank", rank);
    SignalChecks.requireWords("word", words, word, 1);
    return words;
  }

  private static void runSet(Command command, Execution execution) {
    execution.chaos.delay();
    int owner = (int) command.numbers[0];
    execution.wire.message(execution.rank, owner, WORD_BYTES);
    ((HostSignalArray) command.first)
        .raise(owner, (int) command.numbers[1], ((HostEpoch) command.second).value());
  }

  private static void runSetAll(Command command, Execution execution) {
    HostSignalArray array = (HostSignalArray) command.first;
    long value = ((HostEpoch) command.second).value();
    for (int owner : (int[]) command.third) {
      execution.chaos.delay();
      execution.wire.message(execution.rank, owner, WORD_BYTES);
      array.raise(owner, (int) command.numbers[1], value);
    }
  }

  private static void runAdd(Command command, Execution execution) {
    execution.chaos.delay();
    int owner = (int) command.numbers[0];
    execution.wire.message(execution.rank, owner, WORD_BYTES);
    ((HostSignalArray) command.first).add(owner, (int) command.numbers[1], command.numbers[2]);
  }

  private static void runAwait(Command command, Execution execution) {
    execution.chaos.delay();
    HostSignalArray array = (HostSignalArray) command.first;
    int first = (int) command.numbers[0];
    int count = (int) command.numbers[1];
    long target = command.numbers[2] * ((HostEpoch) command.second).value() + command.numbers[3];
    if (!execution.context.link.on()) {
      execution.awaitWords(array, first, count, target, -1);
      return;
    }
    long reached = execution.wire.start();
    execution.awaitWords(array, first, count, target, -1);
    execution.wire.startAt(Math.max(reached, array.raisedAt(execution.rank, first, count)));
  }
}
