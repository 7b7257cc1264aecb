/** The cell as the virtio-can device: the main job and AGL's absence, with the roles exchanged. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cellLines, framesOf, logOf, onBothEngines, play } from './play.ts';
import { asBackEnd, withFrontEndRoot } from './roles.ts';

const ROLES = { changeCell: asBackEnd, changeSystem: withFrontEndRoot };

onBothEngines('the cell as back-end', (engine) => {
  it('answers, forwards, and sends for AGL in order', async () => {
    const agl = Array.from(
      { length: 40 },
      (_, index) => `1.${String(50_000 + index).padStart(6, '0')} 5${index % 10}0#${index + 10}`,
    );
    const result = await play(engine, {
      ...ROLES,
      bus: logOf(
        'can0',
        '1.000000 1A0#02',
        '1.010000 123#112233',
        '1.020000 18DA10F1#0322F190',
        '1.030000 3C0#R',
        '1.040000 321#R4',
      ),
      agl: logOf('vcan0', ...agl),
    });
    assert.deepEqual(result.problems, []);
    assert.equal(result.judgement.urgentRequests, 3);
    assert.deepEqual(framesOf(result.aglLog), ['vcan0 123#112233', 'vcan0 321#R4']);
    assert.equal(result.judgement.sentForAgl, 40);
    assert.ok(cellLines(result).includes('canwarden: AGL connected'));
    assert.equal(result.shutdown, 'approved');
  });

  it('takes AGL back after it died', async () => {
    const bus = Array.from(
      { length: 60 },
      (_, index) => `1.${String(index * 10_000 + 5_000).padStart(6, '0')} 123#${index + 10}`,
    );
    const result = await play(engine, {
      ...ROLES,
      bus: logOf('can0', ...bus, '1.700000 1A0#02'),
      aglStopAtSeconds: 0.2,
      // Setting the session up takes 5 ms; frames before that are dropped, as by any stopped controller.
      aglRestartAtSeconds: 0.397,
    });
    assert.deepEqual(result.problems, []);
    assert.ok(result.judgement.forwarded > 25, `${result.judgement.forwarded}`);
    assert.ok(cellLines(result).includes('canwarden: AGL gone'));
  });
});
