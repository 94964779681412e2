package dev.counterpoint.backend.gpu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers for labels, and the way back: what a kernel writes into a fault record. Looking up a
 * label that is known allocates nothing.
 */
final class Names {
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String> names = new ArrayList<>();

  /** The number of a name, new or known; the empty name is 0. */
  synchronized int id(String name) {
    if (names.isEmpty()) {
      add("");
    }
    Integer id = ids.get(name);
    return id != null ? id : add(name);
  }

  private int add(String name) {
    ids.put(name, names.size());
    names.add(name);
    return names.size() - 1;
  }

  /** The name of a number. */
  synchronized String name(int id) {
    return id >= 0 && id < names.size() ? names.get(id) : "#" + id;
  }
}
