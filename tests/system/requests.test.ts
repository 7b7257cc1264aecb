// SPDX-License-Identifier: MIT
/**
 * Requests of AGL's: a rule table and live values change while frames go on; what is bad changes nothing.
 *
 * Expected frames come from the rules; status numbers from docs/troubleshooting.md.
 */
import assert from 'node:assert/strict';
import { afterEach, it } from 'node:test';
import { inFormat1, sealed } from '../format-1.ts';
import { compileRules } from '../../rules/compile.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import {
  liveValuesRequest,
  type Request,
  RequestWriter,
  ruleTableRequest,
} from '../../lab/page/requests.ts';
import { readTrace } from '../../lab/page/rings.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { readStatusPage, type StatusPage } from '../../lab/page/status-page.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { type RigOptions, openRig } from '../../lab/rig/open-rig.ts';
import { demandFor } from '../../lab/verify/rule-oracle.ts';
import { onBothEngines } from './play.ts';

const MILLISECOND = 1_000_000;
const RULES_SWAPPED = 11;
const REQUEST_REFUSED = 12;
const LIVE_VALUES_SET = 13;

const answer = (id: string, data: string): string => `answer: { id: ${id}, data: [${data}] }`;
const tableOf = (...rules: readonly string[]): string =>
  ['version: 1', 'rules:', ...rules.map((rule, index) => `  - { name: r${index}, ${rule} }`)].join(
    '\n',
  );

/** One request by filter, in two versions; and three more rules for other tables. */
const OLD = tableOf(`match: { id: 0x100 }, ${answer('0x101', '0x11, 0x11')}`);
const NEW = tableOf(`match: { id: 0x100 }, ${answer('0x101', '0x22, 0x22, 0x22')}`);
const OTHER = tableOf(
  `match: { id: 0x200 }, ${answer('0x081', '0x33')}`,
  `match: { id: 0x100 }, ${answer('0x101', '0x44')}`,
  'match: { id: 0x300 }, answer: { id: 0x301, live: [{ from: 10, to: 0, count: 2 }] }',
);
const imageOf = (text: string): Buffer => compileRules(text, 'r.yaml').image;

let rig: Rig | undefined;
afterEach(() => {
  rig?.close();
  rig = undefined;
});

/** A board with a table, and a way to ask. */
class Asked {
  readonly rig: Rig;
  readonly writer: RequestWriter;
  readonly #status: Buffer;

  constructor(started: Rig) {
    const { control } = started.board;
    assert.ok(control);
    this.rig = started;
    this.writer = new RequestWriter(control.requests);
    this.#status = control.status;
  }

