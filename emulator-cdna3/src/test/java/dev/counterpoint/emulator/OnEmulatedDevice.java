package dev.counterpoint.emulator;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * On tests that run on the emulated device: skipped where g++ did not build it, or where there was
 * no compiler for the kernels (a code object's folder is named by the property kernels.objects).
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(OnEmulatedDevice.Condition.class)
public @interface OnEmulatedDevice {
  /** What has to be there. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (!Files.exists(Script.program("driver"))) {
        return ConditionEvaluationResult.disabled("g++ has not built the emulated device");
      }
      String objects = System.getProperty("kernels.objects");
      if (objects != null && !Files.exists(Path.of(objects, "manifest.json"))) {
        return ConditionEvaluationResult.disabled("no compiler has built the kernels");
      }
      return ConditionEvaluationResult.enabled("the emulated device is there");
    }
  }
}
