package dev.counterpoint.conformance;

import static dev.counterpoint.conformance.Spoiling.frozen;
import static dev.counterpoint.conformance.Spoiling.onDevices;
import static dev.counterpoint.conformance.Spoiling.onStreams;
import static dev.counterpoint.conformance.Spoiling.replacing;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.SymmetricHeap;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Wrong signals, transfers, streams, graphs, memory and lifecycles. */
enum OrderFlaw implements Flaw {
  SIGNALS_BEFORE_DATA("XFER-3", "theSignalOfAPutIsNotSeenBeforeItsBytes", "signal of round") {
    @Override
    public Backend spoil(Backend raw) {
      Map<Integer, DeviceMemory> scratch = new ConcurrentHashMap<>();
      return replacing(
          raw,
          "transfers",
          Transfers.class,
          (method, a, call) -> {
            if (!method.equals("putSignal")) {
              return call.with(a);
            }
            Stream stream = (Stream) a[0];
            DeviceMemory target = (DeviceMemory) a[3];
            raw.signals().set(stream, (SignalArray) a[7], target.rank(), (int) a[8], (Epoch) a[9]);
            DeviceMemory slow =
                scratch.computeIfAbsent(
                    stream.rank(), rank -> raw.device(rank).allocate(4 << 20).memory());
            raw.transfers().fill(stream, slow, 0, slow.bytes(), (byte) 0);
            raw.transfers()
                .put(
                    stream,
                    (DeviceMemory) a[1],
                    (long) a[2],
                    target,
                    (long) a[4],
                    (long) a[5],
                    (Transport) a[6]);
            return null;
          });
    }
  },

