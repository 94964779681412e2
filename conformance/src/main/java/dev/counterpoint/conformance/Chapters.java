package dev.counterpoint.conformance;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** The test classes of the kit, in the order of the specification, and what they are called. */
final class Chapters {
  /** All of them. */
  static final List<Class<?>> ALL =
      List.of(
          CapabilityRules.class,
          LifecycleRules.class,
          MemoryRules.class,
          StreamRules.class,
          GraphRules.class,
          GraphReplayRules.class,
          SignalRules.class,
          SignalLitmusRules.class,
          TransferRules.class,
          TransferLimitRules.class,
          GemmRules.class,
          GemmHookRules.class,
          GemmRouteRules.class,
          GemmOwnerRules.class,
          GemmPostRules.class,
          GemmTableRules.class,
          GemmInputRules.class,
          BlockScaleRules.class,
          ReduceRules.class,
          ReduceRouteRules.class,
          CollectiveRules.class,
          ExchangeRules.class,
          WaitRules.class,
          ErrorRules.class,
          NumericRules.class,
          DeterminismRules.class,
          OperatorRules.class,
          OperatorFlowRules.class,
          OperatorErrorRules.class,
          OperatorNormRules.class,
          OperatorScaleRules.class,
          TraceRules.class,
          NormRules.class,
          PeerReduceRules.class);

  private Chapters() {}

  static List<Method> tests(Class<?> chapter) {
    return Arrays.stream(chapter.getDeclaredMethods())
        .filter(method -> method.isAnnotationPresent(ConformanceTest.class))
        .sorted(Comparator.comparing(Method::getName))
        .toList();
  }

  static List<Method> tests() {
    return ALL.stream().flatMap(chapter -> tests(chapter).stream()).toList();
  }

  static List<String> rules(Method test) {
    Rule rule = test.getAnnotation(Rule.class);
    return rule == null ? List.of() : List.of(rule.value());
  }

  static String title(Class<?> chapter) {
    DisplayName name = chapter.getAnnotation(DisplayName.class);
    return name == null ? chapter.getSimpleName() : name.value();
  }

  /** A method's name as a sentence. */
  static String sentence(String name) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean starts =
          Character.isUpperCase(c)
              || (Character.isDigit(c) && i > 0 && !Character.isDigit(name.charAt(i - 1)));
      text.append(starts && i > 0 ? " " : "").append(Character.toLowerCase(c));
    }
    return text.toString();
  }
}
