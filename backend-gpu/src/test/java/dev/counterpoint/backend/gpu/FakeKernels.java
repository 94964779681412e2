package dev.counterpoint.backend.gpu;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the small kernels do, for {@link FakeDriver}. */
final class FakeKernels {
  private FakeKernels() {}

  static void run(
      String entry,
      FakeDriver.ParameterRecord p,
      FakeMemory memory,
      boolean waitsPass,
      @Nullable List<Runnable> late) {
    if (failed(p, memory)) {
      return;
    }
    switch (entry) {
      case "epoch_advance" -> add(memory, p.getLong(EpochAdvanceParams.EPOCH), 1);
      case "signal_add" ->
          add(memory, p.getLong(SignalAddParams.WORD), p.getLong(SignalAddParams.DELTA));
      case "signal_set" -> set(p, memory);
      case "await_words" -> {
        if (!waitsPass) {
          await(p, memory, late);
        }
      }
      case "put" -> put(p, memory);
      default -> {
        // noted only
      }
    }
  }

  private static boolean failed(FakeDriver.ParameterRecord p, FakeMemory memory) {
    return memory.getInt(p.getLong(OperationLayout.ABORT)) != 0;
  }

  private static void add(FakeMemory memory, long address, long delta) {
    memory.putLong(address, memory.getLong(address) + delta);
  }

  private static void set(FakeDriver.ParameterRecord p, FakeMemory memory) {
    long epoch = memory.getLong(p.getLong(SignalSetParams.EPOCH));
    int count = p.getInt(SignalSetParams.COUNT);
    for (int i = 0; i < Math.max(1, count); i++) {
      long word =
          count == 0
              ? p.getLong(SignalSetParams.WORD)
              : memory.getLong(p.getLong(SignalSetParams.WORDS) + 8L * i);
      memory.putLong(word, Math.max(memory.getLong(word), epoch));
    }
  }

  /** A wait that is not satisfied expires at once, as the kernel would after its time. */
  private static void await(
      FakeDriver.ParameterRecord p, FakeMemory memory, @Nullable List<Runnable> late) {
    long epoch = memory.getLong(p.getLong(AwaitParams.TARGET + TargetLayout.EPOCH));
    long wanted =
        p.getLong(AwaitParams.TARGET + TargetLayout.PER_EPOCH) * epoch
            + p.getLong(AwaitParams.TARGET + TargetLayout.OFFSET);
    for (int i = 0; i < p.getInt(AwaitParams.COUNT); i++) {
      long seen = memory.getLong(p.getLong(AwaitParams.WORDS) + 8L * i);
      if (seen < wanted) {
        expire(p, memory, p.getLong(AwaitParams.FIRST_WORD) + i, seen, wanted, late);
        return;
      }
    }
  }

  private static void expire(
      FakeDriver.ParameterRecord p,
      FakeMemory memory,
      long word,
      long seen,
      long wanted,
      @Nullable List<Runnable> late) {
    long context = p.getLong(OperationLayout.CONTEXT);
    long record = memory.getLong(context + WaitContextLayout.RECORD);
    memory.putInt(record + FaultRecordLayout.KIND, 1);
    memory.putInt(record + FaultRecordLayout.RANK, memory.getInt(context + WaitContextLayout.RANK));
    memory.putInt(record + FaultRecordLayout.OPERATION, p.getInt(OperationLayout.OPERATION));
    memory.putInt(record + FaultRecordLayout.SITE, 3);
    memory.putInt(record + FaultRecordLayout.ARRAY, p.getInt(AwaitParams.ARRAY));
    memory.putLong(record + FaultRecordLayout.WORD, word);
    memory.putLong(record + FaultRecordLayout.TILE, -1);
    memory.putLong(record + FaultRecordLayout.SEEN, seen);
    memory.putLong(record + FaultRecordLayout.WANTED, wanted);
    memory.putLong(
        record + FaultRecordLayout.ELAPSED_NANOS,
        memory.getLong(context + WaitContextLayout.TIMEOUT_NANOS));
    memory.putInt(record + FaultRecordLayout.STATE, 1);
    memory.putInt(memory.getLong(context + WaitContextLayout.LOCAL_ABORT), 1);
    Runnable tellHost =
        () -> memory.putInt(memory.getLong(context + WaitContextLayout.HOST_ABORT), 1);
    if (late != null) {
      late.add(tellHost);
    } else {
      tellHost.run();
    }
    long peers = memory.getLong(context + WaitContextLayout.PEER_ABORTS);
    for (int i = 0; i < memory.getInt(context + WaitContextLayout.PEER_ABORT_COUNT); i++) {
      memory.putInt(memory.getLong(peers + 8L * i), 1);
    }
  }

  private static void put(FakeDriver.ParameterRecord p, FakeMemory memory) {
    for (long row = 0; row < p.getLong(PutParams.ROWS); row++) {
      memory.copy(
          p.getLong(PutParams.TARGET) + row * p.getLong(PutParams.TARGET_PITCH),
          p.getLong(PutParams.SOURCE) + row * p.getLong(PutParams.SOURCE_PITCH),
          p.getLong(PutParams.ROW_BYTES));
    }
  }
}
