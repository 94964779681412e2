package dev.counterpoint.backend.cuda.internal;

import org.bytedeco.cuda.cudart.CUhostFn;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Defaults for variables that the driver and its libraries read from the process's environment, set
 * before they are initialized. What the user has set is left alone.
 *
 * <p>The driver gives a process eight hardware queues for each device unless told otherwise. With
 * more streams than queues, one whose next item waits for a kernel holds up another that happens to
 * share its queue, and what is held up may be the very signal that is waited for (rule STR-3). No
 * call of the driver changes that number; only the variable does. Java cannot set variables of its
 * own process, so libc's function is called through a binding that calls any function of one
 * pointer.
 */
final class NativeEnvironment {
  private static final Logger log = LoggerFactory.getLogger(NativeEnvironment.class);

  private NativeEnvironment() {}

  /** Sets the defaults; call before the driver is initialized. Never throws. */
  static void setDefaults() {
    setDefault("CUDA_DEVICE_MAX_CONNECTIONS", "32");
    // Memory that several devices write at once by multicast has put shared machines out of
    // service.
    setDefault("NCCL_NVLS_ENABLE", "0");
    // Connections of all algorithms are made when communicators are, which is a call of all ranks;
    // otherwise the first call that wants one would wait on the host for its peers' calls.
    setDefault("NCCL_RUNTIME_CONNECT", "0");
    // On Hopper the library launches its blocks in clusters of four, for which the multiprocessors
    // that a waiting GEMM leaves free are of no use unless they happen to be neighbours.
    setDefault("NCCL_CGA_CLUSTER_SIZE", "0");
  }

  private static void setDefault(String name, String value) {
    if (System.getenv(name) != null) {
      return;
    }
    try {
      Pointer function = Loader.addressof("putenv");
      if (function == null || function.isNull()) {
        log.debug("{} is left unset: the C library has no putenv", name);
        return;
      }
      PointerPointer<Pointer> holder = new PointerPointer<>(1);
      holder.put(0, function);
      // The environment keeps this memory, so nothing may ever free it.
      BytePointer text = new BytePointer(name + "=" + value).retainReference();
      new CUhostFn(holder).call(text);
      log.debug("{} was not set; it is {} in this process now", name, value);
    } catch (RuntimeException | LinkageError e) {
      log.debug("{} is left unset", name, e);
    }
  }
}
