package dev.counterpoint.cli;

import dev.counterpoint.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns what went wrong into one sentence on standard error and an {@link ExitCode}. */
final class FailureHandler implements IExecutionExceptionHandler, IParameterExceptionHandler {
  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult result) {
    print(e, command);
    return exitCode(e);
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    command.getErr().println("counterpoint: " + e.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr());
    command
        .getErr()
        .println(
            "Try '" + command.getCommandSpec().qualifiedName() + " --help' for what is possible.");
    return ExitCode.USAGE;
  }

  /** The exit status for an exception that ended a command. */
  static int exitCode(Throwable e) {
    if (!(e instanceof Failure failure)) {
      return ExitCode.CHECK_FAILED;
    }
    return switch (failure.category()) {
      case USAGE -> ExitCode.USAGE;
      case UNAVAILABLE -> ExitCode.UNAVAILABLE;
      case RESOURCE, TIMEOUT, NATIVE, STATE -> ExitCode.CHECK_FAILED;
    };
  }

  /** The sentence a user reads. */
  static String sentence(Throwable e) {
    if (e instanceof UncheckedIOException io && io.getCause() != null) {
      return sentence(io.getCause());
    }
    String message = e.getMessage() == null ? "" : e.getMessage();
    if (e instanceof NoSuchFileException) {
      return "there is no file or directory '" + message + "'";
    }
    if (e instanceof AccessDeniedException) {
      return "access to '" + message + "' is denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "'" + message + "' is there already";
    }
    if (e instanceof Failure || (e instanceof IOException && !message.isEmpty())) {
      return message;
    }
    if (e instanceof OutOfMemoryError) {
      return "the JVM ran out of memory ("
          + message
          + "): choose a smaller problem, or give it more with COUNTERPOINT_JAVA_OPTS=-Xmx8g";
    }
    return "internal error: " + e + "; run it again with --verbose for details";
  }

  static void print(Throwable e, CommandLine command) {
    command.getErr().println("counterpoint: " + sentence(e));
    if (CounterpointCommand.isVerbose(command)) {
      e.printStackTrace(command.getErr());
    }
  }
}
