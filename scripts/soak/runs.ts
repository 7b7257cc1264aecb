/**
 * The runs of `npm run soak`: what each does and when it is right.
 *
 * Used by: scripts/soak.ts. The runs themselves are in twin/run.
 */
import { runBulk } from '../../twin/run/bulk.ts';

export interface SoakOutcome {
  readonly lines: readonly string[];
  readonly isRight: boolean;
}

export interface SoakRun {
  readonly name: string;
  readonly what: string;
  readonly run: (progress: (done: number, total: number) => void) => Promise<SoakOutcome>;
}

const BULK_FRAMES = 1_000_000;

const bulk: SoakRun = {
  name: 'bulk',
  what: `case R5: ${BULK_FRAMES} frames of DLC 0 at 1 Mbit/s, back to back`,
  run: async (progress) => {
    const result = await runBulk({
      engine: 'wasm',
      frames: BULK_FRAMES,
      bitrate: 1_000_000,
      oscillatorHertz: 16_000_000,
      onProgress: (sent) => progress(sent, BULK_FRAMES),
    });
    const { onWire, delivered, lost, reordered, overflows, busLoad, mostInFlight } = result;
    return {
      lines: [
        `on the wire ${onWire}, bus load ${(100 * busLoad).toFixed(2)} %, at AGL ${delivered}`,
        `lost ${lost}, reordered ${reordered}, RXnOVR ${overflows}, most in flight ${mostInFlight}`,
      ],
      isRight:
        onWire === BULK_FRAMES && lost + reordered + overflows === 0 && delivered === BULK_FRAMES,
    };
  },
};

export const SOAK_RUNS: readonly SoakRun[] = [bulk];
