package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;

/**
 * What one rank uses to enqueue one plan: the user's stream, two side streams that fork from it and
 * join it again at each launch, and the launch counter. Everything is made while planning;
 * launching allocates nothing.
 */
final class Lane {
  private final String label;
  private final int rank;
  private final Signals signals;
  private final Stream main;
  private final Stream send;
  private final Stream receive;
  private final Event forked;
  private final Event sendJoined;
  private final Event receiveJoined;
  private final Epoch epoch;
  private final GemmArguments arguments = new GemmArguments();

  /** Makes a lane whose streams, events and counter belong to the context. */
  Lane(PlanContext context, Rank rank) {
    this.label = context.label();
    this.rank = rank.index();
    signals = context.backend().signals();
    main = rank.stream();
    send = context.own(rank.device().newStream("send", 1));
    receive = context.own(rank.device().newStream("receive", 1));
    forked = context.own(rank.device().newEvent(false));
    sendJoined = context.own(rank.device().newEvent(false));
    receiveJoined = context.own(rank.device().newEvent(false));
    epoch = context.own(signals.newEpoch(rank.index()));
  }

  int rank() {
    return rank;
  }

  Stream main() {
    return main;
  }

  /** Carries what leaves this rank. */
  Stream send() {
    return send;
  }

  /** Carries what is done with data that arrives. */
  Stream receive() {
    return receive;
  }

  Epoch epoch() {
    return epoch;
  }

  GemmArguments arguments() {
    return arguments;
  }

  /** Begins a launch: advances the epoch, and lets the side streams start from here. */
  void begin() {
    main.label(label);
    signals.advance(main, epoch);
    fork();
  }

  /** Lets the side streams continue from the present point of the main stream. */
  void fork() {
    main.record(forked);
    send.label(label);
    send.await(forked);
    receive.label(label);
    receive.await(forked);
  }

  /** Ends a launch: the main stream continues when both side streams are done. */
  void end() {
    mainAfterSend();
    mainAfterReceive();
    main.label("");
  }

  /** Makes the main stream wait for the present point of the receive stream. */
  void mainAfterReceive() {
    receive.record(receiveJoined);
    main.await(receiveJoined);
  }

  /** Makes the main stream wait for the present point of the send stream. */
  void mainAfterSend() {
    send.record(sendJoined);
    main.await(sendJoined);
  }

  /** Makes the send stream wait for the present point of the main stream. */
  void sendAfterMain(Event event) {
    main.record(event);
    send.await(event);
  }

  /** Makes the receive stream wait for the present point of the main stream. */
  void receiveAfterMain(Event event) {
    main.record(event);
    receive.await(event);
  }

  /** Makes the send stream wait for the present point of the receive stream. */
  void sendAfterReceive(Event event) {
    receive.record(event);
    send.await(event);
  }

  /** Makes the receive stream wait for the present point of the send stream. */
  void receiveAfterSend(Event event) {
    send.record(event);
    receive.await(event);
  }
}
