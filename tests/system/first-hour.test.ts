// SPDX-License-Identifier: MIT
/**
 * docs/first-hour.md is true: each command in it is run, and prints the lines below it, in order.
 *
 * Those of the developer's machine run one by one, those of the board in one shell of `--as-board`, in their order.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { parseModel } from '../../lab/model/model-file.ts';
import { compileRules } from '../../rules/compile.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const TEXT = readFileSync('docs/first-hour.md', 'utf8');
const TWIN = /^```twin\n\$ npm run twin -- (.*)\n([^]*?)^```$/gm;
const BOARD = /^```board\n([^]*?)^```$/gm;
/** In front of each command's output. */
const MARK = '@@ ';

const folder = temporaryFolder();

function twin(words: readonly string[], input = ''): { stdout: string; stderr: string } {
  const INIT_CWD = words[0] === '--as-board' ? folder : PROJECT_ROOT;
  return runScript('twin', words, { input, env: { ...process.env, INIT_CWD } });
}

/** `lines` are in `text` in their order, however far apart, and whatever the columns. */
function assertShows(text: string, lines: readonly string[], stderr = ''): void {
  const flat = (part: string): string => part.replaceAll(/ +/g, ' ').trim();
  const shown = flat(text);
  let from = 0;
  for (const line of lines) {
    const at = shown.indexOf(flat(line), from);
    assert.ok(at >= 0, `"${line}" is not in\n${text}${stderr}`);
    from = at + flat(line).length;
  }
}

const blocks = [...TEXT.matchAll(TWIN)];

it('has commands for the twin', () => {
  assert.ok(blocks.length >= 3, `${blocks.length} blocks`);
});

for (const [, words, shown] of blocks) {
  it(`npm run twin -- ${words}`, () => {
    const { stdout, stderr } = twin(words.split(' '));
    assertShows(stdout, shown.trimEnd().split('\n'), stderr);
  });
}

interface Command {
  readonly words: string;
  readonly shows: string[];
}

/** The commands of the board with the lines below each. */
function boardCommands(): Command[] {
  const commands: Command[] = [];
  for (const [, block] of TEXT.matchAll(BOARD)) {
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('# ')) commands.push({ words: line.slice(2), shows: [] });
      else commands.at(-1)?.shows.push(line);
    }
  }
  return commands;
}

describe('npm run twin -- --as-board', () => {
  const commands = boardCommands();
  const echo = 'examples/echo/rules.yaml';
  writeFileSync(join(folder, 'echo.bin'), compileRules(readFileSync(echo, 'utf8'), echo).image);
  const rules = join(PROJECT_ROOT, 'rules.yaml');
  const session = twin(
    ['--as-board', '--engine', 'wasm', '--rules', rules],
    commands.map(({ words }) => `printf '${MARK}'\n${words}\n`).join(''),
  );
  const outputs = session.stdout.split(MARK).slice(1);

  it('reads all commands from a pipe', () => {
    assert.ok(commands.length >= 12, `${commands.length} commands`);
    assert.equal(outputs.length, commands.length, session.stderr);
  });

  for (const [index, { words, shows }] of commands.entries()) {
    it(words, () => assertShows(outputs[index] ?? '', shows, session.stderr));
  }

  it('leaves the model that it has measured, and nothing of the board', () => {
    const model = readFileSync(join(folder, 'board-model.json'), 'utf8');
    const { deviceReadNanos } = parseModel(model, 'board-model.json');
    assert.ok(Math.abs(deviceReadNanos / 100 - 1) < 0.03, `${deviceReadNanos}`);
    const root = /\/\S*canwarden-as-board-[A-Za-z0-9]+/.exec(session.stdout)?.[0] ?? '';
    assert.ok(root.length > 0);
    assert.throws(() => readFileSync(join(root, 'fake/bin/canwarden')), /ENOENT/);
  });
});
