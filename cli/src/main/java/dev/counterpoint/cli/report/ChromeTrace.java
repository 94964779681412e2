package dev.counterpoint.cli.report;

import dev.counterpoint.spi.TraceEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Timelines in the Trace Event Format that {@code chrome://tracing} and Perfetto read: one process
 * per strategy and rank, one thread per lane, every strategy starting at zero so that they can be
 * compared.
 */
public final class ChromeTrace {
  private ChromeTrace() {}

  /** The whole file. */
  public static String write(BenchReport report) {
    List<Map<String, Object>> events = new ArrayList<>();
    int process = 0;
    for (BenchReport.Timeline timeline : report.timelines()) {
      Map<Integer, Integer> processes = new LinkedHashMap<>();
      Map<String, Integer> threads = new LinkedHashMap<>();
      for (TraceEvent event : timeline.events()) {
        if (!processes.containsKey(event.rank())) {
          processes.put(event.rank(), ++process);
          events.add(
              metadata(
                  "process_name", process, 0, timeline.strategy() + " · rank " + event.rank()));
          events.add(order(process));
        }
        int pid = processes.get(event.rank());
        String key = pid + "/" + event.lane();
        if (!threads.containsKey(key)) {
          threads.put(key, threads.size() + 1);
          events.add(metadata("thread_name", pid, threads.get(key), event.lane()));
        }
        events.add(span(event, timeline.startNanos(), pid, threads.get(key)));
      }
    }
    Map<String, Object> file = new LinkedHashMap<>();
    file.put("displayTimeUnit", "ns");
    file.put(
        "otherData",
        Map.of(
            "title",
            report.title() + " " + report.layer(),
            "sizes",
            report.sizes(),
            "caveats",
            String.join("; ", report.caveats())));
    file.put("traceEvents", events);
    return JsonReport.write(file);
  }

  private static Map<String, Object> span(TraceEvent event, long zero, int pid, int tid) {
    Map<String, Object> span = new LinkedHashMap<>();
    span.put("name", event.name());
    span.put("cat", event.kind().name().toLowerCase(Locale.ROOT));
    span.put("ph", "X");
    span.put("ts", (event.startNanos() - zero) / 1e3);
    span.put("dur", (event.endNanos() - event.startNanos()) / 1e3);
    span.put("pid", pid);
    span.put("tid", tid);
    span.put("args", Map.of("operation", event.operation()));
    return span;
  }

  private static Map<String, Object> metadata(String what, int pid, int tid, String name) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("name", what);
    event.put("ph", "M");
    event.put("pid", pid);
    event.put("tid", tid);
    event.put("args", Map.of("name", name));
    return event;
  }

  private static Map<String, Object> order(int pid) {
    Map<String, Object> event = metadata("process_sort_index", pid, 0, "");
    event.put("args", Map.of("sort_index", pid));
    return event;
  }
}
