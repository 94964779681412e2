package dev.counterpoint.conformance;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test of the kit. It takes a {@link Kit} and is run once for each size of world it asks for,
 * each time in a thread of its own under a deadline, so that a backend that hangs is a failure and
 * not a hang.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(KitExtension.class)
public @interface ConformanceTest {
  /** The sizes of world. */
  Worlds value() default Worlds.ONE;

  /** Also run with seeded delays before every put, signal and tile, where the target can. */
  boolean chaos() default false;

  /** Whether it is left out of a smoke run. */
  boolean fullOnly() default false;

  /** Seconds after which the test is taken to hang. */
  int seconds() default 60;
}
