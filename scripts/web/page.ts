// SPDX-License-Identifier: MIT
/**
 * Builds and serves the page by Vite.
 *
 * The firmware is copied beside it, so that the page has exactly the files of build/.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, createServer, type InlineConfig } from 'vite';
import { InputError } from '../../cell-config/files.ts';
import { PROJECT } from '../build/command.ts';

const OUTPUT = join(PROJECT, 'build/web');
const PUBLIC = join(PROJECT, 'build/web-files');
const BUILT = ['rpi4-canwarden.cell', 'rpi4-root.cell', 'cell.wasm', 'bridge.wasm'];

/** Writes the page to `outputFolder`. Returns a line about its size. Throws InputError. */
export async function buildPage(outputFolder = OUTPUT): Promise<string> {
  copyFiles();
  await build({ ...config(), build: { ...config().build, outDir: outputFolder } });
  const kilobytes = (packedBytes(outputFolder) / 1000).toFixed(0);
  return `${outputFolder}: ${kilobytes} kB compressed; any web server can give it out`;
}

/** Serves it while it is worked on. Returns its address. Throws InputError. */
export async function servePage(port: number): Promise<string> {
  copyFiles();
  const server = await createServer({ ...config(), server: { port, fs: { allow: [PROJECT] } } });
  await server.listen();
  return server.resolvedUrls?.local[0] ?? `http://localhost:${port}/`;
}

/** The sum of the files below a folder, each compressed by gzip. */
export function packedBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + gzipSync(readFileSync(join(entry.parentPath, entry.name))).length,
      0,
    );
}

function copyFiles(): void {
  rmSync(PUBLIC, { recursive: true, force: true });
  mkdirSync(join(PUBLIC, 'firmware'), { recursive: true });
  for (const name of BUILT) {
    const from = join(PROJECT, 'build', name);
    if (!existsSync(from)) throw new InputError(`build/${name} is missing. Next: npm run build`);
    copyFileSync(from, join(PUBLIC, 'firmware', name));
  }
  copyFileSync(join(PROJECT, 'rules.yaml'), join(PUBLIC, 'firmware/rules.yaml'));
}

function config(): InlineConfig {
  return {
    configFile: false,
    root: join(PROJECT, 'web'),
    base: './',
    publicDir: PUBLIC,
    cacheDir: join(PROJECT, 'build/cache/vite'),
    logLevel: 'warn',
    resolve: {
      alias: [
        // The package of this name, and not Node's module.
        { find: /^buffer$/, replacement: 'buffer/' },
        // The engine of the ARM64 image needs a library of the system.
        {
          find: /^.*\/engine\/image\.ts$/,
          replacement: join(PROJECT, 'web/board/no-image-engine.ts'),
        },
      ],
    },
    worker: { format: 'es' },
    build: {
      outDir: OUTPUT,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: false,
      chunkSizeWarningLimit: 1000,
      rollupOptions: {
        // A module of Node would be left out silently, and fail in the browser.
        onwarn(warning) {
          // The rules compiler has one, of functions alone.
          if (warning.code === 'CIRCULAR_DEPENDENCY') return;
          throw new Error(`the page cannot be built: ${warning.message}`);
        },
      },
    },
  };
}
