package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.Llvm;
import dev.counterpoint.emulator.Mutation;
import dev.counterpoint.emulator.OnEmulatedDevice;
import dev.counterpoint.kernels.cdna3.AllReduces.Shape;
import dev.counterpoint.kernels.cdna3.AllReduces.Way;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What carries parts of an all-reduce to peers is made wrong, one instruction at a time. */
@OnEmulatedDevice
@Timeout(500)
class AllReduceMutationTest {
  private static final int RANKS = 3;

  private static boolean fails(Way way, Path object, int chaos) {
    AllReduces all = new AllReduces(way, new Shape(Element.BF16, 4, 40, 0, 0), RANKS, 3, false);
    all.prepare(chaos, 20_000_000_000L).script.script.environment("HIPEMU_DRAIN", "1000");
    all.script.replace("companions", object);
    return Mutation.anyError(all.launchAll().script.script) || !all.isRight();
  }

  private static boolean comesWithin(
      List<Llvm.Line> lines, Llvm.Line line, int distance, String text) {
    int at = lines.indexOf(line);
    return lines.subList(at, Math.min(lines.size(), at + distance)).stream()
        .anyMatch(next -> next.text().startsWith(text));
  }

  /** Each of these accesses in turn is made at a cache. */
  private static void everyNarrowingIsNoticed(Way way, Predicate<Llvm.Line> accesses) {
    Mutation.Outcome outcome =
        Mutation.narrow(
            KernelScript.object("companions"),
            way.entry(),
            accesses,
            mutant -> fails(way, mutant, 1));
    assertThat(outcome.survivors()).as("accesses of packets at a cache").isEmpty();
    assertThat(outcome.noticed()).isGreaterThanOrEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(names = {"ONE_SHOT", "TWO_SHOT"})
  void packetsPassTheCaches(Way way) {
    everyNarrowingIsNoticed(way, line -> line.text().matches("global_store_dwordx2 .* sc0 sc1"));
  }

  /** The first look may find an old packet, as if the new one had not come: others follow it. */
  @Test
  void packetsAreLookedForBehindTheCaches() {
    List<Llvm.Line> lines =
        KernelMutationTest.lines(KernelScript.object("companions"), Way.ONE_SHOT.entry());
    everyNarrowingIsNoticed(
        Way.ONE_SHOT,
        line ->
            line.text().matches("global_load_dwordx2 .* sc0 sc1")
                && comesWithin(lines, line, 130, "s_sleep"));
  }

  /** What comes before barriers, but for the one ahead of which nothing was stored. */
  @Test
  void signalsComeBehindWhatTheySpeakOf() {
    Path object = KernelScript.object("companions");
    List<Llvm.Line> lines = KernelMutationTest.lines(object, Way.BULK.entry());
    Mutation.Outcome outcome =
        Mutation.remove(
            object,
            Way.BULK.entry(),
            line -> {
              int at = lines.indexOf(line);
              return comesWithin(lines, line, 6, "s_barrier")
                  && !line.text().equals("buffer_wbl2 sc1")
                  && KernelMutationTest.isWritten(lines, at)
                  && !KernelMutationTest.harmless(lines, at);
            },
            mutant ->
                IntStream.rangeClosed(1, 2).anyMatch(chaos -> fails(Way.BULK, mutant, chaos)));
    assertThat(outcome.survivors()).as("removed without being noticed").isEmpty();
    assertThat(outcome.noticed()).isGreaterThanOrEqualTo(4);
  }
}
