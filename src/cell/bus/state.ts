// SPDX-License-Identifier: MIT
/**
 * The states of BusSupervisor, which goes from one to the next.
 */

/** What the controller is doing. */
export enum State {
  /** On the bus. */
  Running = 0,
  /** Bus-off was seen. BusOff runs: the chip is off the bus, or on the way there or back. */
  Off = 1,
  /** The chip has lost its settings. Next: set it up again. */
  Lost = 2,
  /** The chip is being set up. */
  SettingUp = 3,
  /** The chip is set up. Next: load the preloaded answers. */
  Preparing = 4,
  /** Next: ask for the bus. */
  Rejoining = 5,
  /** The bus was asked for, after set-up or after sleep. */
  Returning = 6,
  /** On the bus. Next: remember the chip's settings for later checks. */
  Settling = 7,
  /** BusSleep runs: the chip is asleep, or on the way there or back. */
  Sleeping = 8,
  /** RateSearch runs: bitrate=auto, and the chip listens at one rate after the other. */
  Searching = 9,
}
