// SPDX-License-Identifier: MIT
/**
 * The tasks of the executive, and the functions of the image that are their `run`.
 *
 * Does not: say what they cost.
 */

import type { Refusal } from './points.ts';

export interface TaskEntry {
  /** As in src/cell/tasks.ts. */
  readonly name: string;
  /** Beginning and end of the function's name in the module. */
  readonly run: readonly [string, string];
  /** A function that the executive's own code calls only when the task works. */
  readonly works?: readonly [string, string];
  /** It always works when it is asked. */
  readonly isAlways?: true;
  /** What it takes at most when it is asked and refuses. Absent: its own ways say. */
  readonly refusal?: Refusal;
  /** The executive asks it when its timer is overdue. */
  readonly isTimed?: true;
}

export const TASKS: readonly TaskEntry[] = [
  {
    name: 'receive',
    run: ['src/cell/receive/ReceiveTask<', '#run'],
    refusal: { nanos: 2600, spiBytes: 2 },
    isTimed: true,
  },
  {
    name: 'acknowledge',
    run: ['src/cell/acknowledge/AcknowledgeTask<', '#run'],
    refusal: { nanos: 40, spiBytes: 0 },
  },
  {
    name: 'staging',
    run: ['src/cell/urgent/staging/StagingTask<', '#run'],
    refusal: { nanos: 60, spiBytes: 0 },
  },
  {
    name: 'transmit',
    run: ['src/cell/receive/TransmitTask<', '#run'],
    refusal: { nanos: 120, spiBytes: 0 },
  },
  {
    name: 'transmit poll',
    run: ['src/cell/receive/TransmitPollTask<', '#run'],
    refusal: { nanos: 80, spiBytes: 0 },
    isTimed: true,
  },
  {
    name: 'timers',
    run: ['src/cell/timers/Timers<', '#run'],
    refusal: { nanos: 110, spiBytes: 0 },
    isTimed: true,
  },
  {
    name: 'messages',
    run: ['src/cell/upkeep/MessagesTask<', '#run'],
    isAlways: true,
    isTimed: true,
  },
  {
    name: 'fault look',
    run: ['src/cell/bus/supervisor/BusSupervisor<', '#run'],
    refusal: { nanos: 50, spiBytes: 0 },
    isTimed: true,
  },
  {
    name: 'from AGL',
    run: ['src/cell/from-agl/FromAglTask<', '#run'],
    refusal: { nanos: 180, spiBytes: 0 },
    works: ['src/cell/from-agl/FromAglTask<', '#take'],
  },
  {
    name: 'forward',
    run: ['src/cell/receive/ForwardTask<', '#run'],
    refusal: { nanos: 110, spiBytes: 0 },
  },
  {
    name: 'link report',
    run: ['src/cell/upkeep/LinkReportTask<', '#run'],
    isAlways: true,
    isTimed: true,
  },
  {
    name: 'late report',
    run: ['src/cell/late-report/LateReportTask<', '#run'],
    isAlways: true,
    isTimed: true,
  },
  {
    name: 'session',
    run: ['src/cell/upkeep/SessionTask<', '#run'],
    refusal: { nanos: 200, spiBytes: 0 },
  },
  {
    name: 'console',
    run: ['src/cell/console-task/ConsoleTask<', '#run'],
    refusal: { nanos: 40, spiBytes: 0 },
    isTimed: true,
  },
  {
    name: 'status page',
    run: ['src/cell/upkeep/StatusPageTask<', '#run'],
    refusal: { nanos: 50, spiBytes: 0 },
    isTimed: true,
  },
  {
    name: 'requests',
    run: ['src/cell/page/requests/Requests<', '#run'],
    refusal: { nanos: 80, spiBytes: 0 },
    isTimed: true,
  },
  { name: 'rates', run: ['src/cell/rates/Rates<', '#plan'], isAlways: true, isTimed: true },
];

/** The function that asks the task whose timer is overdue. */
export const RUN_OVERDUE: readonly [string, string] = [
  'src/rt/executive/Executive<',
  '#runOverdue',
];

/** The function that ends the step of a task. */
export const STEP_ENDED: readonly [string, string] = ['src/rt/executive/Executive<', '#ended'];

export const isNamed = (name: string, [start, end]: readonly [string, string]): boolean =>
  name.startsWith(start) && name.endsWith(end);
