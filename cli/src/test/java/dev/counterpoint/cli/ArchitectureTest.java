package dev.counterpoint.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Who may know whom. A rule that checks no class at all fails, so a package that moves takes its
 * rules along. It lies in {@code cli} because that module sees all others.
 */
@AnalyzeClasses(packages = "dev.counterpoint", importOptions = ArchitectureTest.WithoutTests.class)
class ArchitectureTest {
  /** Main classes only, wherever the build puts test classes. */
  static final class WithoutTests implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("/test-classes/") && !location.contains("-tests.jar");
    }
  }

  // The API is one package, exactly, and the SPI with its checks for backends: everything else lies
  // below packages of its own.
  private static final String API = "dev.counterpoint";
  private static final String SPI = "dev.counterpoint.spi..";
  private static final String CORE = "dev.counterpoint.core..";
  private static final String BACKENDS = "dev.counterpoint.backend..";
  private static final String GPU_BACKENDS = "dev.counterpoint.backend.gpu..";
  private static final String CONFORMANCE = "dev.counterpoint.conformance..";
  private static final String COMMAND = "dev.counterpoint.cli..";

  /** Packages and names that only a vendor's backend, or a framework, may bring. */
  private static final Pattern VENDOR =
      Pattern.compile(
          "(^|[^a-z])(cuda|cudart|cublas|cu|rocm|hip|rocblas|nccl|rccl|nvidia|nvlink|amd|mscclpp)"
              + "([^a-z]|$)");

  private static final DescribedPredicate<JavaClass> ANY_COUNTERPOINT =
      resideInAnyPackage("dev.counterpoint..");

  private static ArchRule knowsOnly(String who, String... whom) {
    return noClasses()
        .that()
        .resideInAPackage(who)
        .should()
        .dependOnClassesThat(ANY_COUNTERPOINT.and(resideOutsideOfPackages(whom)))
        .allowEmptyShould(false);
  }

  @ArchTest
  static final ArchRule apiNeedsNothingButTheJdkJspecifyAndSlf4j =
      classes()
          .that()
          .resideInAnyPackage(API, SPI)
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(API, SPI, "java..", "jdk.jfr..", "org.jspecify..", "org.slf4j..")
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule apiNamesNoVendor =
      classes().that().resideInAnyPackage(API, SPI).should(nameNoVendor()).allowEmptyShould(false);

  @ArchTest
  static final ArchRule coreNamesNoVendor =
      classes().that().resideInAPackage(CORE).should(nameNoVendor()).allowEmptyShould(false);

  @ArchTest
  static final ArchRule onlyInternalPackagesOfBackendsTouchNativeBindings =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.counterpoint.backend..internal..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..")
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule nativeBindingsAreUsedAtAll =
      classes()
          .that(dependOn("org.bytedeco."))
          .should()
          .resideInAPackage("dev.counterpoint.backend..internal..")
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule onlyCoreAndBackendsMayUseTheContainer =
      noClasses()
          .that()
          .resideOutsideOfPackages(CORE, BACKENDS)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.google.inject..")
          .allowEmptyShould(false);

  @ArchTest static final ArchRule apiKnowsOnlyItself = knowsOnly(API, API, SPI);
  @ArchTest static final ArchRule spiKnowsOnlyTheApi = knowsOnly(SPI, API, SPI);
  @ArchTest static final ArchRule coreKnowsOnlyTheApi = knowsOnly(CORE, CORE, API, SPI);
  @ArchTest static final ArchRule backendsKnowOnlyTheApi = knowsOnly(BACKENDS, BACKENDS, API, SPI);

  @ArchTest
  static final ArchRule conformanceKnowsOnlyApiAndCore =
      knowsOnly(CONFORMANCE, CONFORMANCE, CORE, API, SPI);

  @ArchTest
  static final ArchRule theCommandKnowsNoBackend =
      knowsOnly(COMMAND, COMMAND, CONFORMANCE, CORE, API, SPI);

  /** What GPU backends share is no backend; only GPU backends know it. */
  @ArchTest
  static final ArchRule backendsDoNotKnowEachOther =
      slices()
          .matching("dev.counterpoint.backend.(*)..")
          .should()
          .notDependOnEachOther()
          .ignoreDependency(
              resideInAPackage(BACKENDS)
                  .and(not(resideInAPackage("dev.counterpoint.backend.host.."))),
              resideInAPackage(GPU_BACKENDS))
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule whatGpuBackendsShareKnowsOnlyTheApi =
      knowsOnly(GPU_BACKENDS, GPU_BACKENDS, API, SPI);

  @ArchTest
  static final ArchRule whatGpuBackendsShareNamesNoBinding =
      noClasses()
          .that()
          .resideInAPackage(GPU_BACKENDS)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..")
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule corePackagesAreFreeOfCycles =
      slices()
          .matching("dev.counterpoint.core.(*)..")
          .should()
          .beFreeOfCycles()
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule strategiesKnowNeitherPlansNorWorlds =
      noClasses()
          .that()
          .resideInAPackage("dev.counterpoint.core.strategy..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.counterpoint.core.operator..", "dev.counterpoint.core.world..")
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule plansKnowNoImplementationOfTheWorld =
      noClasses()
          .that()
          .resideInAPackage("dev.counterpoint.core.operator..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.counterpoint.core.world..")
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule onlyTheCommandWritesToTheConsole =
      noClasses()
          .that()
          .resideOutsideOfPackage(COMMAND)
          .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS)
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule onlyTheCommandExits =
      noClasses()
          .that()
          .resideOutsideOfPackage(COMMAND)
          .should()
          .callMethod(System.class, "exit", int.class)
          .allowEmptyShould(false);

  /**
   * What a backend implements is an interface; what it passes is a value or closed to subclasses.
   * What backends share is no part of that.
   */
  @ArchTest
  static final ArchRule theSpiHasNoClassToExtend =
      classes()
          .that()
          .resideInAPackage(SPI)
          .and()
          .resideOutsideOfPackage("dev.counterpoint.spi.support..")
          .and()
          .arePublic()
          .should(beInterfaceRecordEnumOrFinal())
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule exceptionsHaveACategory =
      classes()
          .that()
          .resideInAnyPackage(API, SPI)
          .and()
          .areAssignableTo(Throwable.class)
          .should()
          .implement("dev.counterpoint.Failure")
          .allowEmptyShould(false);

  private static DescribedPredicate<JavaClass> dependOn(String packagePrefix) {
    return DescribedPredicate.describe(
        "depend on " + packagePrefix,
        type ->
            type.getDirectDependenciesFromSelf().stream()
                .anyMatch(d -> d.getTargetClass().getName().startsWith(packagePrefix)));
  }

  private static ArchCondition<JavaClass> beInterfaceRecordEnumOrFinal() {
    return new ArchCondition<>("be an interface, a record, an enum or final") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean right =
            type.isInterface()
                || type.isRecord()
                || type.isEnum()
                || type.getModifiers().contains(JavaModifier.FINAL);
        events.add(new SimpleConditionEvent(type, right, type.getFullName() + " can be extended"));
      }
    };
  }

  /** Looks at the names of types, of their members, and of the types that they depend on. */
  private static ArchCondition<JavaClass> nameNoVendor() {
    return new ArchCondition<>("name no vendor") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        report(type, type.getFullName(), events);
        for (JavaMember member : type.getMembers()) {
          report(type, type.getFullName() + "." + member.getName(), events);
        }
        type.getDirectDependenciesFromSelf().stream()
            .map(dependency -> dependency.getTargetClass().getFullName())
            .distinct()
            .forEach(
                target -> {
                  report(type, target, events);
                  if (target.startsWith("org.bytedeco")) {
                    violated(type, target, events);
                  }
                });
      }

      private void report(JavaClass type, String name, ConditionEvents events) {
        vendorIn(name).ifPresent(vendor -> violated(type, name, events));
      }

      private void violated(JavaClass type, String name, ConditionEvents events) {
        String text = type.getFullName() + " uses the vendor's name " + name;
        events.add(SimpleConditionEvent.violated(type, text));
      }
    };
  }

  /**
   * Cuts camel case into words first, so that {@code CudaStream} is found and {@code Relation} not.
   */
  static Optional<String> vendorIn(String name) {
    String words = name.replaceAll("([a-z0-9])([A-Z])", "$1 $2").toLowerCase(Locale.ROOT);
    var matcher = VENDOR.matcher(words);
    return matcher.find() ? Optional.of(matcher.group(2)) : Optional.empty();
  }

  @Test
  void vendorsAreFoundInWordsOfNamesOnly() {
    for (String name : List.of("CudaStream", "a.hip.B", "ncclAllReduce", "withAMD", "x.Cu.y")) {
      assertThat(vendorIn(name)).as(name).isPresent();
    }
    for (String name : List.of("Relationship", "Accumulator", "focus", "GemmAllReduce", "damd")) {
      assertThat(vendorIn(name)).as(name).isEmpty();
    }
  }

  @ArchTest
  static final ArchRule everyClassBelongsSomewhere =
      classes()
          .that(
              not(
                  resideInAnyPackage(
                      API,
                      SPI,
                      CORE,
                      BACKENDS,
                      CONFORMANCE,
                      COMMAND,
                      "dev.counterpoint.examples..",
                      "dev.counterpoint.benchmarks..")))
          .should()
          .resideInAPackage("nowhere")
          .allowEmptyShould(true);
}
