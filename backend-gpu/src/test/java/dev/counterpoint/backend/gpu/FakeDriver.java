package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.NativeException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A driver without a device: memory is real, kernels of signals and copies do what they should, all
 * others are noted, and everything happens at once unless its stream is held.
 */
final class FakeDriver extends FakeHardware {
  final Set<Long> held = ConcurrentHashMap.newKeySet();

  /** Clusters that the idle device holds. */
  int clusters = 66;

  /** Of a held stream, what was recorded first counts as reached: the rest is what is held. */
  boolean completesOnceHeld;

  /** The flag that the host reads is raised by {@link #showFaults} only. */
  boolean faultsAreSeenLate;

  /** Waits that are not satisfied are passed, as if a peer had come meanwhile. */
  boolean waitsPass;

  final Set<Long> streams = new HashSet<>();
  final Set<Long> events = new HashSet<>();
  final Set<Long> executables = new HashSet<>();
  final Map<Long, String> kernels = new HashMap<>();
  final Map<String, ParameterRecord> lastParameters = new HashMap<>();
  private final Map<Long, List<Runnable>> captures = new HashMap<>();
  private final Map<Long, List<Runnable>> capturedEvents = new HashMap<>();
  private final Map<Long, List<Runnable>> graphs = new HashMap<>();
  private final Map<Long, Long> launchedOn = new HashMap<>();
  private final Map<Long, List<Runnable>> stopped = new HashMap<>();
  private final Map<Long, Long> stoppedBy = new HashMap<>();

  /** There is one copy engine: it stands while a copy of a stopped stream is next. */
  private final List<Runnable> behindStoppedCopies = new ArrayList<>();

  private int stoppedCopies;
  private final Map<Long, Long> recordedOn = new ConcurrentHashMap<>();
  private final Map<Long, Long> firstOfStream = new ConcurrentHashMap<>();

  /** A matrix as it was described. */
  record Matrix(
      DType type, long address, long inner, long outer, long pitch, int innerBox, int outerBox) {}

  /** Descriptions that were made; what is written is where one is in here. */
  final List<Matrix> matrices = new ArrayList<>();

  /** What a launch was given; the second parameter's address is 0 where there is none. */
  record ParameterRecord(
      FakeMemory memory, long address, long second, int blocks, int threads, int shared) {
    /** The description at a place of the second parameter, by its number among all. */
    int matrix(int offset) {
      return memory.getInt(second + offset);
    }

    int getInt(int offset) {
      return memory.getInt(address + offset);
    }

    long getLong(int offset) {
      return memory.getLong(address + offset);
    }
  }

  private final List<Runnable> hidden = new ArrayList<>();

  /** Raises the host's flag if something has failed. */
  void showFaults() {
    faultsAreSeenLate = false;
    hidden.forEach(Runnable::run);
    hidden.clear();
  }

  private void enqueue(long stream, Runnable work) {
    List<Runnable> capture = captures.get(stream);
    if (capture != null) {
      capture.add(work);
    } else if (stopped.containsKey(stream)) {
      stopped.get(stream).add(work);
    } else {
      work.run();
    }
  }

  @Override
  public void write(long word, int value, long stream) {
    call("write");
    enqueue(stream, () -> memory.putInt(word, value));
  }

  @Override
  public void holdWhileSet(long stream, long word) {
    call("holdWhileSet");
    if (!captures.containsKey(stream) && (memory.getInt(word) & 1) != 0) {
      stopped.putIfAbsent(stream, new ArrayList<>());
      stoppedBy.put(stream, word);
    }
  }

  /** Whether copies of other streams wait behind those of a held one. */
  boolean copyEngineStands() {
    return stoppedCopies > 0;
  }

  /** A held stream goes on when its word is clear. */
  private boolean isHeld(long stream) {
    Long word = stoppedBy.get(stream);
    if (word != null && (memory.getInt(word) & 1) == 0) {
      stoppedBy.remove(stream);
      stopped.remove(stream).forEach(Runnable::run);
      if (stoppedCopies == 0) {
        List<Runnable> copies = List.copyOf(behindStoppedCopies);
        behindStoppedCopies.clear();
        copies.forEach(Runnable::run);
      }
    }
    return held.contains(stream) || stopped.containsKey(stream);
  }

  @Override
  public void copy(long target, long source, long bytes, long stream) {
    call("copy");
    if (stopped.containsKey(stream)) {
      stoppedCopies++;
      enqueue(
          stream,
          () -> {
            stoppedCopies--;
            memory.copy(target, source, bytes);
          });
    } else if (stoppedCopies > 0 && !captures.containsKey(stream)) {
      behindStoppedCopies.add(() -> memory.copy(target, source, bytes));
    } else {
      enqueue(stream, () -> memory.copy(target, source, bytes));
    }
  }

  @Override
  public void copyRows(
      long target,
      long targetPitch,
      long source,
      long sourcePitch,
      long rowBytes,
      long rows,
      long stream) {
    call("copyRows");
    enqueue(
        stream,
        () -> {
          for (long row = 0; row < rows; row++) {
            memory.copy(target + row * targetPitch, source + row * sourcePitch, rowBytes);
          }
        });
  }

  @Override
  public void fill(long target, byte value, long bytes, long stream) {
    call("fill");
    enqueue(
        stream,
        () -> {
          for (long i = 0; i < bytes; i++) {
            memory.putByte(target + i, value);
          }
        });
  }

