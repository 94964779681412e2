package dev.counterpoint.core.operator;

import dev.counterpoint.OperatorPlan;
import dev.counterpoint.World;
import java.time.Duration;

/** What a plan needs of the world it lives in. */
public interface PlanOwner extends World {
  /** Throws if the world is closed. */
  void requireOpen();

  /** Called before each launch; throws if the ranks' sequences of launches differ. */
  void launching(int rank, int planNumber, String label);

  /** Forgets a plan that its user closed. */
  void planClosed(OperatorPlan plan);

  /** Bound for host-side waits that have no deadline of their own. */
  Duration patience();
}
