package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Rank;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.core.strategy.Operands;
import dev.counterpoint.core.strategy.Program;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When a plan launches directly, captures, and replays. */
class PlanReplaysTest {
  private static final Map<String, String> ON = Map.of(PlanReplays.PROPERTY, "on");

  private final List<String> calls = new ArrayList<>();
  private boolean capturing;
  private boolean tracing;
  private boolean failing;

  private final Program program =
      new Program() {
        @Override
        public void enqueue(int rank, Operands operands) {
          calls.add("enqueue");
          if (failing) {
            throw new IllegalStateException("of the test");
          }
        }

        @Override
        public String describe() {
          return "a program";
        }
      };

  /** Answers by the name of a method; others do nothing. */
  private <T> T fake(Class<T> type, Map<String, Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              switch (method.getName()) {
                case "capturing" -> {
                  return capturing;
                }
                case "tracing" -> {
                  return tracing;
                }
                case "launch" -> calls.add("replay");
                case "close" -> calls.add("close");
                case "beginCapture" -> calls.add("begin");
                case "endCapture" -> {
                  calls.add("end");
                  return fake(Graph.class, Map.of());
                }
                default -> {}
              }
              return answers.get(method.getName());
            }));
  }

  private final Stream stream = fake(Stream.class, Map.of());
  private final Rank rank = fake(Rank.class, Map.of("index", 0, "stream", stream));
  private final Backend backend =
      fake(Backend.class, Map.of("size", 1, "capabilities", Set.of(Capability.GRAPHS)));

  private @Nullable PlanReplays of(Map<String, String> properties, Strategy strategy) {
    return PlanReplays.of(properties, backend, strategy, program);
  }

  private Operands operands() {
    Operands operands = new Operands();
    Tensor tensor =
        Tensor.over(
            rank,
            DType.FP32,
            1,
            1,
            1,
            new DeviceMemory(0, 4096, 4),
            fake(Tensor.Access.class, Map.of()));
    operands.set(tensor, tensor, null, tensor, null, null);
    return operands;
  }

  @Test
  void onlyIfAskedAndOnlyWhatUsesNoLibrary() {
    assertThat(of(Map.of(), Strategy.FUSED)).isNull();
    assertThat(of(ON, Strategy.FUSED)).isNotNull();
    assertThat(of(ON, Strategy.SEQUENTIAL)).isNull();
    assertThat(of(ON, Strategy.SIGNALED)).isNull();
    assertThatThrownBy(() -> of(Map.of(PlanReplays.PROPERTY, "yes"), Strategy.FUSED))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("on or off");
  }

  @Test
  void theFirstLaunchIsDirectTheSecondCapturedAndOthersReplay() {
    PlanReplays replays = of(ON, Strategy.FUSED);
    Operands one = operands();
    Operands other = operands();
    assertThat(replays).isNotNull();
    assertThat(replays.launch(rank, one)).isFalse();
    assertThat(calls).isEmpty();
    assertThat(replays.launch(rank, one)).isTrue();
    assertThat(calls).containsExactly("begin", "enqueue", "end", "replay");
    assertThat(replays.launch(rank, other)).isFalse();
    assertThat(replays.launch(rank, one)).isTrue();
    assertThat(calls).containsExactly("begin", "enqueue", "end", "replay", "replay");
    capturing = true;
    assertThat(replays.launch(rank, one)).as("while the caller captures").isFalse();
    assertThat(replays.launch(rank, other)).as("while the caller captures").isFalse();
    capturing = false;
    tracing = true;
    assertThat(replays.launch(rank, one)).as("while the caller traces").isFalse();
    calls.clear();
    replays.close();
    assertThat(calls).containsExactly("close");
  }

  @Test
  void moreOperandsThanAreKeptAreLaunchedDirectly() {
    PlanReplays replays = of(ON, Strategy.RING);
    assertThat(replays).isNotNull();
    for (int i = 0; i < 8; i++) {
      assertThat(replays.launch(rank, operands())).isFalse();
    }
    Operands late = operands();
    for (int i = 0; i < 3; i++) {
      assertThat(replays.launch(rank, late)).isFalse();
    }
    assertThat(calls).isEmpty();
  }

  @Test
  void aFailedCaptureIsEndedAndTheFailureGoesOn() {
    PlanReplays replays = of(ON, Strategy.FUSED);
    Operands operands = operands();
    assertThat(replays).isNotNull();
    replays.launch(rank, operands);
    failing = true;
    assertThatThrownBy(() -> replays.launch(rank, operands)).hasMessage("of the test");
    assertThat(calls).containsExactly("begin", "enqueue", "end", "close");
  }
}
