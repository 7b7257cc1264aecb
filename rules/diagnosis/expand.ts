// SPDX-License-Identifier: MIT
/**
 * The rules that `diagnosis:` stands for, as text of a rules file. Every answer is one of the words that any rule has.
 *
 * Sources: ISO 14229-1 (UDS: TesterPresent, negative responses; 0x11, 0x12 and 0x31 are for physical requests alone),
 * ISO 15765-2 (kinds of frames, flow control), SAE J1979 (service 01, masks of supported PIDs).
 * Does not: read the section (rules/language/parse-diagnosis.ts).
 */

/** Bytes, or live values from `live` on. */
export type DiagnosticData =
  { readonly bytes: readonly number[] } | { readonly live: number; readonly count: number };

export interface Diagnosis {
  readonly physical: number;
  readonly functional?: number;
  readonly answer: number;
  readonly extended: boolean;
  /** Absent: frames are as long as they need to be. */
  readonly padding?: number;
  readonly pids: ReadonlyMap<number, DiagnosticData>;
  readonly identifiers: ReadonlyMap<number, DiagnosticData>;
  readonly agl?: {
    readonly services: readonly number[];
    readonly separation: number;
    readonly isSilent: boolean;
  };
}

/** Rules whose frames begin the wait for AGL, and the one whose frames end it. */
const REQUEST_NAME = 'uds-request-';
const TRANSFER_NAMES = ['uds-first-frame', 'uds-transfer'];
const ANSWER_NAME = 'uds-answer';

/** What a rule of that name means for a client that waits. Undefined: nothing. */
export function roleOf(name: string): 'request' | 'answer' | undefined {
  if (name === ANSWER_NAME) return 'answer';
  const isRequest = name.startsWith(REQUEST_NAME) || TRANSFER_NAMES.includes(name);
  return isRequest ? 'request' : undefined;
}

const TESTER_PRESENT = 0x3e;
const READ_DATA = 0x22;
const CURRENT_DATA = 0x01;
const NEGATIVE = 0x7f;
const POSITIVE = 0x40;
const NOT_SUPPORTED = 0x11;
const NO_SUB_FUNCTION = 0x12;
const WRONG_LENGTH = 0x13;
const BUSY = 0x21;
const OUT_OF_RANGE = 0x31;
const PIDS_OF_MASK = 0x20;
const DATA_BYTES = 8;

/** Single frame of any length, first, consecutive frame, flow control; a single or first frame. */
const SINGLE = '{ value: 0, mask: 0xF0 }';
const FIRST = '{ value: 0x10, mask: 0xF0 }';
const CONSECUTIVE = '{ value: 0x20, mask: 0xF0 }';
const FLOW_CONTROL = '{ value: 0x30, mask: 0xF0 }';
const BEGIN = '{ value: 0, mask: 0xE0 }';

type Cell = number | string;

export function diagnosisText(diagnosis: Diagnosis): string {
  const { physical, functional, agl } = diagnosis;
  const all = functional === undefined ? [physical] : [functional, physical];
  const make = new Maker(diagnosis);
  const rules = [
    make.rule(
      'uds-tester-present',
      all,
      [2, TESTER_PRESENT, 0],
      make.answer([TESTER_PRESENT + POSITIVE, 0]),
    ),
    make.rule('uds-tester-present-silent', all, [2, TESTER_PRESENT, 0x80], 'action: drop'),
    make.rule(
      'uds-tester-present-other',
      [physical],
      [2, TESTER_PRESENT, '~'],
      make.negative(TESTER_PRESENT, NO_SUB_FUNCTION),
    ),
    ...(functional === undefined
      ? []
      : [
          make.rule(
            'uds-tester-present-to-all',
            [functional],
            [2, TESTER_PRESENT, '~'],
            'action: drop',
          ),
        ]),
    make.rule(
      'uds-tester-present-length',
      all,
      [SINGLE, TESTER_PRESENT],
      make.negative(TESTER_PRESENT, WRONG_LENGTH),
    ),
    ...pidRules(make, diagnosis, all),
    ...identifierRules(make, diagnosis, all),
    ...(agl === undefined ? [] : servedRules(make, diagnosis, all)),
    ...(agl === undefined
      ? [make.rule('uds-first-frame', [physical], [FIRST], make.raw([0x32, 0, 0]))]
      : []),
    make.rule('uds-not-supported', [physical], [SINGLE, '~'], make.negative('~', NOT_SUPPORTED)),
    ...(functional === undefined
      ? []
      : [`  - { name: uds-to-all, match: ${make.match([functional], [])}, action: drop }`]),
  ];
  return `version: 1\nrules:\n${rules.join('\n')}\n`;
}

function pidRules(make: Maker, { pids, physical }: Diagnosis, all: readonly number[]): string[] {
  if (pids.size === 0) return [];
  const numbers = [...pids.keys()];
  const last = Math.max(...numbers);
  const masks: string[] = [];
  for (let base = 0; base < last; base += PIDS_OF_MASK) {
    const known = [...numbers, ...(last > base + PIDS_OF_MASK ? [base + PIDS_OF_MASK] : [])];
    // The first PID is the highest of 32 bits, of the first of four bytes.
    const bytes = [0, 1, 2, 3].map((byte) =>
      [0, 1, 2, 3, 4, 5, 6, 7].reduce(
        (sum, bit) => sum | (known.includes(base + 1 + 8 * byte + bit) ? 0x80 >> bit : 0),
        0,
      ),
    );
    masks.push(
      make.rule(
        `obd-${two(base)}`,
        all,
        [2, CURRENT_DATA, base],
        make.answer([CURRENT_DATA + POSITIVE, base, ...bytes]),
      ),
    );
  }
  const rules = [...pids].map(([pid, data]) =>
    make.rule(
      `obd-${two(pid)}`,
      all,
      [2, CURRENT_DATA, pid],
      make.answer([CURRENT_DATA + POSITIVE, pid], data),
    ),
  );
  const other = make.rule(
    'obd-other',
    [physical],
    [2, CURRENT_DATA, '~'],
    make.negative(CURRENT_DATA, NO_SUB_FUNCTION),
  );
  return [...masks, ...rules, other];
}

