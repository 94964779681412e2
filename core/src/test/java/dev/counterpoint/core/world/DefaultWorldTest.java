package dev.counterpoint.core.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.DeviceMemoryException;
import dev.counterpoint.Failure;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.Rank;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.fake.FakeProvider;
import dev.counterpoint.core.fake.Journal;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Probe;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DefaultWorldTest {
  private final RecordingBackend backend = new RecordingBackend(3, Set.of(Capability.PEER_ACCESS));
  private final Journal journal = backend.journal();
  private final World world = open(backend);

  private static World open(RecordingBackend backend) {
    return DefaultWorldProvider.open(
        WorldOptions.defaults(), BackendRegistry.of(List.of(backend.provider())));
  }

  @AfterEach
  void close() {
    world.close();
  }

  private static AllGatherGemmSpec spec() {
    return AllGatherGemmSpec.builder().m(6).n(6).k(6).dtype(DType.FP32).build();
  }

  @Test
  void ranksAreThoseOfTheBackend() {
    assertThat(world.size()).isEqualTo(3);
    assertThat(world.localRanks()).extracting(Rank::index).containsExactly(0, 1, 2);
    assertThat(world.backend()).isSameAs(backend);
    for (int r = 0; r < 3; r++) {
      Rank rank = world.rank(r);
      assertThat(rank).isSameAs(world.localRanks().get(r));
      assertThat(rank.world()).isSameAs(world);
      assertThat(rank.device()).isSameAs(backend.device(r));
      assertThat(rank.stream().rank()).isEqualTo(r);
    }
    for (int wrong : new int[] {-1, 3}) {
      assertThatThrownBy(() -> world.rank(wrong))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("index is " + wrong);
    }
  }

  @Test
  void optionsReachTheBackend() {
    AtomicReference<BackendOptions> seen = new AtomicReference<>();
    FakeProvider provider =
        new FakeProvider(
            "p",
            1,
            () -> new Probe.Available("s", List.of(), Map.of(), Set.of(), List.of()),
            options -> {
              seen.set(options);
              return backend;
            });
    WorldOptions options =
        WorldOptions.defaults()
            .withRanks(3)
            .withWaitTimeout(Duration.ofSeconds(7))
            .withProperty("p.x", "y");
    DefaultWorldProvider.open(options, BackendRegistry.of(List.of(provider)));
    assertThat(seen.get().ranks()).isEqualTo(3);
    assertThat(seen.get().waitTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(seen.get().properties()).isEqualTo(Map.of("p.x", "y"));
    assertThat(seen.get().bootstrap().processes()).isEqualTo(1);
  }

  @Test
  void failuresToOpenAreTheLibrarysOwnExceptions() {
    BackendRegistry none = BackendRegistry.of(List.of(FakeProvider.unavailable("gpu", 1)));
    assertThatThrownBy(() -> DefaultWorldProvider.open(WorldOptions.defaults(), none))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContainingAll("gpu is missing", "install gpu");
    FakeProvider picky =
        new FakeProvider(
            "picky",
            1,
            () -> new Probe.Available("s", List.of(), Map.of(), Set.of(), List.of()),
            options -> {
              throw new InvalidArgumentException("picky.x", "1", "be 2");
            });
    BackendRegistry registry = BackendRegistry.of(List.of(picky));
    assertThatThrownBy(() -> DefaultWorldProvider.open(WorldOptions.defaults(), registry))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("picky.x");
  }

  @Test
  void aWorldThatCannotBeMadeClosesItsBackend() {
    RecordingBackend broken = new RecordingBackend(3, Set.of());
    broken.journal().failAt(2);
    assertThatThrownBy(() -> open(broken)).isInstanceOf(DeviceMemoryException.class);
    assertThat(broken.timesClosed()).isEqualTo(1);
  }

  @Test
  void plansHaveNumbersAndTheirOwnTypes() {
    assertThat(world.plan(spec()).label()).isEqualTo("ag-gemm#1");
    assertThat(world.plan(GemmReduceScatterSpec.builder().m(6).n(6).k(6).dtype(DType.FP32).build()))
        .extracting(OperatorPlan::label)
        .isEqualTo("gemm-rs#2");
    assertThat(world.plan(GemmAllReduceSpec.builder().m(6).n(6).k(6).dtype(DType.FP32).build()))
        .extracting(OperatorPlan::label)
        .isEqualTo("gemm-ar#3");
    assertThat(world.plan(GemmAllToAllSpec.builder().m(6).n(6).k(6).dtype(DType.FP32).build()))
        .extracting(OperatorPlan::label)
        .isEqualTo("gemm-a2a#4");
  }

  @Test
  void anActionRunsForAllRanksAtOnce() {
    CyclicBarrier together = new CyclicBarrier(3);
    Set<Integer> ranks = new ConcurrentSkipListSet<>();
    Set<String> threads = new ConcurrentSkipListSet<>();
    world.onEachRank(
        rank -> {
          ranks.add(rank.index());
          threads.add(Thread.currentThread().getName());
          try {
            together.await(20, TimeUnit.SECONDS);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    assertThat(ranks).containsExactly(0, 1, 2);
    assertThat(threads).hasSize(3).allMatch(name -> name.startsWith("counterpoint-"));
  }

  @Test
  void theFirstExceptionCarriesTheOthersAndAllActionsHaveEnded() {
    Set<Integer> ran = new ConcurrentSkipListSet<>();
    Throwable thrown =
        catchThrowable(
            () ->
                world.onEachRank(
                    rank -> {
                      ran.add(rank.index());
                      if (rank.index() != 0) {
                        throw new IllegalStateException("rank " + rank.index());
                      }
                    }));
    assertThat(ran).containsExactly(0, 1, 2);
    assertThat(thrown).isInstanceOf(IllegalStateException.class).hasMessage("rank 1");
    assertThat(thrown.getSuppressed()).extracting(Throwable::getMessage).containsExactly("rank 2");
  }

  @Test
  void oneExceptionThrownByAllIsNotSuppressedInItself() {
    IllegalStateException same = new IllegalStateException("same");
    Throwable thrown =
        catchThrowable(
            () ->
                world.onEachRank(
                    rank -> {
                      throw same;
                    }));
    assertThat(thrown).isSameAs(same);
    assertThat(same.getSuppressed()).isEmpty();
  }

  @Test
  void errorsAndCheckedExceptionsAreNotLost() {
    AssertionError error = new AssertionError("assertion");
    assertThatThrownBy(
            () ->
                world.onEachRank(
                    rank -> {
                      throw error;
                    }))
        .isSameAs(error);
    Exception checked = new Exception("checked");
    assertThatThrownBy(() -> world.onEachRank(rank -> sneak(checked)))
        .satisfiesAnyOf(
            e -> assertThat(e).isSameAs(checked), e -> assertThat(e).hasRootCause(checked));
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable throwable) throws E {
    throw (E) throwable;
  }

  @Test
  void anInterruptedCallerStillWaitsForTheActions() throws Exception {
    CyclicBarrier running = new CyclicBarrier(2);
    CyclicBarrier goOn = new CyclicBarrier(2);
    Set<String> ended = new ConcurrentSkipListSet<>();
    AtomicReference<Boolean> flag = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              world.onEachRank(
                  rank -> {
                    try {
                      if (rank.index() == 0) {
                        running.await();
                        goOn.await();
                        ended.add("action");
                      }
                    } catch (Exception e) {
                      throw new IllegalStateException(e);
                    }
                  });
              ended.add("caller after " + new TreeSet<>(ended));
              flag.set(Thread.currentThread().isInterrupted());
            });
    caller.start();
    running.await();
    caller.interrupt();
    goOn.await();
    caller.join();
    assertThat(ended).containsExactly("action", "caller after [action]");
    assertThat(flag.get()).isTrue();
  }

  @Test
  void synchronizeWaitsForEveryDeviceAndNamesTheLateOne() {
    world.synchronize(Duration.ofSeconds(1));
    for (int rank = 0; rank < 3; rank++) {
      assertThat(journal.texts(rank, "device")).isEmpty(); // labels are filtered
    }
    assertThat(journal.steps()).extracting(Journal.Step::text).containsOnly("synchronize");
    assertThat(journal.steps()).extracting(Journal.Step::rank).containsExactly(0, 1, 2);
    backend.failSynchronize(1, new DeadlineExceededException("something", Duration.ofMillis(1)));
    assertThatThrownBy(() -> world.synchronize(Duration.ofMillis(1234)))
        .isInstanceOf(DeadlineExceededException.class)
        .hasMessageContainingAll("rank 1", "recorder", "1234 ms");
  }

  @Test
  void closingClosesPlansLatestFirstThenTheBackendOnce() {
    world.plan(spec());
    OperatorPlan closedByItsUser = world.plan(spec());
    world.plan(spec());
    closedByItsUser.close();
    journal.clear();
    world.close();
    world.close();
    assertThat(backend.timesClosed()).isEqualTo(1);
    assertThat(journal.live()).isEmpty();
    List<String> plans =
        journal.steps().stream()
            .map(Journal.Step::text)
            .filter(text -> text.contains("/gathered"))
            .toList();
    assertThat(plans)
        .containsExactly(
            "close symmetric ag-gemm#3/gathered", "close symmetric ag-gemm#1/gathered");
  }

  @Test
  void closingReleasesWhatItsUserLeft() {
    world.rank(0).allocate(DType.FP32, 2, 2);
    world.rank(2).allocate(DType.FP32, 2, 2).rows(0, 1);
    journal.clear();
    world.close();
    assertThat(journal.live()).isEmpty();
    List<String> texts = journal.steps().stream().map(Journal.Step::text).toList();
    assertThat(texts.subList(0, 3)).as("first the ranks are idle").containsOnly("synchronize");
    assertThat(texts.subList(3, 5))
        .containsExactlyInAnyOrder("close buffer 1@0", "close buffer 1@2");
  }

  @Test
  void aPlanThatDoesNotCloseKeepsNeitherTheOthersNorTheBackendOpen() {
    world.plan(spec());
    world.plan(spec());
    journal.failClose("symmetric ag-gemm#2/gathered");
    assertThatThrownBy(world::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ag-gemm#2/gathered does not close");
    assertThat(backend.timesClosed()).isEqualTo(1);
    assertThat(journal.live()).noneMatch(name -> name.contains("#"));
  }

  @Test
  void aClosedWorldRefusesEverything() {
    Rank rank = world.rank(0);
    Tensor tensor = rank.allocate(DType.FP32, 2, 2);
    OperatorPlan plan = world.plan(spec());
    world.close();
    journal.clear();
    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            () -> world.plan(spec()),
            () -> world.onEachRank(r -> {}),
            () -> world.synchronize(Duration.ofSeconds(1)),
            () -> rank.allocate(DType.FP32, 1, 1),
            () -> rank.wrap(256, DType.FP32, 1, 1, 1),
            () -> tensor.upload(new float[4]),
            tensor::toFloats,
            () -> plan.launch(rank, tensor, tensor, tensor))) {
      assertThatThrownBy(use)
          .isInstanceOf(ResourceClosedException.class)
          .hasMessageContaining("world 'recorder' of 3 ranks is closed");
    }
    plan.close();
    tensor.close();
    assertThat(journal.steps())
        .as("nothing reaches the device but that the tensor is freed")
        .extracting(Journal.Step::text)
        .allMatch(text -> text.startsWith("close "));
  }

  @Test
  void transfersAndFreesComeAfterTheWorkOfTheRank() {
    Tensor tensor = world.rank(1).allocate(DType.FP32, 2, 2);
    journal.clear();
    tensor.upload(new float[4]);
    tensor.toFloats();
    tensor.close();
    tensor.close();
    assertThat(journal.steps())
        .extracting(step -> step.stream() + ": " + step.text())
        .containsExactly(
            "main: synchronize",
            "device: upload 16",
            "main: synchronize",
            "device: download 16",
            "main: synchronize",
            "host: close buffer 1@1");
  }

  @Test
  void wrappedMemoryIsNeverFreed() {
    Tensor wrapped = world.rank(2).wrap(4096, DType.FP16, 3, 4, 6);
    assertThat(wrapped.memory().rank()).isEqualTo(2);
    assertThat(wrapped.memory().address()).isEqualTo(4096);
    assertThat(wrapped.memory().bytes()).isEqualTo((2 * 6 + 4) * 2);
    journal.clear();
    wrapped.close();
    assertThat(journal.steps()).isEmpty();
    assertThatThrownBy(wrapped::toFloats).isInstanceOf(ResourceClosedException.class);
  }

  @Test
  void impossibleTensorsAreRefusedByName() {
    Rank rank = world.rank(0);
    refused("rows", () -> rank.allocate(DType.FP32, -1, 1));
    refused("cols", () -> rank.allocate(DType.FP32, 1, -1));
    refused("rows × cols", () -> rank.allocate(DType.FP32, 1 << 30, 1 << 30));
    refused("rowStride", () -> rank.wrap(256, DType.FP32, 2, 3, 2));
    refused("address", () -> rank.wrap(0, DType.FP32, 2, 3, 3));
    assertThat(rank.wrap(0, DType.FP32, 0, 3, 3).rows()).isZero();
    assertThat(rank.wrap(0, DType.FP32, 3, 0, 0).toFloats()).isEmpty();
    journal.failAt(1);
    assertThatThrownBy(() -> rank.allocate(DType.FP32, 1, 1))
        .isInstanceOfSatisfying(
            CounterpointException.class,
            e -> assertThat(e.category()).isEqualTo(Failure.Category.RESOURCE));
    assertThat(rank.allocate(DType.FP32, 1, 1).rows()).as("the world stays usable").isOne();
  }

  private static void refused(String argument, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo(argument));
  }
}
