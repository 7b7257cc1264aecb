// SPDX-License-Identifier: MIT
/**
 * RateSearch: finds the bit rate of the bus with bitrate=auto, by listening.
 *
 * It tries the rates of the list in turn, each in listen-only mode, and takes one at which frames arrive. A rate is
 * left when it cannot be joined, at which there are errors and no frame, or nothing within the time in which a bus
 * with a load of 1 % has carried a frame. After the last one it begins anew, for as long as it takes.
 *
 * Each step makes at most one transaction of at most 10 bytes. The chip is in configuration mode or in listen-only
 * mode, so no bit of the cell's is on the bus.
 * Does not: set the chip up for the rate that it has found; the supervisor does.
 */
import { BusMode } from '../../driver/mcp2515/modes';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';

/** A chip at the right rate is on the bus after a frame or 11 recessive bits: DS20001801J, section 10.1. */
const JOIN_BITS: u32 = 1_000;
/** 1 % of load is a frame of 135 bits in 13,500. */
const LISTEN_BITS: u32 = 15_000;
/** With a frame heard, so much more for the others that prove it. */
const PROVE_BITS: u32 = 60_000;
const LOOK_BITS: u32 = 64;
/** Two looks are not farther apart. */
const LOOK_MICROS_MAXIMUM: u32 = 1_000;

/** Looks with an error and none with a frame: the rate is wrong. */
const ERRORS_MAXIMUM: u32 = 8;
/** Looks with a frame that prove a rate at which there was no error. */
const FRAMES_PROOF: u32 = 2;
/** With errors, which another node may make: so many frames, and an error at most for each quarter of a frame. */
const FRAMES_PROOF_WITH_ERRORS: u32 = 4;
const ERRORS_PER_FRAME: u32 = 4;

/** What the next step does. */
enum State {
  Choose = 0,
  SettingUp = 1,
  Joining = 2,
  Listening = 3,
}

@final
export class RateSearch<Parts extends AnyParts> {
  private state: State = State.Choose;
  /** Place in the list of the rate that is tried next. */
  private index: u32 = 0;
  /** Reached when the present rate has had its time. */
  private readonly end: Deadline = new Deadline();
  /** A frame was heard at the present rate. */
  private isHeard: bool = false;
  private startTicks: u64 = 0;
  /** When `run` is to be called. */
  nextTicks: u64 = 0;

  constructor(private readonly parts: Parts) {}

  /** Begins with the first rate of the list. */
  begin(): void {
    this.state = State.Choose;
    this.index = 0;
  }

  /** One step. `Ok`: `settings.bitrate` is the rate. `Busy`: call again at `nextTicks`. Otherwise the chip's fault. */
  run(nowTicks: u64): Status {
    this.nextTicks = nowTicks;
    switch (this.state) {
      case State.Choose:
        return this.choose();
      case State.SettingUp:
        return this.setUp();
      case State.Joining:
        return this.join(nowTicks);
      default:
        return this.listen(nowTicks);
    }
  }

  /** Takes the next rate of the list that this crystal can make. */
  private choose(): Status {
    const settings = this.parts.settings;
    const bitrate = settings.rateOf(this.index);
    this.index = this.index + 1 < settings.rateCount ? this.index + 1 : 0;
    const status = this.parts.controller.beginConfigure(settings.oscillatorHertz, bitrate);
    if (status === Status.BitRateImpossible) return Status.Busy;
    settings.bitrate = bitrate;
    this.state = State.SettingUp;
    return status === Status.Ok ? Status.Busy : status;
  }

  private setUp(): Status {
    const controller = this.parts.controller;
    const status = controller.configureStep();
    // The buffers are looked at by `listen` alone.
    controller.receiver.silent = true;
    if (status === Status.Ok) this.state = State.Joining;
    return status === Status.Ok ? Status.Busy : status;
  }

  private join(nowTicks: u64): Status {
    const controller = this.parts.controller;
    controller.setup.modes.wanted = BusMode.ListenOnly;
    this.parts.listener.begin();
    this.isHeard = false;
    this.startTicks = nowTicks;
    this.end.start(nowTicks, this.ticksOf(JOIN_BITS));
    this.state = State.Listening;
    const status = controller.rejoin();
    return status === Status.Ok ? Status.Busy : status;
  }

  private listen(nowTicks: u64): Status {
    const heard = this.parts.listener;
    const wasListening = heard.hears;
    const isLate = this.end.reached(nowTicks);
    const status = heard.step();
    // What was found is cleared at once.
    if (status !== Status.Ok) return status;
    if (wasListening !== heard.hears) this.hearsNow(heard.hears);
    if (heard.frames !== 0 && !this.isHeard) {
      this.isHeard = true;
      this.end.start(this.startTicks, this.ticksOf(PROVE_BITS));
    }
    if (this.isProven) return Status.Ok;
    if (isLate || this.isDisproven) this.state = State.Choose;
    else this.nextTicks = nowTicks + this.lookTicks;
    return Status.Busy;
  }

  /** The chip has joined the bus, or has left listen-only mode by itself: a brown-out. */
  private hearsNow(hears: bool): void {
    this.end.start(this.startTicks, hears ? this.ticksOf(LISTEN_BITS) : 0);
  }

  private get isProven(): bool {
    const frames = this.parts.listener.frames;
    const errors = this.parts.listener.errors;
    if (errors === 0) return frames >= FRAMES_PROOF;
    return frames >= FRAMES_PROOF_WITH_ERRORS && errors <= frames * ERRORS_PER_FRAME;
  }

  private get isDisproven(): bool {
    const listener = this.parts.listener;
    return listener.errors > ERRORS_MAXIMUM + listener.frames * ERRORS_PER_FRAME;
  }

  private get lookTicks(): u64 {
    const mostTicks = microsToTicks(LOOK_MICROS_MAXIMUM, this.parts.clock.ticksPerSecond());
    return min<u64>(this.ticksOf(LOOK_BITS), mostTicks);
  }

  private ticksOf(bits: u64): u64 {
    return (bits * this.parts.clock.ticksPerSecond()) / this.parts.settings.bitrate;
  }
}
