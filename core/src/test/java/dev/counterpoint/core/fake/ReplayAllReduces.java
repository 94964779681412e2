package dev.counterpoint.core.fake;

import dev.counterpoint.core.fake.Work.Rows;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All-reduces by kernels of {@link Replay}: the n-th launches of one of them on all ranks meet. A
 * rank may end its launch when all have begun theirs.
 */
final class ReplayAllReduces {
  private static final class Meeting {
    final Map<Integer, Rows> inputs = new HashMap<>();
    final Map<Integer, BitSet> pasts = new HashMap<>();
    final List<long[]> sums = new ArrayList<>();
  }

  private record Launch(Object prepared, int number) {}

  private final RaceMemory memory;
  private final int ranks;
  private final IdentityHashMap<Journal.Step, Launch> launches = new IdentityHashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Map<Launch, Meeting> meetings = new HashMap<>();

  ReplayAllReduces(RaceMemory memory, int ranks) {
    this.memory = memory;
    this.ranks = ranks;
  }

  /** Numbers a launch. */
  void number(Journal.Step step) {
    Object prepared = ((Work.AllReduce) step.work()).prepared();
    String key = System.identityHashCode(prepared) + "@" + step.rank();
    Launch launch = new Launch(prepared, counts.merge(key, 1, Integer::sum));
    launches.put(step, launch);
    meetings.computeIfAbsent(launch, same -> new Meeting());
  }

  Replay.Task task(Journal.Step step, BitSet past) {
    Work.AllReduce mine = (Work.AllReduce) step.work();
    Meeting meeting = meetings.get(launches.get(step));
    meeting.inputs.put(step.rank(), mine.input());
    meeting.pasts.put(step.rank(), (BitSet) past.clone());
    return new Replay.Task() {
      @Override
      public @Nullable BitSet acquire() {
        if (meeting.inputs.size() < ranks) {
          return null;
        }
        if (meeting.sums.isEmpty()) {
          meeting.sums.addAll(sums(meeting));
        }
        BitSet earlier = new BitSet();
        meeting.pasts.values().forEach(earlier::or);
        return earlier;
      }

      @Override
      public void run(int action) {
        for (int row = 0; row < meeting.sums.size(); row++) {
          for (int col = 0; col < meeting.sums.get(row).length; col++) {
            memory.load(mine.input().address(row, 4L * col), action);
            memory.store(mine.output().address(row, 4L * col), meeting.sums.get(row)[col], action);
          }
        }
      }
    };
  }

  private List<long[]> sums(Meeting meeting) {
    Rows shape = meeting.inputs.get(0);
    List<long[]> sums = new ArrayList<>();
    for (int row = 0; row < shape.rows(); row++) {
      long[] sum = new long[(int) shape.rowBytes() / 4];
      for (Rows input : meeting.inputs.values()) {
        for (int col = 0; col < sum.length; col++) {
          sum[col] += memory.peek(input.address(row, 4L * col));
        }
      }
      sums.add(sum);
    }
    return sums;
  }
}