  page(): StatusPage {
    this.rig.runUntil(() => readStatusPage(this.#status) !== undefined, MILLISECOND, 1_000);
    const page = readStatusPage(this.#status);
    assert.ok(page);
    return page;
  }

  /** Asks, and gives the page that has the request's end. */
  ask(request: Request, limitMillis = 50): StatusPage {
    const sequence = this.writer.write(request);
    const isDone = (): boolean => readStatusPage(this.#status)?.request.sequence === sequence;
    assert.ok(this.rig.runUntil(isDone, limitMillis * MILLISECOND), 'the request has ended');
    return this.page();
  }

  /** What the cell answers to a frame now. */
  answerTo(identifier: number): string[] {
    const before = this.rig.sentBy('canwarden').length;
    this.rig.send({ identifier });
    this.rig.run(2 * MILLISECOND);
    return this.rig.sentBy('canwarden').slice(before).map(formatFrame);
  }

  codes(): number[] {
    return readTrace(this.#status).map(({ code }) => code);
  }
}

/** Time for a line to go out, a character in 100 us. */
const LINE_NANOS = 20_000_000;

async function start(engine: EngineName, rules: string, more: Partial<RigOptions> = {}) {
  rig = await openRig({ engine, rules, settings: 'console=on', ...more });
  return new Asked(rig);
}

onBothEngines('a new rule table', (engine) => {
  it('takes the place of the old one, and its waiting answer too', async () => {
    const cell = await start(engine, OLD);
    assert.deepEqual(cell.answerTo(0x100), ['101#1111']);
    const image = imageOf(NEW);
    const page = cell.ask(ruleTableRequest(image));
    assert.equal(page.request.status, 0);
    assert.equal(page.request.detail, 0);
    assert.equal(page.rules.source, 'by request');
    assert.equal(page.rules.hash, image.readUInt32LE(12));
    assert.equal(page.rules.afterRestart, 0);
    cell.rig.forget();
    assert.deepEqual(cell.answerTo(0x100), ['101#222222']);
    // The filter still recognises it: RX STATUS, RTS, and only then the frame is read.
    assert.deepEqual(
      cell.rig.transactions.slice(0, 2).map(({ mosi }) => mosi[0]),
      [0xb0, 0x84],
    );
    assert.ok(cell.codes().includes(RULES_SWAPPED));
    cell.rig.run(LINE_NANOS);
    assert.match(cell.rig.lines.at(-1) ?? '', /new rules in force, asked for by AGL: 1$/);
  });

  it('answers by reading where the filters are set to others, and says so', async () => {
    const cell = await start(engine, OLD);
    const page = cell.ask(ruleTableRequest(imageOf(OTHER)));
    assert.equal(page.request.status, 0);
    // 0x081 is the most urgent answer: its rule has filter 0, which the chip has set to 0x100.
    assert.equal(page.rules.afterRestart, 1);
    assert.deepEqual(cell.answerTo(0x200), ['081#33']);
    assert.deepEqual(cell.answerTo(0x100), ['101#44']);
    assert.deepEqual(cell.answerTo(0x300), ['301#0000']);
    assert.deepEqual(cell.answerTo(0x200), ['081#33']);
    const back = cell.ask(ruleTableRequest(imageOf(OLD)));
    assert.equal(back.rules.afterRestart, 0);
    assert.deepEqual(cell.answerTo(0x100), ['101#1111']);
    assert.deepEqual(cell.answerTo(0x200), []);
  });

  it('may have no rules, and then everything is forwarded again', async () => {
    const cell = await start(engine, OLD);
    const page = cell.ask(ruleTableRequest(imageOf('version: 1\nrules: []')));
    assert.equal(page.rules.count, 0);
    assert.deepEqual(cell.answerTo(0x100), []);
    assert.equal(cell.rig.agl.length, 1);
  });

  it('gets a table that was started without rules to answer', async () => {
    const cell = await start(engine, 'version: 1\nrules: []');
    const page = cell.ask(ruleTableRequest(imageOf(NEW)));
    assert.equal(page.rules.afterRestart, 1);
    assert.deepEqual(cell.answerTo(0x100), ['101#222222']);
  });

  it('takes its place while the chip sleeps as well', async () => {
    const cell = await start(engine, OLD, { settings: 'sleep=1 console=on' });
    assert.ok(
      cell.rig.runUntil(
        () => cell.rig.lines.some((line) => /sleep/.test(line)),
        3_000 * MILLISECOND,
        MILLISECOND,
      ),
    );
    const page = cell.ask(ruleTableRequest(imageOf(NEW)));
    assert.equal(page.request.status, 0);
    // The frame that wakes the chip is lost.
    cell.rig.send({ identifier: 0x7ff });
    cell.rig.run(20 * MILLISECOND);
    assert.deepEqual(cell.answerTo(0x100), ['101#222222']);
  });

  it('never mixes with the old one while requests come without a pause', async () => {
    for (const [from, to] of [
      [OLD, NEW],
      [OLD, OTHER],
      [OTHER, OLD],
    ]) {
      const cell = await start(engine, from);
      const tables = [from, to].map((text) => compileRules(text, 'r.yaml').table);
      const identifiers = [0x100, 0x200, 0x100, 0x300];
      for (let index = 0; index < 100; index += 1) {
        cell.rig.send({ identifier: identifiers[index % 4] }, index * 250_000);
      }
      cell.rig.run(8 * MILLISECOND);
      const page = cell.ask(ruleTableRequest(imageOf(to)));
      assert.equal(page.request.status, 0);
      cell.rig.run(30 * MILLISECOND);
      // Each request's answer, by the old table up to some request, by the new one from then on.
      const complete = cell.rig.wire.filter(({ outcome }) => outcome === 'complete');
      const requests = complete.filter(({ sender }) => sender === 'ecu');
      assert.equal(requests.length, 100);
      const seen = complete.filter(({ sender }) => sender !== 'ecu').map(({ frame }) => frame);
      const expected = (changeAt: number): string[] =>
        requests.flatMap(({ frame }, index) => {
          const demand = demandFor(tables[index < changeAt ? 0 : 1], frame);
          return demand.answer ? [formatFrame(demand.answer)] : [];
        });
      const frames = seen.map(formatFrame).join(' ');
      const changeAt = requests.findIndex((_, index) => expected(index).join(' ') === frames);
      assert.ok(changeAt > 0, 'the answers are those of one change from old to new');
      assert.equal(page.counters[COUNTER.answersDropped], 0, 'no answer was dropped');
      cell.rig.close();
      rig = undefined;
    }
  });
});

onBothEngines('a bad request', (engine) => {
  it('changes nothing, and the status says what was wrong', async () => {
    const cell = await start(engine, OLD);
    const good = ruleTableRequest(imageOf(NEW));
    const cut = imageOf(OTHER);
    const flipped = Buffer.from(imageOf(NEW));
    flipped[100] ^= 1;
    const overlapping = ruleTableRequest(
      Buffer.concat([imageOf(OTHER).subarray(0, 32), Buffer.alloc(0)]),
    );
    const cases: [string, Request, number][] = [
      ['of a kind nobody knows', { ...good, kind: 9 }, 70],
      ['without a payload', { ...good, bytes: 0 }, 71],
      ['larger than any table', { ...good, bytes: 0x10001 }, 71],
      ['whose checksum is another', { ...good, crc32: (good.crc32 ^ 1) >>> 0 }, 72],
      ['whose table is damaged', ruleTableRequest(flipped), 63],
      ['whose table is cut off', ruleTableRequest(cut.subarray(0, cut.length - 64)), 63],
      ['whose table is only a header', overlapping, 63],
      ['that is no table', ruleTableRequest(Buffer.alloc(200, 0xa5)), 60],
      ['with bytes behind the table', ruleTableRequest(Buffer.concat([imageOf(NEW), cut])), 62],
      ['about live value 64', liveValuesRequest(64, [1]), 71],
      ['about live values up to 64', liveValuesRequest(60, [1, 2, 3, 4, 5]), 71],
    ];
    for (const [what, request, status] of cases) {
      const page = cell.ask(request);
      assert.equal(page.request.status, status, what);
      assert.equal(page.rules.source, 'loaded at start', what);
      assert.equal(page.rules.hash, imageOf(OLD).readUInt32LE(12), what);
      assert.deepEqual(
        [...page.liveValues],
        Array.from({ length: 64 }, () => 0),
        what,
      );
    }
    const refused = cell.codes().filter((code) => code === REQUEST_REFUSED);
    assert.equal(refused.length, cases.length);
    assert.deepEqual(cell.answerTo(0x100), ['101#1111']);
    cell.rig.run(cases.length * LINE_NANOS);
    assert.match(cell.rig.lines.at(-1) ?? '', /request of AGL's refused.*\(status 71\)$/);
    assert.equal(cell.ask(good).request.status, 0, 'a good one is still taken');
  });

  it('that overlaps itself is refused with the number of the rule', async () => {
    const cell = await start(engine, OLD);
    // The compiler makes no such table: the third rule's identifier becomes the second one's.
    const image = inFormat1(imageOf(OTHER));
    image.writeUInt32LE(0x100, 32 + 2 * 64);
    const page = cell.ask(ruleTableRequest(sealed(image)));
    assert.deepEqual(page.request, { sequence: 1, status: 66, detail: 3 });
  });

  it('that changes while it is copied is refused', async () => {
    const cell = await start(engine, OLD);
    const good = ruleTableRequest(imageOf(OTHER));
    const { clock, control } = cell.rig.board;
    // A byte of the payload's end turns over every 3 us, while the cell copies.
    for (let flip = 1; flip < 400; flip += 1) {
      clock.schedule(clock.now + flip * 3_000, () => {
        control?.requests.writeUInt8(flip & 0xff, 0x40 + good.payload.length - 1);
      });
    }
    cell.ask(good);
    assert.equal(cell.page().request.status, 72);
    assert.deepEqual(cell.answerTo(0x100), ['101#1111']);
  });

  it('from before the start is not carried out', async () => {
    const cell = await start(engine, OLD, {
      beforeBoot: ({ control }) => {
        assert.ok(control);
        new RequestWriter(control.requests).write(ruleTableRequest(imageOf(NEW)));
      },
    });
    assert.deepEqual(cell.page().request, { sequence: 1, status: 73, detail: 0 });
    assert.deepEqual(cell.answerTo(0x100), ['101#1111']);
  });
});

onBothEngines('live values', (engine) => {
  it('are zero at first, and then what AGL sets, together', async () => {
    const cell = await start(engine, OTHER);
    assert.deepEqual(cell.answerTo(0x300), ['301#0000']);
    const page = cell.ask(liveValuesRequest(10, [0xab, 0xcd]));
    assert.equal(page.request.status, 0);
    assert.deepEqual([...page.liveValues.subarray(9, 13)], [0, 0xab, 0xcd, 0]);
    assert.deepEqual(cell.answerTo(0x300), ['301#ABCD']);
    cell.ask(liveValuesRequest(11, [0xee]));
    assert.deepEqual(cell.answerTo(0x300), ['301#ABEE']);
    cell.ask(ruleTableRequest(imageOf(OTHER)));
    assert.deepEqual(cell.answerTo(0x300), ['301#ABEE'], 'a new table leaves them');
    const set = cell.codes().filter((code) => code === LIVE_VALUES_SET);
    assert.equal(set.length, 2);
  });

  it('are never half old and half new in one answer', async () => {
    const cell = await start(engine, OTHER);
    for (let value = 1; value <= 30; value += 1) {
      cell.writer.write(liveValuesRequest(10, [value, value]));
      cell.rig.send({ identifier: 0x300 }, (value * 37) % 900_000);
      cell.rig.run(2 * MILLISECOND);
    }
    const answers = cell.rig.sentBy('canwarden').map(formatFrame);
    assert.equal(answers.length, 30);
    for (const text of answers) assert.match(text, /^301#(..)\1$/);
    assert.ok(new Set(answers).size > 15, 'and they change');
  });
});

onBothEngines('without the control device', (engine) => {
  it('no byte is written there, and everything else is done', async () => {
    let before = Buffer.alloc(0);
    rig = await openRig({
      engine,
      rules: OLD,
      faults: { withoutControl: true },
      beforeBoot: ({ control }) => void (before = Buffer.from(control?.status ?? [])),
    });
    rig.send({ identifier: 0x100 });
    rig.send({ identifier: 0x555 });
    rig.run(30 * MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(formatFrame), ['101#1111']);
    assert.equal(rig.agl.length, 1);
    assert.ok(before.equals(rig.board.control?.status ?? Buffer.alloc(0)));
  });
});
