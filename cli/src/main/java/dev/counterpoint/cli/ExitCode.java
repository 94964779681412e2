package dev.counterpoint.cli;

/** What the command's exit status means. */
public final class ExitCode {
  /** Everything asked for was done, and every check passed. */
  public static final int GOOD = 0;

  /** A check failed, or something broke while running. */
  public static final int CHECK_FAILED = 1;

  /** The command line cannot be. */
  public static final int USAGE = 2;

  /** No backend, or not the one asked for, or not with what was asked of it, can run here. */
  public static final int UNAVAILABLE = 3;

  private ExitCode() {}
}
