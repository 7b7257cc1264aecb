// SPDX-License-Identifier: MIT
/** Puts recorded frames onto the bus: a log that was dropped onto the page, or the demo's traffic. */
import { demoTraffic } from '../../lab/demo/demo-traffic.ts';
import { chooseForBus } from '../../lab/play/log-choice.ts';
import { prepareInput, refuseCellsFrames } from '../../lab/play/log-input.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { formatToRead } from '../../twin/logs/formats.ts';
import { readChunks } from '../../twin/logs/read.ts';
import type { Simulation } from './simulation.ts';

/** Plays a log from now on. Returns notes for the user. Throws LogError, LogInputError, InputError. */
export function replayLog(board: Simulation, name: string, bytes: Uint8Array): string[] {
  const reading = readChunks([bytes], formatToRead(name), name);
  const { entries, notes } = chooseForBus(name, reading, { namesAreSenders: true });
  const input = prepareInput(refuseCellsFrames(entries, name), []);
  const { sender } = board.rig.board;
  for (const { frame, nanos, interfaceName, isLate } of input.bus) {
    sender.enqueue(frame, board.rig.now + nanos, interfaceName, isLate);
  }
  const seconds = ((input.bus.at(-1)?.nanos ?? 0) / 1e9).toFixed(1);
  return [`${name}: ${input.bus.length} frames, ${seconds} s`, ...notes];
}

/** Plays the demo's ten seconds of driving from now on. */
export function replayDemo(board: Simulation): string {
  const entries = demoTraffic();
  const { sender } = board.rig.board;
  for (const { timeMicros, sender: name, identifier, extended, remoteLength, data } of entries) {
    const remote = remoteLength !== undefined;
    const frame = makeFrame({
      ...{ identifier, extended, remote },
      ...(remote ? { dlc: remoteLength } : { data }),
    });
    sender.enqueue(frame, board.rig.now + timeMicros * 1000, name);
  }
  return `the demo: ${entries.length} frames, 10 s`;
}
