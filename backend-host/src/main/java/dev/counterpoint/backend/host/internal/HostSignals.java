package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.support.CheckedSignals;

/** Signals: words raised by full fences, waited for by volatile reads and a bell for each rank. */
final class HostSignals extends CheckedSignals<HostStream, HostSignalArray, HostEpoch> {
  private static final int WORD_BYTES = 8;
  private static final Operation ADVANCE =
      (command, execution) -> ((HostEpoch) command.first).advance();
  private static final Operation SET = HostSignals::runSet;
  private static final Operation SET_ALL = HostSignals::runSetAll;
  private static final Operation ADD = HostSignals::runAdd;
  private static final Operation AWAIT = HostSignals::runAwait;

  private final HostContext context;

  HostSignals(HostContext context) {
    super(context, HostStream.class, HostSignalArray.class, HostEpoch.class);
    this.context = context;
  }

  @Override
  protected HostSignalArray newArray(String name, int wordsPerRank) {
    return new HostSignalArray(context, name, wordsPerRank);
  }

  @Override
  protected HostEpoch newCounter(int rank) {
    return new HostEpoch(context, rank);
  }

  @Override
  protected void advanceCounter(HostStream stream, HostEpoch epoch) {
    Command command = stream.begin(ADVANCE);
    command.first = epoch;
    stream.commit(command);
  }

  @Override
  protected void raise(
      HostStream stream, HostSignalArray array, int owner, int word, HostEpoch epoch) {
    Command command = stream.begin(SET);
    command.first = array;
    command.second = epoch;
    command.numbers[0] = owner;
    command.numbers[1] = word;
    stream.commit(command);
  }

  @Override
  protected void raiseAll(
      HostStream stream, HostSignalArray array, int[] owners, int word, HostEpoch epoch) {
    Command command = stream.begin(SET_ALL);
    command.first = array;
    command.second = epoch;
    command.third = owners;
    command.numbers[1] = word;
    stream.commit(command);
  }

  @Override
  protected void addTo(HostStream stream, HostSignalArray array, int owner, int word, long delta) {
    Command command = stream.begin(ADD);
    command.first = array;
    command.numbers[0] = owner;
    command.numbers[1] = word;
    command.numbers[2] = delta;
    stream.commit(command);
  }

  @Override
  protected void awaitWords(
      HostStream stream,
      HostSignalArray array,
      int firstWord,
      int count,
      HostEpoch epoch,
      Target target) {
    Command command = stream.begin(AWAIT);
    command.first = array;
    command.second = epoch;
    command.numbers[0] = firstWord;
    command.numbers[1] = count;
    command.numbers[2] = target.perEpoch();
    command.numbers[3] = target.offset();
    stream.commit(command);
  }

  @Override
  protected long readWord(HostSignalArray array, int rank, int word) {
    return OffHeap.word(array.address(rank, word));
  }

  @Override
  protected void addToWord(HostSignalArray array, int rank, int word, long delta) {
    array.add(rank, word, delta);
  }

  @Override
  protected boolean awaitWord(HostSignalArray array, int rank, int word, long value, long nanos) {
    long address = array.address(rank, word);
    context.faults.check();
    try {
      return context
          .rank(rank)
          .words
          .await(() -> OffHeap.word(address) >= value, nanos, context.faults);
    } catch (WorldFailed e) {
      throw context.faults.failure();
    }
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
