package dev.counterpoint.cli;

import picocli.CommandLine.IVersionProvider;

/** The version of this build, and of the Java that runs it. */
public final class Version implements IVersionProvider {
  /** The version from the jar's manifest, or {@code "development"} when run from classes. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "counterpoint " + current(),
      "Java "
          + Runtime.version()
          + ", "
          + System.getProperty("os.name")
          + " "
          + System.getProperty("os.arch")
    };
  }
}
