package dev.counterpoint.cli;

import dev.counterpoint.cli.bench.BenchCommand;
import dev.counterpoint.cli.bundle.BundleCommand;
import dev.counterpoint.cli.conformance.ConformanceCommand;
import dev.counterpoint.cli.doctor.DoctorCommand;
import dev.counterpoint.cli.stress.StressCommand;
import dev.counterpoint.cli.tune.ProfileCommand;
import dev.counterpoint.cli.tune.TuneCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command itself; what it does is in its subcommands. */
@Command(
    name = "counterpoint",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    description =
        "Matrix multiplication and communication at the same time, on the GPUs of any vendor, from the JVM.",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:everything was done and every check passed",
      "1:a check failed, or something broke while running",
      "2:the command line is wrong",
      "3:no backend, or not the one asked for, can run here"
    })
final class CounterpointCommand implements Runnable {
  @Spec private CommandSpec spec;
  private boolean verbose;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Say more on standard error: debug messages, and stack traces of failures.")
  void verbose(boolean value) {
    verbose = value;
    Logging.verbose(value);
  }

  /** The whole command line, ready to execute. */
  static CommandLine commandLine() {
    FailureHandler failures = new FailureHandler();
    CommandLine line = new CommandLine(new CounterpointCommand());
    line.addSubcommand(new BenchCommand());
    line.addSubcommand(new TuneCommand());
    line.addSubcommand(new ProfileCommand());
    line.addSubcommand(new DoctorCommand());
    line.addSubcommand(new ConformanceCommand());
    line.addSubcommand(new StressCommand());
    line.addSubcommand(new BundleCommand());
    line.setExecutionExceptionHandler(failures);
    line.setParameterExceptionHandler(failures);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    return line;
  }

  static boolean isVerbose(CommandLine line) {
    CommandLine root = line;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    return root.getCommand() instanceof CounterpointCommand command && command.verbose;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a command is missing: bench, tune, profile, doctor, conformance, stress or bundle");
  }
}
