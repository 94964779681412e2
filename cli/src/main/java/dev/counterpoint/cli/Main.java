package dev.counterpoint.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/**
 * Entry point of the {@code counterpoint} command, and the only place that touches the process's
 * own streams: they are written as UTF-8 whatever the locale says, since every terminal of today
 * reads that.
 */
public final class Main {
  private Main() {}

  /** Runs the command and ends the process with its exit status. */
  public static void main(String[] args) {
    PrintWriter out = writer(FileDescriptor.out);
    PrintWriter err = writer(FileDescriptor.err);
    CommandLine line = CounterpointCommand.commandLine().setOut(out).setErr(err);
    int status;
    try {
      status = line.execute(args);
    } catch (OutOfMemoryError | LinkageError e) {
      FailureHandler.print(e, line);
      status = FailureHandler.exitCode(e);
    }
    out.flush();
    err.flush();
    System.exit(status);
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), true);
  }
}
