// SPDX-License-Identifier: MIT
/**
 * Passes the bus settings of the command line to the CAN controller's setup.
 *
 * Does not: touch the chip.
 */
import { BusMode } from '../../driver/mcp2515/modes';
import { BusModeSetting } from '../command-line';
import { AnyParts } from '../parts';

/** Sets mode, one-shot and triple sampling. */
export function applyBusSettings<Parts extends AnyParts>(parts: Parts): void {
  const settings = parts.settings;
  const controller = parts.controller;
  const modes = controller.setup.modes;
  modes.oneShot = settings.oneShot;
  modes.wanted = BusMode.Normal;
  if (settings.busMode === BusModeSetting.ListenOnly) modes.wanted = BusMode.ListenOnly;
  if (settings.busMode === BusModeSetting.Loopback) modes.wanted = BusMode.Loopback;
  controller.rate.tripleSampling = settings.tripleSampling;
}
