package dev.counterpoint;

import dev.counterpoint.spi.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A row-major matrix in the memory of one rank's device.
 *
 * <p>Holds no element on the Java heap. A tensor from {@link Rank#allocate} owns its memory and
 * frees it on {@link #close()}, once the rank's enqueued work is complete; views ({@link #rows})
 * and wrapped memory own nothing, and a view is closed with its parent. Uploads and downloads are
 * ordered after everything enqueued on the rank's stream so far and block until they are complete.
 */
public final class Tensor implements AutoCloseable {
  /** How many elements are converted at a time between Java floats and the device format. */
  private static final int BATCH = 1 << 18;

  private final Rank rank;
  private final DType dtype;
  private final int rows;
  private final int cols;
  private final int rowStride;
  private final DeviceMemory memory;
  private final Owner owner;
  private final @Nullable Tensor scales;

  /** Moves bytes and frees memory on behalf of tensors; implemented by the world. */
  public interface Access {
    /** Copies {@code source}'s remaining bytes (direct or heap) to the device. */
    void upload(Rank rank, DeviceMemory target, long offset, ByteBuffer source);

    /** Fills {@code target}'s remaining bytes from the device. */
    void download(Rank rank, DeviceMemory source, long offset, ByteBuffer target);

    /** Frees what backs the tensor; called at most once. */
    void free();
  }

  private record Owner(Access access, AtomicBoolean closed) {}

  private Tensor(
      Rank rank,
      DType dtype,
      int rows,
      int cols,
      int rowStride,
      DeviceMemory memory,
      Owner owner,
      @Nullable Tensor scales) {
    this.rank = rank;
    this.dtype = dtype;
    this.rows = rows;
    this.cols = cols;
    this.rowStride = rowStride;
    this.memory = memory;
    this.owner = owner;
    this.scales = scales;
  }

  /**
   * Makes a tensor over memory; used by worlds. Applications call {@link Rank#allocate} or {@link
   * Rank#wrap}.
   *
   * @param memory at least {@code ((rows − 1) · rowStride + cols) · dtype.bytes()} bytes on the
   *     rank's device
   */
  public static Tensor over(
      Rank rank,
      DType dtype,
      int rows,
      int cols,
      int rowStride,
      DeviceMemory memory,
      Access access) {
    Objects.requireNonNull(rank, "rank");
    Shape shape = new Shape(rows, cols);
    if (rowStride < cols) {
      throw new InvalidArgumentException(
          "rowStride", rowStride, "be at least the number of columns, " + cols);
    }
    long needed = shape.elements() == 0 ? 0 : shape.extentBytes(rowStride, dtype);
    if (memory.bytes() < needed) {
      throw new InvalidArgumentException(
          "memory",
          memory.bytes() + " bytes",
          "hold " + needed + " bytes for " + shape + " " + dtype);
    }
    return new Tensor(
        rank, dtype, rows, cols, rowStride, memory, new Owner(access, new AtomicBoolean()), null);
  }

  /** The rank on whose device it lies. */
  public Rank rank() {
    return rank;
  }

  /** Element type. */
  public DType dtype() {
    return dtype;
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Number of columns. */
  public int cols() {
    return cols;
  }

  /** Elements from one row to the next. */
  public int rowStride() {
    return rowStride;
  }

  /** Rows and columns. */
  public Shape shape() {
    return new Shape(rows, cols);
  }

  /** Whether rows follow each other without a gap. */
  public boolean isContiguous() {
    return rowStride == cols || rows <= 1;
  }

  /** Where it lies; valid until {@link #close()}. */
  public DeviceMemory memory() {
    requireOpen();
    return memory;
  }

  /**
   * This tensor as an operand that comes with factors, see {@link Scaling#BLOCKS}. A view: made
   * once and used for any number of launches; the factors are read at each.
   *
   * @param factors an FP32 matrix on the same rank, which keeps its own owner
   */
  public Tensor withScales(Tensor factors) {
    requireOpen();
    factors.requireOpen();
    if (factors.dtype != DType.FP32 || factors.rank != rank) {
      throw new InvalidArgumentException(
          "scales", factors, "be FP32 on rank " + rank.index() + ", beside " + this);
    }
    return new Tensor(rank, dtype, rows, cols, rowStride, memory, owner, factors);
  }

  /** The factors that it comes with, if any. */
  public @Nullable Tensor scales() {
    return scales;
  }

  /** A view of {@code count} rows from row {@code first} on, without scales. */
  public Tensor rows(int first, int count) {
    requireOpen();
    if (first < 0 || count < 0 || first > rows - count) {
      throw new InvalidArgumentException("rows", first + "+" + count, "lie within 0 … " + rows);
    }
    long offset = Math.min((long) first * rowStride * dtype.bytes(), memory.bytes());
    return new Tensor(
        rank,
        dtype,
        count,
        cols,
        rowStride,
        memory.slice(offset, memory.bytes() - offset),
        owner,
        null);
  }

  /** Throws {@link ResourceClosedException} when closed. */
  public void requireOpen() {
    if (owner.closed().get()) {
      throw new ResourceClosedException(toString());
    }
  }

  /**
   * Converts and uploads {@code rows · cols} values in row-major order.
   *
   * @throws InvalidArgumentException if the number of values differs
   */
  public Tensor upload(float[] values) {
    requireOpen();
    requireLength(values.length);
    ByteBuffer staging = staging();
    for (int row = 0; row < rows; ) {
      int batch = batchRows(row);
      staging.clear();
      for (int r = 0; r < batch; r++) {
        for (int c = 0; c < cols; c++) {
          put(staging, dtype.encode(values[(row + r) * cols + c]));
        }
      }
      staging.flip();
      transfer(row, batch, staging, true);
      row += batch;
    }
    return this;
  }

  /** Downloads and converts all elements, in row-major order. */
  public float[] toFloats() {
    requireOpen();
    float[] values = new float[Math.toIntExact(shape().elements())];
    ByteBuffer staging = staging();
    for (int row = 0; row < rows; ) {
      int batch = batchRows(row);
      staging.clear().limit(batch * cols * dtype.bytes());
      transfer(row, batch, staging, false);
      staging.flip();
      for (int i = 0; i < batch * cols; i++) {
        values[row * cols + i] = dtype.decode(get(staging));
      }
      row += batch;
    }
    return values;
  }

  /** Uploads raw elements, row-major without gaps, in the machine's byte order. */
  public Tensor uploadBytes(ByteBuffer source) {
    requireOpen();
    requireBytes(source.remaining());
    transfer(0, rows, source, true);
    return this;
  }

  /** Downloads raw elements, row-major without gaps, in the machine's byte order. */
  public void downloadBytes(ByteBuffer target) {
    requireOpen();
    requireBytes(target.remaining());
    transfer(0, rows, target, false);
  }

  private void transfer(int firstRow, int rowCount, ByteBuffer buffer, boolean up) {
    int rowBytes = cols * dtype.bytes();
    long pitch = (long) rowStride * dtype.bytes();
    int steps = isContiguous() ? 1 : rowCount;
    int stepBytes = isContiguous() ? rowCount * rowBytes : rowBytes;
    int end = buffer.limit();
    try {
      for (int i = 0; i < steps; i++) {
        long offset = (firstRow + (long) i) * pitch;
        buffer.limit(buffer.position() + stepBytes);
        if (up) {
          owner.access().upload(rank, memory, offset, buffer);
        } else {
          owner.access().download(rank, memory, offset, buffer);
        }
        buffer.position(buffer.limit());
      }
    } finally {
      buffer.limit(end); // the caller's, whatever happened
    }
  }

  private int batchRows(int row) {
    return Math.min(rows - row, Math.max(1, BATCH / Math.max(1, cols)));
  }

  private ByteBuffer staging() {
    return ByteBuffer.allocateDirect(
            Math.min(rows, Math.max(1, BATCH / Math.max(1, cols))) * cols * dtype.bytes())
        .order(ByteOrder.nativeOrder());
  }

  private void put(ByteBuffer buffer, int bits) {
    switch (dtype.bytes()) {
      case 1 -> buffer.put((byte) bits);
      case 2 -> buffer.putShort((short) bits);
      case 4 -> buffer.putInt(bits);
      default -> throw new AssertionError(dtype);
    }
  }

  private int get(ByteBuffer buffer) {
    return switch (dtype.bytes()) {
      case 1 -> buffer.get();
      case 2 -> buffer.getShort();
      case 4 -> buffer.getInt();
      default -> throw new AssertionError(dtype);
    };
  }

  private void requireLength(long length) {
    if (length != shape().elements()) {
      throw new InvalidArgumentException(
          "values", length + " elements", "have " + shape().elements() + " elements for " + this);
    }
  }

  private void requireBytes(long bytes) {
    long wanted = shape().elements() * dtype.bytes();
    if (bytes != wanted) {
      throw new InvalidArgumentException(
          "buffer", bytes + " bytes", "have " + wanted + " bytes remaining for " + this);
    }
  }

  @Override
  public String toString() {
    return "tensor " + dtype + " [" + rows + ", " + cols + "] on rank " + rank.index();
  }

  @Override
  public void close() {
    if (owner.closed().compareAndSet(false, true)) {
      owner.access().free();
    }
  }
}
