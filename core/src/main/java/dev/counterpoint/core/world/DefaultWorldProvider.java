package dev.counterpoint.core.world;

import com.google.inject.CreationException;
import com.google.inject.Guice;
import com.google.inject.ProvisionException;
import com.google.inject.Stage;
import com.google.inject.spi.Message;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.WorldProvider;
import java.util.Collection;

/** Opens worlds over the backends on the class path. */
public final class DefaultWorldProvider implements WorldProvider {
  @Override
  public World open(WorldOptions options) {
    return open(options, BackendRegistry.load());
  }

  /** Opens a world over the backends of a given registry, for embedding and tests. */
  public static World open(WorldOptions options, BackendRegistry registry) {
    try {
      return Guice.createInjector(Stage.PRODUCTION, new WorldModule(options, registry))
          .getInstance(DefaultWorld.class);
    } catch (ProvisionException e) {
      throw unwrapped(e, e.getErrorMessages());
    } catch (CreationException e) {
      throw unwrapped(e, e.getErrorMessages());
    }
  }

  /**
   * Callers deal with the library's own exceptions, not with the container's wrapping of them. The
   * container reports one failure once for each object that needed what failed.
   */
  private static RuntimeException unwrapped(RuntimeException e, Collection<Message> messages) {
    for (Message message : messages) {
      if (message.getCause() instanceof RuntimeException cause) {
        return cause;
      }
      if (message.getCause() instanceof Error error) {
        throw error;
      }
    }
    return e;
  }
}
