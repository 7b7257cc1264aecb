// SPDX-License-Identifier: MIT
/**
 * The page: fetches the built files, starts the board in its worker, and joins the parts of the page.
 */
import './style.css';
import type { RuleTable } from '../rules/model.ts';
import { rulesSchema } from '../rules/schema.ts';

import { formatFrame } from '../twin/logs/candump/write.ts';
import { BusView } from './page/bus-view.ts';
import { LatencyChart, LoadChart } from './page/charts.ts';
import { BoardClient, fetchFile } from './page/client.ts';
import { type Checked, RulesEditor } from './page/editor.ts';
import { button, colour, element, save } from './page/elements.ts';
import { type Example, exampleRequests } from './page/example-request.ts';
import { FiguresView, showRules } from './page/figures.ts';
import { parseFrame } from './page/frame-text.ts';
import { Knobs } from './page/knobs.ts';
import { Results } from './page/results.ts';
import { LinesView } from './page/lines-view.ts';
import { watchDrops } from './page/log-drop.ts';
import { decodeDatabaseText } from '../rules/dbc/decode-text.ts';
import { readFrom } from './databases.ts';
import { packState, unpackState } from './page/share.ts';
import { followTheme } from './page/theme.ts';
import { TimelineView } from './page/timeline-view.ts';
import type { Databases, FirmwareBytes, FrameRow, Snapshot } from './protocol.ts';

const client = new BoardClient();
const results = new Results();
const bus = new BusView(
  element('bus-rows', HTMLTableSectionElement),
  element('only-answers', HTMLInputElement),
);
const figures = new FiguresView(element('figures', HTMLElement));
const latency = new LatencyChart(element('histogram', HTMLElement));
const load = new LoadChart(element('load-chart', HTMLElement));
const timeline = new TimelineView(element('timeline', HTMLElement));
const frameInput = element('frame', HTMLInputElement);
const lines = new LinesView(element('lines', HTMLElement));
/** By file name. */
let databases: Databases = {};
let databasesGiven = databases;
let examples: Example[] = [];
let nextExample = 0;
let isReady = false;
let isChecked = false;
let inForce = '';
let shownCounts = '';

followTheme(() => [latency, load].forEach((chart) => chart.recolour()));

const [shared, firstRules] = await Promise.all([
  unpackState(location.hash),
  fetchFile('rules.yaml').then((bytes) => new TextDecoder().decode(bytes)),
]);
const knobs = new Knobs(client, shared ?? {}, restart);
if (shared?.frame !== undefined) frameInput.value = shared.frame;

let rulesGiven = shared?.rules ?? firstRules;
const editor = new RulesEditor(
  element('editor', HTMLElement),
  rulesGiven,
  rulesSchema(),
  (path) => readFrom(databases)(path),
  rulesChecked,
);

