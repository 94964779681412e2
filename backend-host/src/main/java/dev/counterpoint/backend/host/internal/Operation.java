package dev.counterpoint.backend.host.internal;

/** What a command does when its turn comes. Stateless: everything it needs is in the command. */
interface Operation {
  /** Runs on a device thread. What it throws becomes the world's fault. */
  void run(Command command, Execution execution);
}
