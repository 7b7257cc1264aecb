// SPDX-License-Identifier: MIT
/** The figures of the board, in words and numbers. */
import type { RuleRow, Snapshot } from '../protocol.ts';
import { micros, row } from './elements.ts';

type Figure = readonly [name: string, value: string, isBad?: boolean];

function figuresOf(snapshot: Snapshot): Figure[] {
  const { nanos, factor, linux, cell, session, faultState, lost, errors } = snapshot;
  return [
    ['board time', `${(nanos / 1e9).toFixed(factor >= 1 ? 1 : 6)} s`],
    ['of real time', ...paceOf(snapshot)],
    ['bus load', `${snapshot.busPercent.toFixed(0)} %`],
    ['frames a second', snapshot.framesPerSecond.toFixed(0)],
    ['frames', `${snapshot.frames}`],
    ['requests', `${snapshot.requests}`],
    ['answers', `${snapshot.answers}`],
    ['unanswered for 1 s', `${lost}`, lost > 0],
    ['to Linux', `${snapshot.toAgl}`],
    ['from Linux', `${snapshot.fromAgl}`],
    ['error frames', `${errors}`, errors > 0],
    ['waiting for the bus', `${snapshot.waiting}`],
    ['Linux', linux ? 'runs' : 'dead', !linux],
    ['session with Linux', session],
    ['cell', cell, cell !== 'running'],
    ['controller', faultState, faultState !== 'active'],
    ['longest step', `${snapshot.worstStepMicros.toFixed(1)} µs`],
  ];
}

/** Below this share of what was asked it is too slow. */
const KEPT_SHARE = 0.95;

/** The share of real time that the board reached, and whether that is less than was asked of it. */
export function paceOf({
  factor,
  reached,
}: Pick<Snapshot, 'factor' | 'reached'>): [text: string, isBad: boolean] {
  if (factor === 0) return ['stands still', false];
  if (reached === undefined) return ['…', false];
  const percent = 100 * Math.min(reached, factor);
  return [`${percent.toFixed(factor < 0.1 ? 1 : 0)} %`, reached < KEPT_SHARE * factor];
}

export class FiguresView {
  readonly #list: HTMLElement;

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  show(snapshot: Snapshot): void {
    const figures = figuresOf(snapshot);
    if (this.#list.children.length !== figures.length) {
      this.#list.replaceChildren(...figures.map(([name]) => figureElement(name)));
    }
    figures.forEach(([, value, isBad = false], index) => {
      const group = this.#list.children[index];
      const text = group.lastElementChild;
      if (text !== null && text.textContent !== value) text.textContent = value;
      group.classList.toggle('bad', isBad);
    });
  }
}

function figureElement(name: string): HTMLElement {
  const group = document.createElement('div');
  const term = document.createElement('dt');
  term.textContent = name;
  group.append(term, document.createElement('dd'));
  return group;
}

/** Shows one row for each rule. */
export function showRules(body: HTMLTableSectionElement, rules: readonly RuleRow[]): void {
  body.replaceChildren(
    ...rules.map(({ name, hits, answers, medianNanos, worstNanos }) =>
      row([name, `${hits}`, `${answers}`, micros(medianNanos), micros(worstNanos)]),
    ),
  );
}