  @Override
  public long createStream(int priority) {
    long stream = handle();
    streams.add(stream);
    return stream;
  }

  @Override
  public void destroyStream(long stream) {
    if (!streams.remove(stream)) {
      throw new AssertionError("stream destroyed twice");
    }
  }

  @Override
  public boolean isIdle(long stream) {
    if (captures.containsKey(stream)) {
      throw new AssertionError("a capturing stream was asked");
    }
    Integer status = failures.get("isIdle");
    if (status != null) {
      throw new NativeException("isIdle", status, "ERROR_OF_A_TEST", "", "");
    }
    return !isHeld(stream);
  }

  @Override
  public long createEvent(boolean timed) {
    long event = handle();
    events.add(event);
    return event;
  }

  @Override
  public void destroyEvent(long event) {
    if (!events.remove(event)) {
      throw new AssertionError("event destroyed twice");
    }
  }

  @Override
  public void record(long event, long stream, boolean external) {
    call(external ? "recordExternal" : "record");
    if (captures.containsKey(stream) && !external) {
      capturedEvents.put(event, captures.get(stream));
    } else {
      recordedOn.put(event, stream);
      if (held.contains(stream)) {
        firstOfStream.putIfAbsent(stream, event);
      }
    }
  }

  @Override
  public void await(long stream, long event, boolean external) {
    call(external ? "awaitExternal" : "await");
    List<Runnable> capture = capturedEvents.get(event);
    if (!external && capture != null) {
      captures.put(stream, capture);
    }
  }

  @Override
  public boolean isComplete(long event) {
    Long stream = recordedOn.get(event);
    return stream == null
        || !held.contains(stream)
        || (completesOnceHeld && firstOfStream.getOrDefault(stream, -1L) == event);
  }

  @Override
  public double nanosBetween(long earlier, long later) {
    return 1000;
  }

  @Override
  public void beginCapture(long stream) {
    call("beginCapture");
    captures.put(stream, new ArrayList<>());
  }

  @Override
  public long endCapture(long stream) {
    List<Runnable> capture = captures.get(stream);
    captures.values().removeIf(c -> c == capture);
    capturedEvents.values().removeIf(c -> c == capture);
    call("endCapture");
    long graph = handle();
    graphs.put(graph, capture);
    return graph;
  }

  @Override
  public void destroyGraph(long graph) {
    graphs.remove(graph);
  }

  @Override
  public long instantiate(long graph) {
    call("instantiate");
    long executable = handle();
    executables.add(executable);
    graphs.put(executable, graphs.get(graph));
    return executable;
  }

  @Override
  public void destroyExecutable(long executable) {
    if (isHeld(launchedOn.getOrDefault(executable, -1L))) {
      throw new AssertionError("the driver would wait for the graph without bound");
    }
    executables.remove(executable);
  }

  @Override
  public void uploadGraph(long executable, long stream) {
    call("uploadGraph");
  }

  @Override
  public void launchGraph(long executable, long stream) {
    call("launchGraph");
    launchedOn.put(executable, stream);
    List<Runnable> work = graphs.get(executable);
    enqueue(stream, () -> work.forEach(Runnable::run));
  }

  @Override
  public long loadModule(ByteBuffer image) {
    call("loadModule");
    return handle();
  }

  @Override
  public void unloadModule(long module) {}

  @Override
  public long kernel(long module, String entry) {
    call("kernel");
    long kernel = handle();
    kernels.put(kernel, entry);
    return kernel;
  }

  @Override
  public int kernelAttribute(long kernel, KernelAttribute attribute) {
    return attribute == KernelAttribute.MOST_THREADS ? 256 : 0;
  }

  @Override
  public void allowSharedBytes(long kernel, int bytes) {}

  @Override
  public int blocksPerUnit(long kernel, int threads, int sharedBytes) {
    return 1;
  }

  @Override
  public int residentClusters(long kernel, int cluster, int threads, int sharedBytes) {
    return clusters;
  }

  @Override
  public void describeMatrix(
      long target,
      DType type,
      long address,
      long inner,
      long outer,
      long pitch,
      int innerBox,
      int outerBox) {
    call("describeMatrix");
    if (target % 64 != 0) {
      throw new AssertionError("a description at " + target);
    }
    for (int i = 0; i < 128; i += Integer.BYTES) {
      memory.putInt(target + i, matrices.size());
    }
    matrices.add(new Matrix(type, address, inner, outer, pitch, innerBox, outerBox));
  }

  @Override
  public void launch(
      long kernel, int blocks, int threads, int sharedBytes, long stream, long parameters) {
    String entry = kernels.get(kernel);
    call(entry);
    long address = memory.getLong(parameters);
    // The driver reads the parameters during the call; what is enqueued works on its own copy.
    ByteBuffer copy = Tables.buffer(512);
    long mine = memory.register(copy);
    memory.copyAvailable(mine, address, 512);
    long second = memory.getLong(parameters + Long.BYTES);
    long mySecond = 0;
    if (second != 0) {
      mySecond = memory.register(Tables.buffer(TileGemmMaps.SIZE));
      memory.copy(mySecond, second, TileGemmMaps.SIZE);
    }
    ParameterRecord record =
        new ParameterRecord(memory, mine, mySecond, blocks, threads, sharedBytes);
    lastParameters.put(entry, record);
    enqueue(
        stream,
        () -> FakeKernels.run(entry, record, memory, waitsPass, faultsAreSeenLate ? hidden : null));
  }
}
