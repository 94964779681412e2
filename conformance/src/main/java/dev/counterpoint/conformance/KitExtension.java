package dev.counterpoint.conformance;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.opentest4j.TestAbortedException;

/**
 * Runs a {@link ConformanceTest} once per variant, hands it its {@link Kit}, and turns whatever
 * goes wrong into a broken rule.
 */
final class KitExtension implements TestTemplateInvocationContextProvider {
  /** Key of the report entry that names capabilities whose refusal was tested. */
  static final String REFUSALS = "counterpoint.refusals";

  @Override
  public boolean supportsTestTemplate(ExtensionContext context) {
    return context.getRequiredTestMethod().isAnnotationPresent(ConformanceTest.class);
  }

  @Override
  public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
      ExtensionContext context) {
    Session session = Session.of(context);
    Method method = context.getRequiredTestMethod();
    ConformanceTest test = method.getAnnotation(ConformanceTest.class);
    if (test.fullOnly() && !session.full()) {
      return Stream.of(skipped("runs in full mode only"));
    }
    List<Variant> variants = Variant.of(method, session);
    if (variants.isEmpty()) {
      return Stream.of(skipped("needs " + test.value().need()));
    }
    OpenBackends backends = Session.backends(context);
    return variants.stream()
        .map(variant -> invocation(new Kit(session, backends, variant, method), test));
  }

  private static TestTemplateInvocationContext invocation(Kit kit, ConformanceTest test) {
    return new Run(
        kit.variant().toString(),
        List.of(new KitParameter(kit), new Judge(kit, Duration.ofSeconds(test.seconds()))));
  }

  private static TestTemplateInvocationContext skipped(String reason) {
    ExecutionCondition never = context -> ConditionEvaluationResult.disabled(reason);
    return new Run("not run", List.of(never));
  }

  private record Run(String name, List<Extension> extensions)
      implements TestTemplateInvocationContext {
    @Override
    public String getDisplayName(int index) {
      return name;
    }

    @Override
    public List<Extension> getAdditionalExtensions() {
      return extensions;
    }
  }

  private record KitParameter(Kit kit) implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Kit.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return kit;
    }
  }

  private record Judge(Kit kit, Duration deadline) implements InvocationInterceptor {
    @Override
    public void interceptTestTemplateMethod(
        Invocation<Void> invocation,
        ReflectiveInvocationContext<Method> method,
        ExtensionContext context)
        throws Throwable {
      Throwable failure = null;
      try {
        Watchdog.run("the test", deadline, invocation::proceed);
      } catch (Throwable e) {
        failure = e;
      }
      failure = kit.finish(failure);
      if (failure instanceof TestAbortedException) {
        throw failure;
      }
      if (failure != null) {
        AssertionError broken =
            new AssertionError(kit.describe() + ": " + message(failure), failure);
        broken.setStackTrace(failure.getStackTrace());
        throw broken;
      }
      if (!kit.refusals().isEmpty()) {
        context.publishReportEntry(REFUSALS, kit.refusals().toString());
      }
    }

    private static String message(Throwable failure) {
      String text = String.valueOf(failure.getMessage()).strip();
      return failure instanceof AssertionError
          ? text
          : "unexpected " + failure.getClass().getSimpleName() + ": " + text;
    }
  }
}