/** A table without errors goes into force at once. */
function rulesChecked({ text, result }: Checked): void {
  const { table, diagnostics } = result;
  isChecked = true;
  offerRequest();
  if (table === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const [{ line, reason }] = errors;
    const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`;
    return results.rules(`Line ${line}: ${reason}${more}. The rules before stay in force.`, true);
  }
  offerExamples(table);
  if (text === rulesGiven && databases === databasesGiven) return results.rules(inForce);
  rulesGiven = text;
  databasesGiven = databases;
  results.rules('These rules are given to the cell…');
  client.send({ kind: 'rules', text, databases });
}

/** A click before the board runs, or before the rules were looked at, could not be answered. */
function offerRequest(): void {
  button('request').disabled = !(isReady && isChecked);
}

const rulesAre = (count: number): string => (count === 1 ? '1 rule is' : `${count} rules are`);

function offerExamples(table: RuleTable): void {
  examples = exampleRequests(table);
  element('frames', HTMLDataListElement).replaceChildren(
    ...examples.map(({ frame, ruleName }) => new Option(ruleName, formatFrame(frame))),
  );
}

function restart(): void {
  const { bitrate } = knobs.state;
  results.first('The board starts…');
  client.send({
    kind: 'start',
    setup: { bitrate, rulesText: rulesGiven, settings: '', databases },
  });
}

client.on('ready', ({ rules }) => {
  isReady = true;
  offerRequest();
  results.first('It runs. Send a request, and the cell answers.');
  results.rules((inForce = `${rulesAre(rules)} in force.`));
  bus.clear();
  load.clear();
  knobs.apply();
});
client.on('rules in force', ({ rules, afterRestart }) => {
  const late = afterRestart === 0 ? '' : ` ${afterRestart} get their hardware filter at a restart.`;
  results.rules((inForce = `${rulesAre(rules)} in force.${late}`));
});
client.on('rules refused', ({ reason }) => results.rules(reason, true));
client.on('note', ({ text }) => results.say(text));
client.on('failed', ({ reason }) => results.first(`It failed: ${reason}`, true));
client.on('export', ({ suffix, bytes }) => save(`bus${suffix}`, bytes, 'application/octet-stream'));
client.on('snapshot', (snapshot) => {
  show(snapshot);
  // A second turn: when it comes, the picture of the first is drawn.
  requestAnimationFrame(() => setTimeout(() => client.send({ kind: 'shown' })));
});

function show(snapshot: Snapshot): void {
  figures.show(snapshot);
  bus.add(snapshot.rows, snapshot.skipped);
  const counts = JSON.stringify(snapshot.rules);
  if (counts !== shownCounts) {
    shownCounts = counts;
    showRules(element('rule-rows', HTMLTableSectionElement), snapshot.rules);
    latency.show(snapshot.histogram);
  }
  load.add(Number((snapshot.nanos / 1e9).toFixed(2)), snapshot.busPercent);
  if (snapshot.timeline !== undefined) timeline.show(snapshot.timeline);
  if (snapshot.lines !== undefined) lines.show(snapshot.lines);
  snapshot.console.forEach((line) => results.say(line));
  knobs.show(snapshot);
  const answer = snapshot.rows.findLast(({ kind }) => kind === 'answer');
  if (answer !== undefined) answered(answer, snapshot.linux);
}

function answered({ text, latencyNanos = 0, ruleName = '' }: FrameRow, linux: boolean): void {
  const alone = linux ? '' : ' Linux is dead.';
  const micros = (latencyNanos / 1000).toFixed(1);
  results.first(`Answered: ${text}, ${micros} µs after the request, by rule ${ruleName}.${alone}`);
}

button('request').onclick = () => {
  const example = examples[nextExample++ % Math.max(1, examples.length)];
  if (example === undefined) return results.first('No rule answers a frame of the bus.', true);
  results.first(`${formatFrame(example.frame)} is sent…`);
  frameInput.value = formatFrame(example.frame);
  client.send({ kind: 'send', frame: example.frame, side: 'bus' });
};

element('send', HTMLFormElement).onsubmit = (event) => {
  event.preventDefault();
  const side = element('side', HTMLSelectElement).value === 'agl' ? 'agl' : 'bus';
  try {
    const frame = parseFrame(frameInput.value);
    client.send({ kind: 'send', frame, side });
    results.first(`${formatFrame(frame)} is sent…`);
    frameInput.setCustomValidity('');
  } catch (error) {
    frameInput.setCustomValidity((error as Error).message);
    frameInput.reportValidity();
  }
};
frameInput.oninput = () => frameInput.setCustomValidity('');

button('rules-reset').onclick = () => {
  editor.text = firstRules;
};
button('rules-export').onclick = () => save('rules.yaml', editor.text, 'application/yaml');
button('export').onclick = () =>
  client.send({ kind: 'export', suffix: element('suffix', HTMLSelectElement).value });
button('share').onclick = () => {
  const state = { rules: editor.text, frame: frameInput.value, ...knobs.state };
  void packState(state).then((hash) => {
    history.replaceState(undefined, '', hash);
    void navigator.clipboard?.writeText(location.href).catch(() => undefined);
    results.first('The link is in the address, and on the clipboard where the browser allows it.');
  });
};
watchDrops((name, bytes) => {
  if (/\.dbc$/i.test(name)) addDatabase(name, bytes);
  else client.send({ kind: 'replay', name, bytes });
});

/** The rules may name it from now on. Rules that wait for it, or had it before, are checked again. */
function addDatabase(name: string, bytes: Uint8Array): void {
  databases = { ...databases, [name]: decodeDatabaseText(bytes) };
  results.first(`${name} is here. Write \`dbc: ${name}\` into the rules to use its names.`);
  editor.checkAnew();
}

async function firmwareBytes(): Promise<FirmwareBytes> {
  const names = ['rpi4-canwarden.cell', 'rpi4-root.cell', 'cell.wasm', 'bridge.wasm'];
  const [cell, root, cellWasm, bridgeWasm] = await Promise.all(names.map(fetchFile));
  return { cell, root, cellWasm, bridgeWasm };
}

document.documentElement.style.accentColor = colour('accent');
try {
  const setup = { bitrate: knobs.state.bitrate, rulesText: rulesGiven, settings: '', databases };
  client.send({ kind: 'start', setup, firmware: await firmwareBytes() });
} catch (error) {
  results.first(`It failed: ${(error as Error).message}`, true);
}
