// SPDX-License-Identifier: MIT
/**
 * The tasks of the executive, and the functions of the image that are their `run`.
 *
 * Does not: say what they cost.
 */

export interface TaskEntry {
  /** As in src/cell/tasks.ts. */
  readonly name: string;
  /** Beginning and end of the function's name in the module. */
  readonly run: readonly [string, string];
  /** It always works when it is asked. */
  readonly isAlways?: true;
  /** The executive asks it when its timer is overdue. */
  readonly isTimed?: true;
}

export const TASKS: readonly TaskEntry[] = [
  { name: 'receive', run: ['src/cell/receive/ReceiveTask<', '#run'], isTimed: true },
  { name: 'acknowledge', run: ['src/cell/acknowledge/AcknowledgeTask<', '#run'] },
  { name: 'staging', run: ['src/cell/urgent/staging/StagingTask<', '#run'] },
  { name: 'transmit', run: ['src/cell/receive/TransmitTask<', '#run'] },
  { name: 'transmit poll', run: ['src/cell/receive/TransmitPollTask<', '#run'], isTimed: true },
  { name: 'timers', run: ['src/cell/timers/Timers<', '#run'], isTimed: true },
  {
    name: 'messages',
    run: ['src/cell/upkeep/MessagesTask<', '#run'],
    isAlways: true,
    isTimed: true,
  },
  { name: 'fault look', run: ['src/cell/bus/supervisor/BusSupervisor<', '#run'], isTimed: true },
  { name: 'from AGL', run: ['src/cell/from-agl/FromAglTask<', '#run'] },
  { name: 'forward', run: ['src/cell/receive/ForwardTask<', '#run'] },
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
  // SessionTask's own few instructions are in the function that asks.
  { name: 'session', run: ['src/virtio/can-link-end/CanLinkEnd', '#step@override'] },
  { name: 'console', run: ['src/cell/console-task/ConsoleTask<', '#run'], isTimed: true },
  { name: 'status page', run: ['src/cell/upkeep/StatusPageTask<', '#run'], isTimed: true },
  { name: 'requests', run: ['src/cell/page/requests/Requests<', '#run'], isTimed: true },
  { name: 'rates', run: ['src/cell/rates/Rates<', '#plan'], isAlways: true, isTimed: true },
];

/** The function that asks the task whose timer is overdue. */
export const RUN_OVERDUE: readonly [string, string] = [
  'src/rt/executive/Executive<',
  '#runOverdue',
];

export const isNamed = (name: string, [start, end]: readonly [string, string]): boolean =>
  name.startsWith(start) && name.endsWith(end);
