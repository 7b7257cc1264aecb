// SPDX-License-Identifier: MIT
/**
 * Every mistake in the signals of an answer or of a change on the way is named with its place in the rules
 * file and, where a DBC file has to do with it, the place there.
 */
import { GEARBOX, parseWithGear, signalRule } from './rules-signals-text.ts';
import { type Mistakes, refuses } from './rules-text.ts';

const gearbox = (...lines: string[]) => signalRule(GEARBOX, ...lines);

const ANSWERS: Mistakes = {
  'car/r.yaml:6:30 id and message exclude each other: the DBC file has the identifier': gearbox(
    'answer: { message: Dash, id: 0x100 }',
  ),
  'car/r.yaml:6:26 signals need a message: write message: NAME in the answer': gearbox(
    'answer: { id: 0x101, signals: { Shown: 1 } }',
  ),
  'car/r.yaml:6:41 message "Dash" (car/d.dbc:10:9) has no signal "Sped"; known: Shown, Small, Wide':
    gearbox('answer: { message: Dash, signals: { Sped: 1 } }'),
  'car/r.yaml:6:48 400 is out of range: Shown can be 0 to 255 km/h (car/d.dbc:11:6)': gearbox(
    'answer: { message: Dash, signals: { Shown: 400 } }',
  ),
  'car/r.yaml:6:56 message "Gearbox" (car/d.dbc:5:9) has no signal "Speedy"; did you mean "Speed"?':
    gearbox('answer: { message: Dash, signals: { Shown: { from: Speedy } } }'),
  'car/r.yaml:6:56 from needs a message: write message: NAME in the match': signalRule(
    'match: { id: 0x100 }',
    'answer: { message: Dash, signals: { Shown: { from: Speed } } }',
  ),
  'car/r.yaml:6:13 answer needs data of the frame, and a remote frame has none': signalRule(
    'match: { message: Gearbox, remote: true }',
    'answer: { message: Dash, signals: { Shown: { from: Speed } } }',
  ),
  'car/r.yaml:6:48 Shown has no "from"': [
    gearbox('answer: { message: Dash, signals: { Shown: { scale: 2 } } }'),
    gearbox('answer: { message: Dash, signals: { Shown: {} } }'),
  ],
  'car/r.yaml:6:48 scale is 0: the signal would not depend on the request': gearbox(
    'answer: { message: Dash, signals: { Shown: { from: Speed, scale: 0 } } }',
  ),
  'car/r.yaml:6:70 scale must be a number such as 0.25 (got "much")': gearbox(
    'answer: { message: Dash, signals: { Shown: { from: Speed, scale: much } } }',
  ),
  'car/r.yaml:6:71 offset must be a number such as 0.25 (got "much")': gearbox(
    'answer: { message: Dash, signals: { Shown: { from: Speed, offset: much } } }',
  ),
  'car/r.yaml:6:68 the range from 9 to 3 is upside down: swap them (car/d.dbc:11:6)': gearbox(
    'answer: { message: Dash, signals: { Shown: { from: Speed, min: 9, max: 3 } } }',
  ),
  'car/r.yaml:6:68 no value of Shown is from 900 to 900: Shown can be 0 to 255 km/h (car/d.dbc:11:6)':
    gearbox('answer: { message: Dash, signals: { Shown: { from: Speed, min: 900 } } }'),
  'car/r.yaml:6:48 Shown: the arithmetic could exceed 64 bits: use fewer digits in scale and offset':
    gearbox(
      'answer: { message: Dash, signals: { Shown: { from: Speed, scale: 1.000000000000000000001 } } }',
    ),
  'car/r.yaml:6:63 unknown key "factor" in Shown; known: from, scale, offset, min, max': gearbox(
    'answer: { message: Dash, signals: { Shown: { from: Speed, factor: 2 } } }',
  ),
  'car/r.yaml:6:48 Shown reads live values 64 to 64; the last one is 63': gearbox(
    'answer: { message: Dash, signals: { Shown: { live: 64 } } }',
  ),
  'car/r.yaml:6:47 Wide reads live values 63 to 64; the last one is 63': gearbox(
    'answer: { message: Dash, signals: { Wide: { live: 63 } } }',
  ),
  'car/r.yaml:6:48 Shown counts to 256, and 8 bits hold at most 255: make the field wider, or max smaller':
    gearbox('answer: { message: Dash, signals: { Shown: { counter: { max: 256 } } } }'),
  'car/r.yaml:6:48 Shown has step 16: it is at least 1 and at most max, 15': gearbox(
    'answer: { message: Dash, signals: { Shown: { counter: { max: 15, step: 16 } } } }',
  ),
  'car/r.yaml:6:59 counter must be a map with max, step (got 5)': gearbox(
    'answer: { message: Dash, signals: { Shown: { counter: 5 } } }',
  ),
  'car/r.yaml:6:50 unknown key "counter" in Shown; known: live': gearbox(
    'answer: { message: Dash, signals: { Shown: { counter: { max: 3 }, live: 1 } } }',
  ),
  'car/r.yaml:6:80 a rule has one counter: give all its places the same max and step': gearbox(
    'answer: { message: Dash, signals: { Shown: { counter: { max: 3 } }, Small: { counter: { max: 7 } } } }',
  ),
  'car/r.yaml:6:48 Shown and copy both write bit 0, in byte 0': gearbox(
    'answer: { message: Dash, signals: { Shown: 1 }, copy: [{ from: 0, to: 0 }] }',
  ),
  'car/r.yaml:6:38 byte 3 is written, but length is 1': gearbox(
    'answer: { message: Dash, length: 1, signals: { Wide: 1 } }',
  ),
  'car/r.yaml:6:56 InOne is in the frame only if Mode is 1: match signals: { Mode: 1 }': signalRule(
    'match: { message: Selected }',
    'answer: { message: Dash, signals: { Shown: { from: InOne } } }',
  ),
  'car/r.yaml:6:43 InOne is in the frame only if Mode is 1, and it is set to 2': gearbox(
    'answer: { message: Selected, signals: { Mode: 2, InOne: 3 } }',
  ),
  'car/r.yaml:6:48 warning: Shown is outside of the range that the DBC file states (car/d.dbc:11:6)':
    gearbox('answer: { message: Dash, signals: { Shown: 200 } }'),
  'car/r.yaml:6:24 warning: answer id 0x100 is also matched as a request: two nodes sending one identifier collide on the bus':
    gearbox('answer: { message: Gearbox, signals: { Position: P } }'),
};

const CHANGES: Mistakes = {
  'car/r.yaml:6:36 Position has no value "Q"; did you mean "P"? (car/d.dbc:6:6)': gearbox(
    'modify: { signals: { Position: Q } }',
  ),
  'car/r.yaml:6:15 signals need a message: write message: NAME in the match': signalRule(
    'match: { id: 0x100 }',
    'modify: { signals: { Position: P } }',
  ),
  'car/r.yaml:6:24 InOne is in the frame only if Mode is 1: match signals: { Mode: 1 }': signalRule(
    'match: { message: Selected }',
    'modify: { signals: { InOne: 3 } }',
  ),
  'car/r.yaml:6:13 modify needs data of the frame, and a remote frame has none': signalRule(
    'match: { message: Gearbox, remote: true }',
    'modify: { signals: { Position: P } }',
  ),
  'car/r.yaml:6:36 Position and bits 1 both write bit 0, in byte 0': gearbox(
    'modify: { signals: { Position: P }, bits: [{ from: 0, to: 0 }] }',
  ),
};

refuses('a mistake in the signals of an answer is named:', ANSWERS, parseWithGear);
refuses('a mistake in the signals of a change is named:', CHANGES, parseWithGear);
