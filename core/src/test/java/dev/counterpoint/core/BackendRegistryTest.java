package dev.counterpoint.core;

import static dev.counterpoint.core.fake.FakeProvider.available;
import static dev.counterpoint.core.fake.FakeProvider.failing;
import static dev.counterpoint.core.fake.FakeProvider.unavailable;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry.Candidate;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackendRegistryTest {
  private static final String SERVICE = "META-INF/services/" + BackendProvider.class.getName();
  private final ClassLoader usual = Thread.currentThread().getContextClassLoader();
  private final @Nullable String property = System.getProperty(WorldOptions.BACKEND_PROPERTY);
  @TempDir Path folder;

  @AfterEach
  void restore() {
    Thread.currentThread().setContextClassLoader(usual);
    if (property == null) {
      System.clearProperty(WorldOptions.BACKEND_PROPERTY);
    } else {
      System.setProperty(WorldOptions.BACKEND_PROPERTY, property);
    }
  }

  private static BackendProvider emulated(String name, int priority) {
    DeviceInfo device = new DeviceInfo(0, "made of software", "none", 1, 1, true);
    return failing(
        name,
        priority,
        () -> new Probe.Available("works", List.of(device), Map.of(), Set.of(), List.of()));
  }

  @Test
  void nobodyGetsAnEmulatedGpuUnasked() {
    BackendProvider host = emulated("host", 0);
    BackendProvider instrument = emulated("gpu", 200);
    BackendRegistry without = BackendRegistry.of(List.of(instrument, host));
    assertThat(without.select("auto")).isSameAs(host);
    assertThat(without.select("gpu")).isSameAs(instrument);
    BackendProvider real = available("real", -1);
    assertThat(BackendRegistry.of(List.of(instrument, host, real)).select("auto")).isSameAs(real);
  }

  @Test
  void availableOnesComeFirstThenByPriority() {
    BackendRegistry registry =
        BackendRegistry.of(
            List.of(
                available("low", 1),
                unavailable("best", 300),
                available("high", 200),
                unavailable("worse", 10)));
    assertThat(registry.candidates())
        .extracting(Candidate::name)
        .containsExactly("high", "low", "best", "worse");
    assertThat(registry.candidates())
        .extracting(Candidate::available)
        .containsExactly(true, true, false, false);
    assertThat(registry.select("auto").name()).isEqualTo("high");
    assertThat(registry.select("low").name()).isEqualTo("low");
  }

  @Test
  void aBackendThatCannotRunIsRefusedWithItsReason() {
    BackendRegistry registry =
        BackendRegistry.of(
            List.of(available("host", 1), unavailable("gpu", 100), unavailable("other", 5)));
    assertThatThrownBy(() -> registry.select("gpu"))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessage(
            "backend 'gpu' is not available: gpu is missing, looked (install gpu); there is host");
    assertThatThrownBy(() -> registry.select("unknown"))
        .hasMessage(
            "backend 'unknown' is not available: it is not on the class path; there is host");
  }

  @Test
  void autoWithNothingAvailableTellsWhy() {
    BackendRegistry registry =
        BackendRegistry.of(List.of(unavailable("a", 1), unavailable("b", 2)));
    assertThatThrownBy(() -> registry.select("auto"))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageStartingWith("no backend can run here")
        .hasMessageContainingAll("a is missing", "install a", "b is missing", "install b");
  }

  @Test
  void aProbeThatThrowsIsOneLineAndDoesNotHurtTheOthers() {
    BackendProvider runtime =
        failing(
            "x",
            500,
            () -> {
              throw new IllegalStateException("outer", new RuntimeException("deepest reason"));
            });
    BackendProvider linkage =
        failing(
            "y",
            500,
            () -> {
              throw new UnsatisfiedLinkError("no libfoo.so");
            });
    BackendRegistry registry = BackendRegistry.of(List.of(runtime, available("ok", 1), linkage));
    assertThat(registry.select("auto").name()).isEqualTo("ok");
    assertThat(registry.candidates()).hasSize(3);
    for (Candidate broken : registry.candidates().subList(1, 3)) {
      assertThat(broken.available()).isFalse();
      assertThat(broken.provider()).isNull();
      assertThat(broken.describe()).contains("FakeProvider: unavailable: its provider is broken");
      assertThat(((Probe.Unavailable) broken.probe()).remedy()).isNotEmpty();
    }
    assertThat(registry.candidates())
        .extracting(c -> c.probe() instanceof Probe.Unavailable no ? no.detail() : "")
        .anySatisfy(detail -> assertThat(detail).contains("deepest reason"))
        .anySatisfy(detail -> assertThat(detail).contains("no libfoo.so"));
  }

  @Test
  void eachProviderIsProbedOnce() {
    int[] probes = new int[1];
    BackendProvider counting =
        failing(
            "c",
            1,
            () -> {
              probes[0]++;
              return new Probe.Available("s", List.of(), Map.of(), Set.of(), List.of());
            });
    BackendRegistry registry = BackendRegistry.of(List.of(counting));
    registry.select("auto");
    registry.select("c");
    assertThat(probes[0]).isEqualTo(1);
  }

  @Test
  void theSystemPropertyReplacesAutoOnly() {
    BackendRegistry registry = BackendRegistry.of(List.of(available("a", 2), available("b", 1)));
    System.setProperty(WorldOptions.BACKEND_PROPERTY, " b ");
    assertThat(registry.select("auto").name()).isEqualTo("b");
    assertThat(registry.select("a").name()).isEqualTo("a");
    assertThat(BackendRegistry.resolve("a")).isEqualTo("a");
    System.setProperty(WorldOptions.BACKEND_PROPERTY, "c");
    assertThatThrownBy(() -> registry.select("auto")).hasMessageContaining("backend 'c'");
    System.setProperty(WorldOptions.BACKEND_PROPERTY, "  ");
    if (System.getenv(WorldOptions.BACKEND_VARIABLE) == null) {
      assertThat(registry.select("auto").name()).isEqualTo("a");
    }
  }

  /** A provider as a jar would bring it. */
  public static class Good implements BackendProvider {
    @Override
    public String name() {
      return "good";
    }

    @Override
    public int priority() {
      return 1;
    }

    @Override
    public Probe probe() {
      return new Probe.Available("good", List.of(), Map.of(), Set.of(), List.of());
    }

    @Override
    public Backend open(BackendOptions options) {
      throw new UnsupportedOperationException();
    }
  }

  /** A provider whose constructor fails. */
  public static final class Exploding extends Good {
    /** Fails. */
    public Exploding() {
      throw new IllegalStateException("exploded on purpose");
    }
  }

  /** Sees the given service files instead of those of the class path. */
  private static final class Services extends ClassLoader {
    private final List<Path> files;

    Services(ClassLoader parent, List<Path> files) {
      super(parent);
      this.files = files;
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      if (!name.equals(SERVICE)) {
        return super.getResources(name);
      }
      return Collections.enumeration(files.stream().map(Services::url).toList());
    }

    private static URL url(Path file) {
      try {
        return file.toUri().toURL();
      } catch (MalformedURLException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.equals("broken.Linkage")) {
        throw new NoClassDefFoundError("some/missing/Library");
      }
      return super.loadClass(name, resolve);
    }
  }

  private BackendRegistry load(String... files) throws IOException {
    List<Path> paths = new ArrayList<>();
    for (String content : files) {
      paths.add(Files.writeString(folder.resolve("services-" + paths.size()), content));
    }
    Thread.currentThread().setContextClassLoader(new Services(usual, paths));
    return BackendRegistry.load();
  }

  @Test
  void aProviderThatCannotBeLoadedDoesNotHideTheOthers() throws IOException {
    BackendRegistry registry =
        load(
            "no.such.Provider\nbroken.Linkage\n",
            "this is not the name of a class\n",
            Exploding.class.getName() + "\n",
            Good.class.getName() + "\n");
    assertThat(registry.candidates()).hasSize(5);
    assertThat(registry.select("auto").name()).isEqualTo("good");
    List<String> details =
        registry.candidates().stream()
            .filter(candidate -> !candidate.available())
            .map(candidate -> ((Probe.Unavailable) candidate.probe()).detail())
            .toList();
    assertThat(details)
        .hasSize(4)
        .anySatisfy(detail -> assertThat(detail).contains("no.such.Provider"))
        .anySatisfy(detail -> assertThat(detail).contains("some/missing/Library"))
        .anySatisfy(detail -> assertThat(detail).contains("exploded on purpose"));
    assertThatThrownBy(() -> registry.select("gpu"))
        .hasMessageContainingAll("could not be loaded", "; there is good");
  }

  @Test
  void nothingOnTheClassPathSaysWhatToAdd() throws IOException {
    BackendRegistry registry = load();
    assertThat(registry.candidates()).isEmpty();
    assertThatThrownBy(() -> registry.select("auto"))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContainingAll("none on the class path", "counterpoint-backend-host");
  }

  @Test
  void whatIsOnTheClassPathIsFound() {
    assertThat(BackendRegistry.load().candidates()).extracting(Candidate::name).contains("host");
  }
}
