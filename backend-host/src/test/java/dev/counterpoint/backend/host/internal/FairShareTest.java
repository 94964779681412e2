package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.spi.FaultRecord;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FairShareTest {
  private static final long LARGE = 1_000_000_000L;
  private final FaultBoard faults = new FaultBoard();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private Future<?> entering(FairShare share, int rank) {
    return threads.submit(() -> share.enter(rank));
  }

  private static void assertWaits(Future<?> entering) {
    assertThatThrownBy(() -> entering.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void aRankThatIsAheadWaitsForTheOthers() throws Exception {
    FairShare share = new FairShare(3, 1, 2, faults);
    share.enter(0);
    share.enter(1);
    share.enter(2);
    share.leave(2, LARGE);
    Future<?> second = entering(share, 2);
    assertWaits(second);
    share.enter(0); // another thread of the rank, so that no processor is free in between
    share.leave(0, LARGE);
    assertWaits(second);
    share.leave(1, LARGE);
    second.get();
  }

  @Test
  void nobodyWaitsWhileAProcessorIsFree() {
    FairShare share = new FairShare(3, 1, 2, faults);
    share.enter(0);
    share.enter(2);
    share.leave(2, LARGE);
    share.enter(2);
    share.leave(2, LARGE);
    share.enter(2);
  }

  @Test
  void aLittleAheadIsNotAhead() {
    FairShare share = new FairShare(3, 1, 2, faults);
    share.enter(0);
    share.enter(1);
    share.enter(2);
    share.leave(2, 1000);
    share.enter(2);
  }

  @Test
  void whoDidNotComputeHasSavedNothingUp() throws Exception {
    FairShare share = new FairShare(3, 1, 2, faults);
    for (int i = 0; i < 5; i++) {
      share.enter(0);
      share.enter(1);
      share.leave(0, LARGE);
      share.leave(1, LARGE);
    }
    share.enter(0);
    share.enter(1);
    share.enter(2);
    share.leave(2, LARGE);
    assertWaits(entering(share, 2));
  }

  @Test
  void enoughProcessorsForAllMeanNoAccounts() {
    FairShare share = new FairShare(2, 2, 4, faults);
    share.enter(0);
    share.enter(1);
    share.leave(1, LARGE);
    share.enter(1);
  }

  @Test
  void aFailedWorldLetsGo() {
    FairShare share = new FairShare(3, 1, 2, faults);
    share.enter(0);
    share.enter(1);
    share.enter(2);
    share.leave(2, LARGE);
    Future<?> second = entering(share, 2);
    faults.raise(
        new FaultRecord(FaultRecord.Kind.NATIVE_ERROR, 0, "test", "test", -1, 0, 0, 0, "test"));
    assertThatThrownBy(second::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(WorldFailed.class);
  }
}
