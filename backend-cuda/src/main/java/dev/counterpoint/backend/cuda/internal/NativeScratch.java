package dev.counterpoint.backend.cuda.internal;

import org.bytedeco.cuda.cudart.CUDA_MEMCPY2D_v2;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.cudart.CUtensorMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * JavaCPP's pointer objects as changeable views of handles, one set for each thread, so that a call
 * with a handle allocates nothing. Those own no memory: nothing is freed when they are collected.
 */
final class NativeScratch {
  private static final int UNIFIED = 4;

  final ContextHandle context = new ContextHandle();
  final StreamHandle stream = new StreamHandle();
  final EventHandle event = new EventHandle();
  final KernelHandle kernel = new KernelHandle();
  final ExecutableHandle executable = new ExecutableHandle();
  final Address host = new Address();
  final AddressTable parameters = new AddressTable();
  final CUDA_MEMCPY2D_v2 rows = new CUDA_MEMCPY2D_v2();
  final TensorMap map = new TensorMap();
  final LongPointer extents = new LongPointer(2);
  final LongPointer pitches = new LongPointer(1);
  final IntPointer box = new IntPointer(2);
  final IntPointer steps = new IntPointer(1, 1);

  NativeScratch() {
    Pointer.memset(rows, 0, rows.sizeof());
    rows.srcMemoryType(UNIFIED);
    rows.dstMemoryType(UNIFIED);
  }

  void rows(
      long target, long targetPitch, long source, long sourcePitch, long rowBytes, long count) {
    rows.srcDevice(source);
    rows.srcPitch(sourcePitch);
    rows.dstDevice(target);
    rows.dstPitch(targetPitch);
    rows.WidthInBytes(rowBytes);
    rows.Height(count);
  }

  void matrix(long inner, long outer, long pitch, int innerBox, int outerBox) {
    extents.put(0, inner).put(1, outer);
    pitches.put(0, pitch);
    box.put(0, innerBox).put(1, outerBox);
  }

  /** A context. */
  static final class ContextHandle extends CUctx_st {
    ContextHandle at(long handle) {
      address = handle;
      return this;
    }
  }

  /** A stream. */
  static final class StreamHandle extends CUstream_st {
    StreamHandle at(long handle) {
      address = handle;
      return this;
    }
  }

  /** An event. */
  static final class EventHandle extends CUevent_st {
    EventHandle at(long handle) {
      address = handle;
      return this;
    }
  }

  /** A kernel. */
  static final class KernelHandle extends CUfunc_st {
    KernelHandle at(long handle) {
      address = handle;
      return this;
    }
  }

  /** A module. */
  static final class ModuleHandle extends CUmod_st {
    ModuleHandle at(long handle) {
      address = handle;
      return this;
    }
  }

  /** A graph. */
  static final class GraphHandle extends CUgraph_st {
    GraphHandle at(long handle) {
      address = handle;
      return this;
    }
  }

  /** An executable graph. */
  static final class ExecutableHandle extends CUgraphExec_st {
    ExecutableHandle at(long handle) {
      address = handle;
      return this;
    }
  }

  /** A description of a matrix. */
  static final class TensorMap extends CUtensorMap {
    TensorMap() {
      super((Pointer) null);
    }

    TensorMap at(long value) {
      address = value;
      return this;
    }
  }

  /** Any memory. */
  static final class Address extends Pointer {
    Address at(long value) {
      address = value;
      return this;
    }
  }

  /** Bytes. */
  static final class Bytes extends BytePointer {
    Bytes() {
      super((Pointer) null);
    }

    Bytes at(long value) {
      address = value;
      return this;
    }
  }

  /** A table of addresses. */
  static final class AddressTable extends PointerPointer<Pointer> {
    AddressTable() {
      super((Pointer) null);
    }

    AddressTable at(long value) {
      address = value;
      return this;
    }
  }
}
