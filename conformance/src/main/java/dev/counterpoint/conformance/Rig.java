package dev.counterpoint.conformance;

import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A backend on the test bench: hands out resources, closes them all, and moves bytes to and fro.
 */
final class Rig implements AutoCloseable {
  /** For waits that end at once unless something is broken. */
  static final Duration DEADLINE = Duration.ofSeconds(20);

  final Backend backend;
  final int ranks;
  final Duration waitTimeout;
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();
  private int names;

  Rig(Backend backend, Duration waitTimeout) {
    this.backend = backend;
    this.ranks = backend.size();
    this.waitTimeout = waitTimeout;
  }

  /** Work of one rank. */
  interface RankAction {
    void accept(int rank) throws Exception;
  }

  <T extends AutoCloseable> T own(T resource) {
    synchronized (resources) {
      resources.push(resource);
    }
    return resource;
  }

  synchronized String name(String base) {
    return base + "-" + names++;
  }

  Stream stream(int rank) {
    return own(backend.device(rank).newStream(name("stream"), 0));
  }

  /** One stream on every rank. */
  Stream[] streams() {
    Stream[] streams = new Stream[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      streams[rank] = stream(rank);
    }
    return streams;
  }

  Event event(int rank) {
    return own(backend.device(rank).newEvent(false));
  }

  SignalArray words(int count) {
    return own(backend.signals().allocate(name("words"), count));
  }

  Epoch epoch(int rank) {
    return own(backend.signals().newEpoch(rank));
  }

  Epoch[] epochs() {
    Epoch[] epochs = new Epoch[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      epochs[rank] = epoch(rank);
    }
    return epochs;
  }

  SymmetricBuffer symmetric(long bytes) {
    return own(backend.heap().allocate(name("buffer"), bytes));
  }

  DeviceMemory memory(int rank, long bytes) {
    DeviceBuffer buffer = own(backend.device(rank).allocate(bytes));
    return buffer.memory();
  }

  DeviceMemory memory(int rank, byte[] content) {
    DeviceMemory memory = memory(rank, content.length);
    write(memory, 0, content);
    return memory;
  }

  PreparedGemm prepare(GemmSpec spec) {
    return own(backend.gemm().prepare(spec));
  }

  TileReduce.PreparedReduce prepare(ReduceSpec spec) {
    return own(backend.reduce().prepare(spec));
  }

  void write(DeviceMemory memory, long offset, byte[] content) {
    backend.device(memory.rank()).upload(memory, offset, ByteBuffer.wrap(content));
  }

  void set(DeviceMemory memory, int value) {
    byte[] content = new byte[(int) memory.bytes()];
    java.util.Arrays.fill(content, (byte) value);
    write(memory, 0, content);
  }

  byte[] read(DeviceMemory memory) {
    return read(memory, 0, memory.bytes());
  }

  byte[] read(DeviceMemory memory, long offset, long bytes) {
    byte[] content = new byte[(int) bytes];
    backend.device(memory.rank()).download(memory, offset, ByteBuffer.wrap(content));
    return content;
  }

  static byte[] ints(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.nativeOrder());
    buffer.asIntBuffer().put(values);
    return buffer.array();
  }

  static int[] ints(byte[] bytes) {
    int[] values = new int[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).asIntBuffer().get(values);
    return values;
  }

  static byte[] bytes(java.util.Random random, int count) {
    byte[] content = new byte[count];
    random.nextBytes(content);
    return content;
  }

  boolean has(Capability capability) {
    return backend.capabilities().contains(capability);
  }

  /** Whether a transfer, route or post from one rank to the other may be done by compute units. */
  boolean reaches(int from, int to) {
    return from == to || has(Capability.PEER_ACCESS);
  }

  /** Waits until every local stream is idle. */
  void settle() {
    for (int rank = 0; rank < ranks; rank++) {
      backend.device(rank).synchronize(DEADLINE);
    }
  }

  /**
   * Runs an action for every rank at once, each in its own thread, as backends whose calls meet on
   * the host need it.
   */
  void onEachRank(RankAction action) {
    List<CompletableFuture<Void>> done = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      int mine = rank;
      CompletableFuture<Void> future = new CompletableFuture<>();
      done.add(future);
      Watchdog.start("conformance-rank-" + rank, () -> action.accept(mine), future);
    }
    Throwable first = null;
    for (int rank = 0; rank < ranks; rank++) {
      try {
        done.get(rank).get(DEADLINE.toMillis() * 2, TimeUnit.MILLISECONDS);
      } catch (ExecutionException e) {
        first = first == null ? e.getCause() : first;
      } catch (TimeoutException e) {
        throw new AssertionError("the calls of rank " + rank + " did not return", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
    rethrow(first);
  }

  private static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    if (failure != null) {
      throw new AssertionError(failure);
    }
  }

  /** Something that holds streams of one rank until the test lets go. */
  Hold hold(int rank) {
    return new Hold(words(1), epoch(rank), rank);
  }

  /** See {@link #hold}. */
  final class Hold {
    private final SignalArray words;
    private final Epoch epoch;
    private final int rank;

    Hold(SignalArray words, Epoch epoch, int rank) {
      this.words = words;
      this.epoch = epoch;
      this.rank = rank;
    }

    Stream on(Stream stream) {
      backend.signals().await(stream, words, 0, epoch, new Target(0, 1));
      return stream;
    }

    void release() {
      backend.signals().addFromHost(words, rank, 0, 1);
    }

    String arrayName() {
      return words.name();
    }
  }

  /** Waits for the world to fail, and returns how. */
  FaultRecord awaitFault(Stream stream) {
    Duration patience = waitTimeout.plusSeconds(3);
    DeviceFaultException e =
        Check.fails(
            DeviceFaultException.class,
            "synchronize of a stream that waits in vain",
            () -> stream.synchronize(patience));
    return e.fault();
  }

  @Override
  public void close() {
    boolean failed = backend.fault().isPresent();
    RuntimeException first = null;
    while (true) {
      AutoCloseable resource;
      synchronized (resources) {
        if (resources.isEmpty()) {
          break;
        }
        resource = resources.pop();
      }
      try {
        resource.close();
      } catch (Exception e) {
        if (!failed && first == null) {
          first =
              new IllegalStateException(
                  "closing " + resource.getClass().getSimpleName() + ": " + e.getMessage(), e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
