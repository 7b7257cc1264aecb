// SPDX-License-Identifier: MIT
/** Messages and signals of a DBC file that cannot be used, and names that are not in it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { databaseOf, message, messageOf, saidOfDbc, signal } from './dbc-text.ts';

const FEATURES = databaseOf(readFileSync('tests/data/features.dbc', 'utf8'), 'features.dbc');

describe('a message that cannot be used', () => {
  const cannot = 'warning: message "Msg" cannot be used:';
  for (const [said, text] of Object.entries({
    [`d.dbc:3:6 ${cannot} signals "A" (d.dbc:2:6) and "B" share bit 0 of byte 1; correct one of them`]:
      message(signal('A', '0|9@1+'), signal('B', '15|8@0+')),
    [`d.dbc:2:6 ${cannot} signal "A" (25|8, intel) ends in byte 4, and the message has 4 bytes; correct the signal`]:
      message(signal('A', '25|8@1+')),
    [`d.dbc:2:6 ${cannot} signal "A" (24|2, motorola) ends in byte 4, and the message has 4 bytes; correct the signal`]:
      message(signal('A', '24|2@0+')),
    [`d.dbc:2:6 ${cannot} signal "A" has 0 bits: 1 to 64 are possible; correct the signal`]:
      message(signal('A', '0|0@1+')),
    [`d.dbc:2:6 ${cannot} signal "A" has 65 bits: 1 to 64 are possible; correct the signal`]:
      message(signal('A', '0|65@1+')),
    [`d.dbc:2:6 ${cannot} it has two signals "A"; the other is at d.dbc:3:6`]: message(
      signal('A', '0|8@1+'),
      signal('A', '8|8@1+'),
    ),
    [`d.dbc:1:9 ${cannot} another message has its identifier 0x100, at d.dbc:2:9; change or remove one`]:
      'BO_ 256 Msg: 4 Node\nBO_ 256 Other: 4 Node',
    [`d.dbc:1:9 ${cannot} another message has its name "Msg", at d.dbc:2:9; change or remove one`]:
      'BO_ 256 Msg: 4 Node\nBO_ 257 Msg: 4 Node',
    [`d.dbc:1:10 ${cannot} identifier 2048 is out of range: at most 2047; for a 29-bit identifier write 2147485696 (bit 31 set)`]:
      'BO_ 2048 Msg: 4 Node',
    [`d.dbc:1:16 ${cannot} identifier 536870912 is out of range: at most 536870911`]:
      'BO_ 2684354560 Msg: 4 Node',
    [`d.dbc:1:9 ${cannot} it has 64 bytes, and a frame of classical CAN has at most 8; shorten "Msg" or leave it out`]:
      'BO_ 256 Msg: 64 Node\n SG_ A : 500|8@1+ (1,0) [0|0] "" Node',
    [`d.dbc:2:6 ${cannot} signal "A" is multiplexed, but there is no multiplexor; mark it with M`]:
      message(signal('A', '0|8@1+', 'm1 ')),
    [`d.dbc:2:6 ${cannot} signal "A" is multiplexed, but there is no multiplexor "B"; mark it with M`]:
      message(signal('A', '0|8@1+', 'm1 '), signal('B', '8|8@1+'), 'SG_MUL_VAL_ 256 A B 1-1;'),
    [`d.dbc:4:6 ${cannot} signal "C" may depend on "A" or "B"; add SG_MUL_VAL_ for it`]: message(
      signal('A', '0|8@1+', 'M '),
      signal('B', '8|8@1+', 'M '),
      signal('C', '16|8@1+', 'm1 '),
    ),
    [`d.dbc:2:6 ${cannot} signal "A" depends on itself, or on more than 16 multiplexors; correct SG_MUL_VAL_`]:
      message(signal('A', '0|8@1+', 'm1M '), signal('B', '8|8@1+', 'm1M ')),
    [`d.dbc:3:6 ${cannot} signal "B" is never present: its multiplexor "A" is at most 3; correct its number`]:
      message(signal('A', '0|2@1+', 'M '), signal('B', '8|8@1+', 'm4 ')),
  })) {
    it(`${said}, and an error of who uses it`, () => {
      assert.equal(saidOfDbc(text)[0], said);
      const { found, refused = '' } = databaseOf(text).message('Msg');
      assert.equal(found, undefined);
      const [, reason] = said.split('cannot be used: ');
      // Of two with one name, the other is as good.
      if (!text.includes('257 Msg'))
        assert.ok(refused.endsWith(`cannot be used: ${reason}`), refused);
      assert.match(refused, /^message "Msg" \(d\.dbc:\d+:\d+\) cannot be used: /);
    });
  }

  it('leaves other messages usable', () => {
    const database = databaseOf(`${message(signal('A', '0|99@1+'))}\nBO_ 257 Good: 8 Node`);
    assert.equal(messageOf(database, 'Good').identifier, 257);
  });

  it('for too many signals is found in bounded work', () => {
    const signals = Array.from({ length: 11_000 }, (_, index) =>
      signal(`S${index}`, '32|8@1+', `m${index} `),
    );
    const text = ['BO_ 256 Msg: 8 Node', signal('Mux', '0|32@1+', 'M '), ...signals].join('\n');
    const { refused = '' } = databaseOf(text).message('Msg');
    assert.match(refused, /too many signals to compare them all; leave out messages or signals$/);
  });
});

describe('a name that is looked up', () => {
  it('is suggested where it is nearly right', () => {
    assert.equal(
      FEATURES.message('speeds').refused,
      'features.dbc has no message "speeds"; did you mean "Speeds"?',
    );
    assert.equal(
      messageOf(FEATURES, 'Selected').signal('Postion').refused,
      'message "Selected" (features.dbc:38:9) has no signal "Postion"; did you mean "Position"?',
    );
    assert.equal(
      messageOf(FEATURES, 'Selected').signal('Nothing').refused,
      'message "Selected" (features.dbc:38:9) has no signal "Nothing"; known: Mode, Position, Torque, Always',
    );
  });

  it('is refused for a float, and for a factor 0, when it is used', () => {
    const find = (name: string) => messageOf(FEATURES, 'Floats').signal(name);
    assert.equal(
      find('Single').refused,
      'signal "Single" (features.dbc:52:6) cannot be used: it is a floating-point number (SIG_VALTYPE_), with which the cell cannot compute; name the bytes of the frame instead',
    );
    assert.match(
      find('Zero').refused ?? '',
      /^signal "Zero" \(features\.dbc:54:6\) .* factor is 0/,
    );
    assert.equal(find('Integer').found?.type, 'integer');
  });

  it('of a statement is warned of if it is not in the file', () => {
    const text = message(
      signal('A', '0|8@1+'),
      'VAL_ 256 B 0 "off" ;',
      'SIG_VALTYPE_ 257 A : 1;',
      'VAL_ 256 A Table ;',
      'BO 258 Typo: 8 Node',
    );
    assert.deepEqual(saidOfDbc(text), [
      'd.dbc:3:1 warning: VAL_ is about signal "B" of message 256, which is not in the file; correct or remove it',
      'd.dbc:4:1 warning: SIG_VALTYPE_ is about signal "A" of message 257, which is not in the file; correct or remove it',
      'd.dbc:5:1 warning: VAL_ names the table "Table", which is not in the file; add VAL_TABLE_ Table',
      'd.dbc:6:1 warning: unknown section "BO": it is skipped; did you mean BO_?',
    ]);
  });

  it('is warned of a hundred times, and no more', () => {
    const lines = saidOfDbc(message(...Array<string>(1000).fill('VAL_ 256 B 0 "off" ;')));
    assert.equal(lines.length, 101);
    assert.match(lines[100], /there are more warnings; correct those above first$/);
  });
});