function identifierRules(
  make: Maker,
  { identifiers, physical, agl }: Diagnosis,
  all: readonly number[],
): string[] {
  if (identifiers.size === 0) return [];
  const rules = [...identifiers].map(([identifier, data]) => {
    const [high, low] = [identifier >> 8, identifier & 0xff];
    const answer = make.answer([READ_DATA + POSITIVE, high, low], data);
    return make.rule(`did-${two(high)}${two(low)}`, all, [3, READ_DATA, high, low], answer);
  });
  const other = make.rule(
    'did-other',
    [physical],
    [3, READ_DATA, '~', '~'],
    make.negative(READ_DATA, OUT_OF_RANGE),
  );
  return agl?.services.includes(READ_DATA) ? rules : [...rules, other];
}

/** What goes to AGL, and what AGL says. */
function servedRules(
  make: Maker,
  { physical, answer, agl }: Diagnosis,
  all: readonly number[],
): string[] {
  const { services, separation, isSilent } = agl ?? { services: [], separation: 0, isSilent: true };
  const alone = (frame: string): string => `without-agl: ${isSilent ? 'nothing' : frame}`;
  const flow = (state: number): string => make.frame([state, 0, separation], '');
  const ofAgl = (name: string, kind: string, what: string): string =>
    `  - { name: ${name}, from: agl, match: { ${make.identifiers([answer])}, data: [${kind}] }, ${what} }`;
  return [
    // A rule for each costs a decision less than one with a choice.
    ...services.map((service) => {
      const busy = make.frame([3, NEGATIVE, service, BUSY], '');
      return make.rule(
        `${REQUEST_NAME}${two(service)}`,
        all,
        [SINGLE, service],
        `forward: true, ${alone(busy)}`,
      );
    }),
    make.rule(
      'uds-first-frame',
      [physical],
      [FIRST, '~', '~'],
      `answer: ${flow(0x30)}, forward: true, ${alone(flow(0x32))}`,
    ),
    make.rule('uds-transfer', [physical], [CONSECUTIVE], 'forward: true', true),
    make.rule('uds-flow-control', [physical], [FLOW_CONTROL], 'forward: true', true),
    ofAgl('uds-flow-control-of-agl', FLOW_CONTROL, 'action: drop'),
    ofAgl(ANSWER_NAME, BEGIN, 'forward: true'),
    ofAgl('uds-answer-continues', CONSECUTIVE, 'forward: true'),
  ];
}

/** Writes one rule. */
class Maker {
  readonly #diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis) {
    this.#diagnosis = diagnosis;
  }

  /** `isShort`: the last frame of a long message may be short. */
  rule(
    name: string,
    ids: readonly number[],
    data: readonly Cell[],
    what: string,
    isShort = false,
  ): string {
    return `  - { name: ${name}, match: ${this.match(ids, data, isShort)}, ${what} }`;
  }

  match(ids: readonly number[], data: readonly Cell[], isShort = false): string {
    const isPadded = this.#diagnosis.padding !== undefined && data.length > 0 && !isShort;
    const length = isPadded ? `length: ${DATA_BYTES}, ` : '';
    const bytes = data.length === 0 ? '' : `, ${length}data: [${data.map(cell).join(', ')}]`;
    return `{ ${this.identifiers(ids)}${bytes} }`;
  }

  identifiers(ids: readonly number[]): string {
    const { extended } = this.#diagnosis;
    return `id: [${ids.map(byte).join(', ')}]${extended ? ', extended: true' : ''}`;
  }

  /** A positive answer: its bytes, and data behind them. */
  answer(bytes: readonly number[], data: DiagnosticData = { bytes: [] }): string {
    const isLive = 'live' in data;
    const more: Cell[] = isLive ? Array.from({ length: data.count }, () => '~') : [...data.bytes];
    const from = bytes.length + 1;
    const live = isLive
      ? `, live: [{ from: ${data.live}, to: ${from}, count: ${data.count} }]`
      : '';
    return `answer: ${this.frame([bytes.length + more.length, ...bytes, ...more], live)}`;
  }

  negative(service: Cell, code: number): string {
    return `answer: ${this.frame([3, NEGATIVE, service, code], service === '~' ? copy(1, 2) : '')}`;
  }

  raw(bytes: readonly Cell[]): string {
    return `answer: ${this.frame(bytes, '')}`;
  }

  frame(bytes: readonly Cell[], more: string): string {
    const { answer, extended, padding } = this.#diagnosis;
    const filled =
      padding === undefined ? [] : Array.from({ length: DATA_BYTES - bytes.length }, () => padding);
    const data = [...bytes, ...filled].map(cell).join(', ');
    return `{ id: ${byte(answer)}${extended ? ', extended: true' : ''}, data: [${data}]${more} }`;
  }
}

function copy(from: number, to: number): string {
  return `, copy: [{ from: ${from}, to: ${to} }]`;
}

function cell(value: Cell): string {
  return typeof value === 'number' ? byte(value) : value;
}

function byte(value: number): string {
  return `0x${value.toString(16)}`;
}

function two(value: number): string {
  return value.toString(16).padStart(2, '0');
}
