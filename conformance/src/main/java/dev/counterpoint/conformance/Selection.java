package dev.counterpoint.conformance;

import dev.counterpoint.InvalidArgumentException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;

/**
 * Which tests are wanted. Each name is a rule ({@code GEMM-7}), a part of the specification ({@code
 * GEMM}), a class of tests ({@code GemmHookRules}) or one test ({@code
 * longSumsStayWithinTheBound}).
 */
record Selection(Set<String> names) {
  /**
   * All of them if there are no names.
   *
   * @throws InvalidArgumentException if there is no test of a name
   */
  List<Method> tests() {
    for (String name : names) {
      if (Chapters.tests().stream().noneMatch(test -> is(name, test))) {
        throw new InvalidArgumentException(
            "only",
            name,
            "be a rule that has a test, such as GEMM-7, a part, such as GEMM, a class of tests,"
                + " such as GemmHookRules, or a test's name");
      }
    }
    return Chapters.tests().stream()
        .filter(test -> names.isEmpty() || names.stream().anyMatch(name -> is(name, test)))
        .toList();
  }

  private static boolean is(String name, Method test) {
    return name.equals(test.getName())
        || name.equals(test.getDeclaringClass().getSimpleName())
        || Chapters.rules(test).stream()
            .anyMatch(rule -> name.equals(rule) || name.equals(rule.split("-", 2)[0]));
  }
}
