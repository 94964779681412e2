package dev.counterpoint.backend.gpu;

import dev.counterpoint.NativeException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of a {@link FakeDriver} that nothing is enqueued for: devices, contexts and memory.
 * Calls are noted, and can be made to fail by name.
 */
abstract class FakeHardware implements Driver {
  /** A status that means that there is no more memory. */
  static final int OUT_OF_MEMORY = 2;

  /** A status that means that a capture is in the way. */
  static final int CAPTURING = 900;

  final FakeMemory memory = new FakeMemory();
  final List<String> journal = new ArrayList<>();
  final Map<String, Integer> failures = new HashMap<>();
  int devices = 2;
  int version = 1;
  String architecture = "sm_90";
  boolean peers = true;
  boolean atomics = true;

  final Map<Integer, Integer> contexts = new HashMap<>();
  private long next = 1000;

  final synchronized void call(String name) {
    journal.add(name);
    Integer status = failures.get(name);
    if (status != null) {
      throw new NativeException(name, status, "ERROR_OF_A_TEST", "fake=true", "");
    }
  }

  final synchronized List<String> take() {
    List<String> taken = List.copyOf(journal);
    journal.clear();
    return taken;
  }

  final synchronized long handle() {
    return next++;
  }

  private final Map<Long, ByteBuffer> hostBuffers = new HashMap<>();

  @Override
  public boolean isOutOfMemory(NativeException e) {
    return e.status() == OUT_OF_MEMORY;
  }

  @Override
  public boolean isCapture(NativeException e) {
    return e.status() == CAPTURING;
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public int deviceCount() {
    call("deviceCount");
    return devices;
  }

  @Override
  public String deviceName(int ordinal) {
    return "Fake GPU";
  }

  @Override
  public long deviceMemory(int ordinal) {
    return 1L << 30;
  }

  @Override
  public String architecture(int ordinal) {
    return architecture;
  }

  @Override
  public int computeUnits(int ordinal) {
    return 132;
  }

  @Override
  public boolean isEmulated(int ordinal) {
    return false;
  }

  @Override
  public boolean canAccessPeer(int from, int to) {
    return peers;
  }

  @Override
  public boolean hasPeerAtomics(int from, int to) {
    return atomics;
  }

  @Override
  public long retainContext(int ordinal) {
    contexts.merge(ordinal, 1, Integer::sum);
    return 10 + ordinal;
  }

  @Override
  public void releaseContext(int ordinal) {
    contexts.merge(ordinal, -1, Integer::sum);
  }

  @Override
  public void use(long context) {}

  @Override
  public void enablePeer(long context) {}

  @Override
  public long allocate(long bytes) {
    call("allocate");
    return memory.allocate(bytes);
  }

  @Override
  public long allocateShared(long bytes) {
    call("allocateShared");
    return memory.allocate(bytes);
  }

  @Override
  public void free(long address) {
    call("free");
    if (!memory.free(address)) {
      throw new AssertionError("freed twice");
    }
  }

  @Override
  public long[] memory() {
    return new long[] {1 << 20, 1 << 30};
  }

  @Override
  public long allocateHost(long bytes) {
    return memory.register(Tables.buffer((int) bytes));
  }

  @Override
  public void freeHost(long address) {
    // Whoever reads on finds nothing that makes sense.
    ByteBuffer freed = hostBuffers.remove(address);
    for (int i = 0; freed != null && i < freed.capacity(); i++) {
      freed.put(i, (byte) -1);
    }
    memory.free(address);
  }

  @Override
  public ByteBuffer hostBuffer(long address, int bytes) {
    // Registered by allocateHost: the same bytes.
    memory.free(address);
    ByteBuffer buffer = Tables.buffer(bytes);
    memory.put(address, buffer);
    hostBuffers.put(address, buffer);
    return buffer;
  }

  @Override
  public long addressOf(ByteBuffer direct) {
    return memory.registerView(direct);
  }

  @Override
  public void upload(long target, long hostSource, long bytes) {
    call("upload");
    memory.copy(target, hostSource, bytes);
  }

  @Override
  public void download(long hostTarget, long source, long bytes) {
    call("download");
    memory.copy(hostTarget, source, bytes);
  }
}
