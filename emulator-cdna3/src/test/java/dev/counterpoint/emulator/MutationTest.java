package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.Mutation.Run;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Nothing that orders memory can be taken out of a kernel without being noticed. */
@OnEmulatedDevice
class MutationTest {
  /** Every ordering instruction of a kernel in turn. Returns how many were removed and noticed. */
  private static int everyRemovalIsNoticed(String source, String kernel, Run run) {
    Mutation.Outcome outcome = Mutation.remove(Llvm.compile(source), kernel, line -> true, run);
    assertThat(outcome.survivors()).as("removed from %s without being noticed", kernel).isEmpty();
    return outcome.noticed();
  }

  @Test
  void gemm() {
    Run run =
        object -> {
          Script script =
              new Script()
                  .add("module m %s", object)
                  .zeros("a", 32768)
                  .zeros("b", 32768)
                  .zeros("c", 65536);
          script
              .add("launch 0 m gemm_bf16 1 1 1 256 1 1 0 p:a p:b p:c i:128 i:128 i:128")
              .add("devsync");
          return Mutation.anyError(script);
        };
    assertThat(everyRemovalIsNoticed("gemm", "gemm_bf16", run)).isGreaterThan(8);
  }

  @Test
  void softmax() {
    Run run =
        object -> {
          Script script =
              new Script().add("module m %s", object).zeros("in", 8000).zeros("out", 8000);
          return Mutation.anyError(
              script.add("launch 0 m softmax 2 1 1 256 1 1 0 p:in p:out i:1000").add("devsync"));
        };
    assertThat(everyRemovalIsNoticed("basic", "softmax", run)).isGreaterThan(15);
  }

  @Test
  void loadsIntoLocalMemory() {
    Run run =
        object -> {
          Script script =
              new Script().add("module m %s", object).zeros("in", 1024).zeros("out", 1024);
          return Mutation.anyError(
              script.add("launch 0 m throughLds 1 1 1 256 1 1 0 p:in p:out").add("devsync"));
        };
    assertThat(everyRemovalIsNoticed("basic", "throughLds", run)).isGreaterThan(3);
  }

  @Test
  void producerOfDataAndSignals() {
    Path consumer = Llvm.compile("signal");
    Run run = object -> exchangeFails(object, consumer);
    assertThat(everyRemovalIsNoticed("signal", "produce", run)).isGreaterThan(6);
  }

  @Test
  void consumerOfDataAndSignals() {
    Path producer = Llvm.compile("signal");
    Run run = object -> exchangeFails(producer, object);
    assertThat(everyRemovalIsNoticed("signal", "consume", run)).isGreaterThan(6);
  }

  private static boolean exchangeFails(Path producer, Path consumer) {
    Script script = KernelTest.exchange(producer, consumer);
    return Mutation.anyError(script)
        || Arrays.stream(script.ints("out")).anyMatch(wrong -> wrong != 0);
  }

  @Test
  void gridWideWaits() {
    Run run =
        object -> {
          Script script = KernelTest.gridWait(object);
          if (Mutation.anyError(script)) {
            return true;
          }
          int[] out = script.ints("out");
          for (int k = 0; k < out.length; k++) {
            if (out[k] != KernelTest.gridSum(1 + k / 16)) {
              return true;
            }
          }
          return false;
        };
    assertThat(everyRemovalIsNoticed("signal", "gridSum", run)).isGreaterThan(12);
  }
}
