package dev.counterpoint.backend.rocm.internal;

import dev.counterpoint.backend.rocm.internal.hip.Bindings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Defaults for variables that the runtime reads from the process's environment, set before it is
 * loaded. What the user has set is left alone.
 *
 * <p>HIP spreads the streams of a device over four hardware queues unless told otherwise. One whose
 * next item waits for a kernel holds up another that happens to share its queue, and what is held
 * up may be the very signal that is waited for (rule STR-3).
 */
final class NativeEnvironment {
  private static final Logger log = LoggerFactory.getLogger(NativeEnvironment.class);

  private NativeEnvironment() {}

  /** Sets the defaults; call before the runtime is loaded. Never throws. */
  static void setDefaults() {
    setDefault("GPU_MAX_HW_QUEUES", "24");
    // Connections of all algorithms are made when communicators are, which is a call of all ranks;
    // otherwise the first call that wants one would wait on the host for its peers' calls.
    setDefault("NCCL_RUNTIME_CONNECT", "0");
  }

  private static void setDefault(String name, String value) {
    if (Bindings.setDefaultVariable(name, value)) {
      log.debug("{} was not set; it is {} in this process now", name, value);
    }
  }
}
