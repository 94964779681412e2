package dev.counterpoint.spi.support;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that one backend has handed out and nobody has closed yet, in order of creation. */
public final class Resources {
  /** System property; {@code full} makes every resource remember where it was created. */
  public static final String LEAKS = "counterpoint.leaks";

  private static final Logger log = LoggerFactory.getLogger(Resources.class);
  private final Set<Resource> open = new LinkedHashSet<>();
  private final Set<Resource> own = new LinkedHashSet<>();
  private final boolean withSites = "full".equals(System.getProperty(LEAKS));

  /** Creates an empty one, for one backend. */
  public Resources() {}

  boolean withSites() {
    return withSites;
  }

  synchronized void add(Resource resource) {
    open.add(resource);
  }

  synchronized void remove(Resource resource) {
    open.remove(resource);
  }

  /** What is open now belongs to the backend itself: nobody else has to close it. */
  public synchronized void ownedByBackend() {
    own.addAll(open);
  }

  /** What is open, newest first. */
  public synchronized List<Resource> newestFirst() {
    List<Resource> all = new ArrayList<>(open);
    Collections.reverse(all);
    return all;
  }

  /** Reports what is open as leaked by its users. */
  public void report(String owner) {
    List<Resource> leaked = newestFirst();
    leaked.removeAll(own);
    if (leaked.isEmpty()) {
      return;
    }
    log.warn(
        "{} was closed with {} resources that were not{}",
        owner,
        leaked.size(),
        withSites ? "" : "; -D" + LEAKS + "=full tells where each was created");
    for (Resource resource : leaked) {
      if (resource.site() == null) {
        log.warn("not closed: {}", resource);
      } else {
        log.warn("not closed: {}, created here:", resource, resource.site());
      }
    }
  }
}
