// SPDX-License-Identifier: MIT
/**
 * What page and worker say to each other. Times are nanoseconds of the board's own time.
 */
import type { AnswerTimeline } from '../lab/report/answer-timeline.ts';
import type { CanFrame } from '../twin/bus/can-frame.ts';

/** What the board is made of, and what it runs. */
export interface BoardSetup {
  readonly bitrate: number;
  readonly rulesText: string;
  /** Words for the cell's command line, such as `int=spi`. */
  readonly settings: string;
  /** Texts of the DBC files that the rules may name, by file name. */
  readonly databases: Databases;
}

export type Databases = Readonly<Record<string, string>>;

export interface FirmwareBytes {
  readonly cell: Uint8Array;
  readonly root: Uint8Array;
  readonly cellWasm: Uint8Array<ArrayBuffer>;
  readonly bridgeWasm: Uint8Array<ArrayBuffer>;
}

export type ToBoard =
  | { readonly kind: 'start'; readonly setup: BoardSetup; readonly firmware?: FirmwareBytes }
  | { readonly kind: 'rules'; readonly text: string; readonly databases: Databases }
  | { readonly kind: 'send'; readonly frame: CanFrame; readonly side: 'bus' | 'agl' }
  | { readonly kind: 'load'; readonly percent: number }
  | { readonly kind: 'flood'; readonly on: boolean }
  | { readonly kind: 'linux'; readonly on: boolean }
  | { readonly kind: 'interrupt wire'; readonly whole: boolean }
  | { readonly kind: 'speed'; readonly factor: number }
  | { readonly kind: 'step'; readonly by: number | 'frame' | 'spi' }
  | { readonly kind: 'replay'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'demo' }
  /** The page has drawn the last snapshot and can take another. */
  | { readonly kind: 'shown' }
  | { readonly kind: 'export'; readonly suffix: string };

/** One frame of the bus, ready to be shown. */
export interface FrameRow {
  readonly nanos: number;
  readonly sender: string;
  readonly text: string;
  readonly kind: 'request' | 'answer' | 'frame' | 'error' | 'agl';
  /** From the end of the request to the start of its answer. */
  readonly latencyNanos?: number;
  readonly ruleName?: string;
}

export interface RuleRow {
  readonly name: string;
  /** Requests that the rule takes, seen on the bus. */
  readonly hits: number;
  readonly answers: number;
  readonly medianNanos: number | undefined;
  readonly worstNanos: number | undefined;
}

/** One instruction on the SPI lines, with the time of each byte's nine clocks. */
export interface LinesTransaction {
  readonly selectNanos: number;
  readonly deselectNanos: number;
  readonly text: string;
  readonly bytes: readonly {
    readonly mosi: number;
    readonly miso: number;
    readonly fromNanos: number;
    readonly toNanos: number;
  }[];
}

/** One screen of the SPI lines and INT. */
export interface LinesLook {
  readonly fromNanos: number;
  readonly toNanos: number;
  readonly transactions: readonly LinesTransaction[];
  readonly isLowAtStart: boolean;
  readonly edges: readonly { readonly low: boolean; readonly nanos: number }[];
}

/** How the board does, some ten times a second. */
export interface Snapshot {
  readonly kind: 'snapshot';
  readonly nanos: number;
  /** What was asked of the clock, and what it reached: board time for each second. Undefined: not known yet. */
  readonly factor: number;
  readonly reached: number | undefined;
  /** The bus was busy for this share of the time since the snapshot before, in percent. */
  readonly busPercent: number;
  readonly framesPerSecond: number;
  readonly frames: number;
  readonly requests: number;
  readonly answers: number;
  readonly toAgl: number;
  readonly fromAgl: number;
  readonly lost: number;
  readonly errors: number;
  readonly waiting: number;
  readonly linux: boolean;
  readonly interruptWire: boolean;
  readonly flood: boolean;
  readonly cell: 'running' | 'stopped' | 'parked';
  readonly session: string;
  readonly faultState: string;
  readonly worstStepMicros: number;
  /** Lines of the cell's console since the snapshot before. */
  readonly console: readonly string[];
  readonly rows: readonly FrameRow[];
  /** Frames that were left out of `rows` because they came too fast to read. */
  readonly skipped: number;
  readonly rules: readonly RuleRow[];
  /** Counts of answers by latency bucket; `bucketStartNanos` says where each begins. */
  readonly histogram: readonly number[];
  /** The last answer. Undefined: no new one. */
  readonly timeline?: AnswerTimeline;
  /** The last instructions. Undefined: no new ones. */
  readonly lines?: LinesLook;
}

export type FromBoard =
  | Snapshot
  | { readonly kind: 'ready'; readonly rules: number }
  | { readonly kind: 'rules in force'; readonly rules: number; readonly afterRestart: number }
  | { readonly kind: 'rules refused'; readonly reason: string }
  | { readonly kind: 'export'; readonly suffix: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };
