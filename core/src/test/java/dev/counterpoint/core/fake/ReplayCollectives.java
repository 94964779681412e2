package dev.counterpoint.core.fake;

import dev.counterpoint.Splits;
import dev.counterpoint.core.fake.Work.Rows;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Collectives of {@link Replay}: the n-th calls of all ranks meet, and must agree. */
final class ReplayCollectives {
  private static final class Meeting {
    final Map<Integer, Work.Collective> calls = new HashMap<>();
    final Map<Integer, BitSet> pasts = new HashMap<>();
    final Map<Integer, long[]> results = new HashMap<>();
  }

  private final RaceMemory memory;
  private final int ranks;
  private final IdentityHashMap<Journal.Step, Integer> numbers = new IdentityHashMap<>();
  private final int[] calls;
  private final List<Meeting> meetings = new ArrayList<>();

  ReplayCollectives(RaceMemory memory, int ranks) {
    this.memory = memory;
    this.ranks = ranks;
    calls = new int[ranks];
  }

  /** Numbers a call; they meet in the order in which they were enqueued, whatever their streams. */
  void number(Journal.Step step) {
    int number = calls[step.rank()]++;
    numbers.put(step, number);
    if (number == meetings.size()) {
      meetings.add(new Meeting());
    }
  }

  Replay.Task task(Journal.Step step, BitSet past) {
    Work.Collective mine = (Work.Collective) step.work();
    Meeting meeting = meetings.get(numbers.get(step));
    meeting.calls.put(step.rank(), mine);
    meeting.pasts.put(step.rank(), (BitSet) past.clone());
    return new Replay.Task() {
      @Override
      public @Nullable BitSet acquire() {
        if (meeting.calls.size() < ranks) {
          return null;
        }
        if (meeting.results.isEmpty()) {
          for (int rank = 0; rank < ranks; rank++) {
            meeting.results.put(rank, result(meeting, rank));
          }
        }
        BitSet earlier = new BitSet();
        for (int rank = 0; rank < ranks; rank++) {
          if (mine.kind() != Work.Kind.BROADCAST || rank == mine.root()) {
            earlier.or(meeting.pasts.get(rank));
          }
        }
        return earlier;
      }

      @Override
      public void run(int action) {
        boolean isRoot = mine.root() == step.rank();
        boolean sends = mine.kind() != Work.Kind.BROADCAST || isRoot;
        for (long at = 0; sends && at < mine.send().rowBytes(); at += 4) {
          memory.load(mine.send().address(0, at), action);
        }
        long[] result = meeting.results.get(step.rank());
        // What is sent in place is there already, and is not written.
        boolean inPlace = mine.kind() == Work.Kind.BROADCAST || mine.kind() == Work.Kind.ALL_GATHER;
        long first = mine.send().address(0, 0);
        for (int i = 0; i < result.length; i++) {
          long rowBytes = mine.receive().rowBytes();
          long at = mine.receive().address(4L * i / rowBytes, 4L * i % rowBytes);
          if (inPlace && sends && at >= first && at < first + mine.send().rowBytes()) {
            continue;
          }
          memory.store(at, result[i], action);
        }
      }
    };
  }

  private long[] result(Meeting meeting, int rank) {
    Work.Collective mine = meeting.calls.get(rank);
    for (Work.Collective other : meeting.calls.values()) {
      if (other.kind() != mine.kind()
          || other.count() != mine.count()
          || !Objects.equals(other.counts(), mine.counts())
          || other.root() != mine.root()) {
        throw new AssertionError("ranks meet in different collectives: " + meeting.calls);
      }
    }
    int count = Math.toIntExact(mine.count());
    long[] result =
        new long[Math.toIntExact(mine.receive().rows() * mine.receive().rowBytes() / 4)];
    if (mine.counts() != null) {
      uneven(meeting, mine.counts(), rank, result);
      return result;
    }
    for (int source = 0; source < ranks; source++) {
      Rows send = meeting.calls.get(source).send();
      for (int i = 0; i < count; i++) {
        switch (mine.kind()) {
          case ALL_GATHER -> result[source * count + i] = at(send, i);
          case REDUCE_SCATTER -> result[i] += at(send, rank * count + i);
          case ALL_REDUCE -> result[i] += at(send, i);
          case BROADCAST -> result[i] = source == mine.root() ? at(send, i) : result[i];
          case ALL_TO_ALL -> result[source * count + i] = at(send, rank * count + i);
          case ALL_TO_ALL_V -> throw new AssertionError("has counts");
          case SEND_RECEIVE -> {
            if ((source + mine.root()) % ranks == rank) {
              result[i] = at(send, i);
            }
          }
        }
      }
    }
    return result;
  }

  private void uneven(Meeting meeting, Splits counts, int rank, long[] result) {
    for (int source = 0; source < ranks; source++) {
      Rows send = meeting.calls.get(source).send();
      for (int i = 0; i < counts.count(source, rank); i++) {
        result[(int) counts.receiveStart(source, rank) + i] =
            at(send, (int) counts.sendStart(source, rank) + i);
      }
    }
  }

  private long at(Rows rows, int index) {
    return memory.peek(rows.address(0, 4L * index));
  }
}