  FORGETS_THE_SIGNAL_OF_AN_EMPTY_PUT(
      "XFER-4",
      "nothingMayBeMovedAndStillSignals",
      "signal of a put of nothing: wanted 1, seen 0") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "transfers",
          Transfers.class,
          (method, a, call) ->
              method.equals("putSignal") && (long) a[5] == 0 ? null : call.with(a));
    }
  },

  CLAMPS_RANGES_INSTEAD_OF_REFUSING(
      "XFER-5",
      "rangesOutsideTheMemoryAreRefused",
      "wanted InvalidArgumentException, but it was accepted") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "transfers",
          Transfers.class,
          (method, a, call) -> {
            if (method.equals("fill")) {
              long bytes = ((DeviceMemory) a[1]).bytes();
              a[2] = Math.max(0, Math.min((long) a[2], bytes));
              a[3] = Math.max(0, Math.min((long) a[3], bytes - (long) a[2]));
            }
            return call.with(a);
          });
    }
  },

  LOSES_A_SIGNAL_NOW_AND_THEN(
      "SIG-5", "addsFromAllStreamsRanksAndTheHostAreAllCounted", "sum of all adds") {
    @Override
    public Backend spoil(Backend raw) {
      AtomicInteger calls = new AtomicInteger();
      return replacing(
          raw,
          "signals",
          Signals.class,
          (method, a, call) ->
              method.equals("add") && calls.incrementAndGet() % 97 == 0 ? null : call.with(a));
    }
  },

  LOSES_THE_SIGNAL_TO_A_PEER("SIG-3", "messagePassingByPutAndSet", "wait expired") {
    @Override
    public Backend spoil(Backend raw) {
      AtomicInteger calls = new AtomicInteger();
      return replacing(
          raw,
          "signals",
          Signals.class,
          (method, a, call) ->
              method.equals("set") && calls.incrementAndGet() == 20 ? null : call.with(a));
    }
  },

  HANGS_WHEN_CLOSED("LIFE-7", "closingReturnsEvenWhenAPeerNeverArrives", "did not return within") {
    @Override
    public Backend spoil(Backend raw) {
      return Wrap.around(
          Backend.class,
          raw,
          (method, a, call) -> {
            Object result = call.with(a);
            if (method.equals("close")) {
              new CountDownLatch(1).await();
            }
            return result;
          });
    }
  },

  TOLERATES_USE_AFTER_CLOSE("LIFE-4", "closedMemoryIsRefused", "but it was accepted") {
    @Override
    public Backend spoil(Backend raw) {
      return onDevices(
          raw,
          (method, a, call) -> {
            if (!method.equals("allocate")) {
              return call.with(a);
            }
            DeviceBuffer buffer = (DeviceBuffer) call.with(a);
            DeviceMemory memory = buffer.memory();
            return Wrap.around(
                DeviceBuffer.class, buffer, (m, b, c) -> m.equals("memory") ? memory : c.with(b));
          });
    }
  },

  LEAKS_SYMMETRIC_MEMORY("MEM-3", "allocatedBytesFollowWhatIsOpen", "allocatedBytes after close") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "heap",
          SymmetricHeap.class,
          (method, a, call) -> {
            Object result = call.with(a);
            return result instanceof SymmetricBuffer buffer
                ? Wrap.around(
                    SymmetricBuffer.class,
                    buffer,
                    (m, b, c) -> m.equals("close") ? null : c.with(b))
                : result;
          });
    }
  },

  HANDS_OUT_DIRTY_MEMORY(
      "MEM-2", "symmetricMemoryIsZeroedAndTheSameEverywhere", "fresh symmetric memory of rank 0") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "heap",
          SymmetricHeap.class,
          (method, a, call) -> {
            Object result = call.with(a);
            if (result instanceof SymmetricBuffer buffer && buffer.bytes() > 0) {
              raw.device(0)
                  .upload(
                      buffer.at(0), buffer.bytes() - 1, java.nio.ByteBuffer.wrap(new byte[] {1}));
            }
            return result;
          });
    }
  },

  LEAVES_A_THREAD_BEHIND(
      "LIFE-5", "openingAndClosingManyTimesLeavesNothingBehind", "leaves some behind") {
    @Override
    public Backend spoil(Backend raw) {
      Thread thread = new Thread(() -> Threads.pause(60_000), "left-behind");
      thread.setDaemon(true);
      thread.start();
      return raw;
    }
  },

  WAITS_WITHOUT_BOUND("ERR-1", "aWaitOnAStreamExpires", "DeadlineExceededException") {
    @Override
    public BackendOptions options(BackendOptions asked) {
      return new BackendOptions(
          asked.ranks(), asked.bootstrap(), Duration.ofHours(1), asked.properties());
    }
  },

  CAPTURES_THE_EPOCH_AS_A_CONSTANT(
      "SIG-9", "aReplayUsesTheEpochOfTheReplay", "word raised by set: wanted 2, seen 1") {
    @Override
    public Backend spoil(Backend raw) {
      Set<Object> capturing = ConcurrentHashMap.newKeySet();
      Backend wrapped =
          onStreams(
              raw,
              (stream, method, a, call) -> {
                if (method.equals("beginCapture")) {
                  capturing.add(stream);
                } else if (method.equals("endCapture")) {
                  capturing.remove(stream);
                }
                return call.with(a);
              });
      Signals signals =
          Wrap.around(
              Signals.class,
              raw.signals(),
              (method, a, call) -> {
                if (method.equals("set") && capturing.contains(a[0])) {
                  a[4] = frozen(raw, (Epoch) a[4]);
                }
                return call.with(a);
              });
      return Wrap.around(
          Backend.class,
          wrapped,
          (method, a, call) -> method.equals("signals") ? signals : call.with(a));
    }
  },

  IGNORES_WAITS_FOR_EVENTS("STR-4", "theLatestRecordCounts", "what the second stream saw") {
    @Override
    public Backend spoil(Backend raw) {
      return onStreams(
          raw, (stream, method, a, call) -> method.equals("await") ? null : call.with(a));
    }
  },

  ABORTS_ITS_NEIGHBOURS(
      "LIFE-8", "twoBackendsDoNotObserveEachOther", "the other world has a fault") {
    @SuppressWarnings("ImmutableEnumChecker") // being mutable and shared is the flaw
    private final List<Backend> all = new CopyOnWriteArrayList<>();

    @Override
    public Backend spoil(Backend raw) {
      all.add(raw);
      return Wrap.around(
          Backend.class,
          raw,
          (method, a, call) -> {
            if (method.equals("abort")) {
              all.forEach(backend -> backend.abort((String) a[0]));
            }
            return call.with(a);
          });
    }
  },

  ACCEPTS_MISSPELT_OPTIONS("LIFE-9", "aMisspeltOptionIsRefused", "but it was accepted") {
    @Override
    public BackendOptions options(BackendOptions asked) {
      return new BackendOptions(asked.ranks(), asked.bootstrap(), asked.waitTimeout(), Map.of());
    }
  };

  private final String rule;
  private final String test;
  private final String says;

  OrderFlaw(String rule, String test, String says) {
    this.rule = rule;
    this.test = test;
    this.says = says;
  }

  @Override
  public String rule() {
    return rule;
  }

  @Override
  public String test() {
    return test;
  }

  @Override
  public String says() {
    return says;
  }
}
