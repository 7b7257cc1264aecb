// SPDX-License-Identifier: MIT
/**
 * The script of one round of a fault campaign: which faults begin when, and for how long. It comes from a seed, and can
 * be written to a file, shortened by hand, and played again.
 *
 * Does not: play anything.
 */
import { Random } from '../random/random.ts';
import { FAMILIES, type FaultKind, KINDS, type KindName } from './kinds.ts';

export interface ScriptEntry {
  /** After the start of the round. */
  readonly atMicros: number;
  readonly kind: KindName;
  /** How long it lasts. */
  readonly forMicros: number;
  /** What it draws its own random numbers from. */
  readonly value: number;
}

export interface CampaignScript {
  readonly seed: number;
  /** Who plays the device of the ring. */
  readonly role: 'driver' | 'device';
  readonly bitrate: number;
  readonly entries: readonly ScriptEntry[];
}

const BIT_RATES = [250_000, 500_000, 1_000_000];
/** Faults begin within this time. A quiet time follows. */
const FAULTY_MICROS = 500_000;
const ENTRIES_LEAST = 3;
const ENTRIES_MOST = 9;

const SEEDS = 2 ** 31;
const NAMES = Object.keys(KINDS) as KindName[];

/** Another one each time. */
export function newSeed(): number {
  return Math.floor(Math.random() * SEEDS);
}

/** The script of a seed: faults of one to all families, a few at a time or one after the other. */
export function scriptOf(seed: number): CampaignScript {
  const random = Random.of(seed, 0);
  const families = FAMILIES.filter(() => random.chance(0.5));
  const kinds = NAMES.filter(
    (name) => families.length === 0 || families.includes(KINDS[name].family),
  );
  const counts = new Map<KindName, number>();
  const entries: ScriptEntry[] = [];
  for (let left = random.between(ENTRIES_LEAST, ENTRIES_MOST); left > 0; left--) {
    const kind = random.pick(kinds);
    const { leastMicros, mostMicros, mostTimes }: FaultKind = KINDS[kind];
    const atMicros = random.below(FAULTY_MICROS);
    const forMicros = random.between(leastMicros, mostMicros);
    const value = random.below(2 ** 31);
    const times = counts.get(kind) ?? 0;
    counts.set(kind, times + 1);
    if (times < (mostTimes ?? Infinity)) entries.push({ atMicros, kind, forMicros, value });
  }
  entries.sort((one, other) => one.atMicros - other.atMicros);
  return {
    seed,
    role: random.chance(0.3) ? 'device' : 'driver',
    bitrate: random.pick(BIT_RATES),
    entries,
  };
}

/** The script in a file. Throws an Error that says what is wrong with it. */
export function readScript(text: string): CampaignScript {
  const { seed, role, bitrate, entries } = (parsedOf(text) ?? {}) as CampaignScript;
  const isWhole =
    Number.isInteger(seed) && (role === 'driver' || role === 'device') && Number.isInteger(bitrate);
  if (!isWhole || !Array.isArray(entries)) {
    throw new Error('a script has seed, role (driver or device), bitrate and entries');
  }
  for (const entry of entries as readonly (ScriptEntry | null)[]) {
    const { kind, atMicros, forMicros, value } = entry ?? ({} as ScriptEntry);
    if (!NAMES.includes(kind))
      throw new Error(`no fault is called ${kind}; there are ${NAMES.join(', ')}`);
    if (![atMicros, forMicros, value].every((number) => Number.isInteger(number) && number >= 0)) {
      throw new Error(`${kind}: atMicros, forMicros and value are whole numbers from 0`);
    }
  }
  return { seed, role, bitrate, entries };
}

function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`this is no JSON (${(error as Error).message})`, { cause: error });
  }
}

/** The file, one fault a line. */
export function scriptText({ entries, ...head }: CampaignScript): string {
  const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
  return `${JSON.stringify(head).slice(0, -1)}, "entries": [\n${lines}\n]}\n`;
}
