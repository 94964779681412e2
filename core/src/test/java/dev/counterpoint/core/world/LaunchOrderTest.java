package dev.counterpoint.core.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.LaunchOrderException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class LaunchOrderTest {
  private static final int WINDOW = 4096;

  @Test
  void theSameOrderFromSeveralThreadsIsFine() throws Exception {
    int ranks = 4;
    LaunchOrder order = new LaunchOrder(ranks);
    ExecutorService threads = Executors.newFixedThreadPool(ranks);
    CountDownLatch start = new CountDownLatch(ranks);
    List<Future<?>> running = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      int mine = rank;
      running.add(
          threads.submit(
              () -> {
                start.countDown();
                start.await();
                for (int i = 0; i < 3 * WINDOW; i++) {
                  order.launching(mine, 1 + i % 7, "plan");
                }
                return null;
              }));
    }
    for (Future<?> future : running) {
      future.get();
    }
    threads.shutdown();
  }

  @Test
  void anotherPlanAtTheSamePositionIsNoticedByWhoeverComesSecond() {
    LaunchOrder order = new LaunchOrder(2);
    order.launching(0, 1, "ag-gemm#1");
    order.launching(0, 2, "gemm-rs#2");
    order.launching(1, 1, "ag-gemm#1");
    assertThatThrownBy(() -> order.launching(1, 3, "gemm-ar#3"))
        .isInstanceOf(LaunchOrderException.class)
        .hasMessageContaining("launch 2 of rank 1 is gemm-ar#3")
        .hasMessageContaining("another rank launched plan #2");
  }

  @Test
  void aRefusedLaunchTakesNoPosition() {
    LaunchOrder order = new LaunchOrder(2);
    order.launching(0, 1, "a");
    order.launching(0, 2, "b");
    assertThatThrownBy(() -> order.launching(1, 2, "b")).isInstanceOf(LaunchOrderException.class);
    assertThatThrownBy(() -> order.launching(1, 2, "b")).hasMessageContaining("launch 1 of rank 1");
    order.launching(1, 1, "a");
    order.launching(1, 2, "b");
    order.launching(1, 9, "c");
    assertThatThrownBy(() -> order.launching(0, 8, "d")).hasMessageContaining("launch 3 of rank 0");
  }

  @Test
  void aRankThatLagsFurtherThanTheWindowGoesUncheckedUntilItIsBackInIt() {
    LaunchOrder order = new LaunchOrder(2);
    int ahead = WINDOW + 900;
    for (int i = 0; i < ahead; i++) {
      order.launching(0, 1, "a");
    }
    for (int i = 0; i < 900; i++) {
      assertThatCode(() -> order.launching(1, 2, "b")).doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> order.launching(1, 2, "b")).hasMessageContaining("launch 901 of");
    order.launching(1, 1, "a");
  }

  @Test
  void ranksCountForThemselves() {
    LaunchOrder order = new LaunchOrder(3);
    for (int plan = 1; plan < 50; plan++) {
      order.launching(1, plan, "p" + plan);
    }
    for (int rank : new int[] {2, 0}) {
      for (int plan = 1; plan < 50; plan++) {
        order.launching(rank, plan, "p" + plan);
      }
    }
    assertThat(order).isNotNull();
    assertThatThrownBy(
            () -> {
              order.launching(0, 60, "x");
              order.launching(2, 61, "y");
            })
        .isInstanceOf(LaunchOrderException.class);
  }
}
