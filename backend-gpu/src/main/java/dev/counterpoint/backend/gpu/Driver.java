package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.NativeException;
import java.nio.ByteBuffer;

/**
 * The calls of the driver that a backend makes, on handles that are numbers. Every method throws
 * {@link NativeException} with the native function, its status and that status's name. Methods that
 * act on a device act on the one last {@link #use used} by the calling thread.
 *
 * <p>An interface so that everything above it can be tested without a device. Methods marked (hot)
 * are called while launching and allocate nothing on the Java heap unless they fail.
 */
public interface Driver {
  /** What is asked of a kernel. */
  enum KernelAttribute {
    /** Most threads of a block; what its launch bounds say. */
    MOST_THREADS,
    /** Registers of a thread. */
    REGISTERS,
    /** Bytes spilled by a thread. */
    LOCAL_BYTES,
    /** Static shared bytes of a block. */
    SHARED_BYTES
  }

  // What statuses mean

  /** Whether memory was refused because there is not so much. */
  boolean isOutOfMemory(NativeException e);

  /** Whether a call was refused because of a capture; the device is well. */
  boolean isCapture(NativeException e);

  // Devices

  /** The driver's own number for its version. */
  int version();

  int deviceCount();

  String deviceName(int ordinal);

  long deviceMemory(int ordinal);

  /** What the device's compiler calls it, such as {@code sm_90} or {@code gfx942}. */
  String architecture(int ordinal);

  /** Multiprocessors. */
  int computeUnits(int ordinal);

  /** Whether the device is emulated in software. */
  boolean isEmulated(int ordinal);

  /** Whether kernels on one device may address memory of the other. */
  boolean canAccessPeer(int from, int to);

  /** Whether atomics of one device on memory of the other are atomic for everyone. */
  boolean hasPeerAtomics(int from, int to);

  // Contexts

  /** The context that everyone in the process shares for a device. */
  long retainContext(int ordinal);

  void releaseContext(int ordinal);

  /** (hot) Directs the calling thread's next calls to a context. */
  void use(long context);

  /** Lets the current context address another's memory; no effect when it already may. */
  void enablePeer(long context);

  // Memory

  long allocate(long bytes);

  /** Memory that other devices and the host change while kernels of the current one look at it. */
  long allocateShared(long bytes);

  void free(long address);

  /** Free and total bytes of the current device. */
  long[] memory();

  /** Zeroed host memory that every device can address, at the same address. */
  long allocateHost(long bytes);

  void freeHost(long address);

  /** Host memory as a buffer in native byte order; valid until it is freed. */
  ByteBuffer hostBuffer(long address, int bytes);

  /** The address of a direct buffer's first byte. */
  long addressOf(ByteBuffer direct);

  /** Copies from the host and returns when the bytes are there. */
  void upload(long target, long hostSource, long bytes);

  /** Copies to the host and returns when the bytes are there. */
  void download(long hostTarget, long source, long bytes);

  /** (hot) Copies between any two addresses in stream order. */
  void copy(long target, long source, long bytes, long stream);

  /** (hot) Copies rows of bytes in stream order. */
  void copyRows(
      long target,
      long targetPitch,
      long source,
      long sourcePitch,
      long rowBytes,
      long rows,
      long stream);

  /** (hot) Sets bytes in stream order. */
  void fill(long target, byte value, long bytes, long stream);

  // Streams and events

  /**
   * Writes a word in stream order, by whatever reads the stream and not by a copy engine: a copy
   * engine may have stopped at copies that stand behind a held stream.
   *
   * @param word address of four bytes of device memory
   */
  void write(long word, int value, long stream);

  /**
   * (hot) Holds a stream while bit 0 of a word of device memory is set, without a kernel.
   *
   * @param word address of four bytes
   */
  void holdWhileSet(long stream, long word);

  /** A stream that does not synchronize with others; higher priorities first, 0 is normal. */
  long createStream(int priority);

  void destroyStream(long stream);

  /** Whether a stream has run all its work. */
  boolean isIdle(long stream);

  long createEvent(boolean timed);

  void destroyEvent(long event);

  /**
   * (hot) Marks a point of a stream.
   *
   * @param external in a capture: a node that records at each replay, instead of a point to join
   */
  void record(long event, long stream, boolean external);

  /**
   * (hot) Makes a stream wait for an event.
   *
   * @param external in a capture: a node that waits at each replay
   */
  void await(long stream, long event, boolean external);

  boolean isComplete(long event);

  /** Time between two events; not a number unless both are complete. */
  double nanosBetween(long earlier, long later);

  // Graphs

  void beginCapture(long stream);

  /** Ends a capture and gives its graph. */
  long endCapture(long stream);

  void destroyGraph(long graph);

  /** Makes a graph executable. */
  long instantiate(long graph);

  void destroyExecutable(long executable);

  /** Brings an executable graph to the device, so that its first launch does not. */
  void uploadGraph(long executable, long stream);

  /** (hot) Launches an executable graph. */
  void launchGraph(long executable, long stream);

  // Kernels

  /** Loads a module from an image; a zero byte follows it, which ends an image that is text. */
  long loadModule(ByteBuffer image);

  void unloadModule(long module);

  /** A kernel of a module, by its entry point. */
  long kernel(long module, String entry);

  int kernelAttribute(long kernel, KernelAttribute attribute);

  /** Allows a kernel this many bytes of dynamic shared memory. */
  void allowSharedBytes(long kernel, int bytes);

  /** How many blocks of a kernel fit one multiprocessor. */
  int blocksPerUnit(long kernel, int threads, int sharedBytes);

  /**
   * (hot) Launches a kernel.
   *
   * @param parameters address of the addresses of as many parameters as the kernel has; all is read
   *     before this returns
   */
  void launch(long kernel, int blocks, int threads, int sharedBytes, long stream, long parameters);

  // What only kernels need that read matrices through descriptions, or whose blocks come in
  // clusters: asked for where the platform names such kernels.

  /** How many clusters of a kernel that was compiled with them the idle device holds at once. */
  default int residentClusters(long kernel, int cluster, int threads, int sharedBytes) {
    throw new UnsupportedOperationException("this platform has no clusters");
  }

  /**
   * (hot) Describes a matrix for the engine that copies boxes of it to shared memory, 128 bytes of
   * a row at a time; what lies outside reads as zeros.
   *
   * @param target where the description goes: 128 bytes of host memory, at a multiple of 64
   * @param address of the first element, a multiple of 16
   * @param inner elements of a row
   * @param outer rows
   * @param pitch bytes from row to row, a multiple of 16
   * @param innerBox elements of a row of a box
   * @param outerBox rows of a box, at most 256
   */
  default void describeMatrix(
      long target,
      DType type,
      long address,
      long inner,
      long outer,
      long pitch,
      int innerBox,
      int outerBox) {
    throw new UnsupportedOperationException("this platform has no such engine");
  }
}
