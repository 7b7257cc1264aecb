// SPDX-License-Identifier: MIT
/**
 * A process of its own that compiles modules with mutants: `node tests/mutation/compile.js ORDER`, where ORDER is a file
 * of JSON (scripts/mutation/order.ts has its type). It writes the modules and the list of the mutants that are in them.
 * A module that is there, from the same texts and with the same mutants, stays.
 *
 * A mutant that does not compile is left out of all modules, and is in the list with the compiler's message.
 * Does not: go through tsx; asc does not load under it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { main as asc } from 'assemblyscript/dist/asc.js';
import { listMutants, MUTATED_FOLDERS, MutationTransform } from './transform.js';

const order = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const texts = new Map();
/** Rounds of leaving out what does not compile. */
const ATTEMPTS = 12;

function textOf(path) {
  if (!texts.has(path)) {
    let text = null;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      // asc asks for several names of a module.
    }
    texts.set(path, text);
  }
  return texts.get(path);
}

function sources() {
  return MUTATED_FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map((name) => ({ path: `${folder}/${name}`, text: textOf(`${folder}/${name}`) })),
  );
}

/** The mutants that the order names, or as many as it wants: those with the lowest hash of seed and name. */
function choose(all) {
  const { names, seed, count } = order;
  if (names !== undefined) return names.map((name) => all.find((one) => one.name === name) ?? name);
  const rank = ({ name }) => createHash('sha1').update(`${seed} ${name}`).digest('hex');
  return all
    .map((mutant) => ({ rank: rank(mutant), mutant }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

const wanted = choose(listMutants(sources()));
const unknown = wanted.filter((one) => typeof one === 'string');
if (unknown.length > 0) {
  process.stderr.write(`No longer in the source, take another one each:\n${unknown.join('\n')}\n`);
  process.exit(2);
}
const planted = order.planted.map((row, index) => ({ ...row, number: wanted.length + index }));

function digest(...parts) {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(`${part}\0`);
  return hash.digest('hex');
}

const SELF = ['compile.js', 'places.js', 'transform.js'].map((name) => `tests/mutation/${name}`);
const drawn = digest(JSON.stringify([wanted, planted]), ...SELF.map(textOf));

/** What is there: which module was made from which texts, and which mutants did not compile. */
const MADE = `${order.folder}/made.json`;
const before = existsSync(MADE) ? JSON.parse(readFileSync(MADE, 'utf8')) : {};
const made = before.drawn === drawn ? before : { drawn, modules: {}, refused: [] };
const refused = new Map(made.refused);

/** Of a module that consists of `files`, without the mutants of `out`. */
function digestOf({ parameters }, files, out) {
  return digest(drawn, JSON.stringify([parameters, files, out]), ...files.map(textOf));
}

/** Whether a module is there as it would become. */
function isMade(module) {
  const { files, out, sum } = made.modules[module.output] ?? { files: [] };
  if (!existsSync(module.output) || sum !== digestOf(module, files, out)) return false;
  return out.every((name) => refused.has(name));
}

/** Compiles one module, and leaves out of it and of all later ones what does not compile. */
async function compile(module) {
  const { output, parameters } = module;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const numbers = new Map();
    wanted.forEach(({ name }, index) => refused.has(name) || numbers.set(name, index));
    const transform = new MutationTransform(numbers, planted);
    const errors = [];
    const files = new Set();
    const { error, stderr } = await asc([...parameters, '--outFile', output], {
      transforms: [transform],
      readFile: (name, base) => {
        const path = base === '.' ? name : `${base}/${name}`;
        files.add(path);
        return textOf(path);
      },
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) writeFileSync(name, contents);
      },
      listFiles: () => [],
      reportDiagnostic: (one) => one.category === 3 && errors.push(one),
    });
    if (error === null) {
      const [list, out] = [[...files].sort(), [...refused.keys()]];
      made.modules[output] = { files: list, out, sum: digestOf(module, list, out) };
      writeFileSync(MADE, JSON.stringify({ ...made, refused: [...refused] }));
      return;
    }
    const guilty = errors.flatMap(({ range, message }) => guiltyOf(range, message));
    if (guilty.length === 0)
      throw new Error(`${parameters[0]}: ${error.message}\n${stderr.toString()}`);
  }
  throw new Error(`${parameters[0]}: still something does not compile`);
}

function guiltyOf(range, message) {
  if (range === null) return [];
  const { start, end, source } = range;
  const inFile = wanted.filter(
    ({ name, file }) => !refused.has(name) && file === source.normalizedPath,
  );
  const over = inFile.filter((mutant) => mutant.start <= end && start <= mutant.end);
  const variable = /^Variable '(\w+)' is used before/.exec(message)?.[1];
  const removed = inFile.filter(({ name }) => name.includes(`: ${variable} = `));
  const guilty = variable === undefined ? over : removed;
  for (const { name } of guilty) refused.set(name, message);
  return guilty;
}

for (const module of order.modules) if (!isMade(module)) await compile(module);
writeFileSync(
  `${order.folder}/list.json`,
  JSON.stringify({
    mutants: [
      ...wanted.map(({ name, file, line, kind }, number) => {
        return { number, name, file, line, kind, refused: refused.get(name) };
      }),
      ...planted.map(({ number, name, file }) => ({ number, name, file, kind: 'planted' })),
    ],
  }),
);
