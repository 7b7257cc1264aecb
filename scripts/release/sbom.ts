// SPDX-License-Identifier: MIT
/**
 * The bills of material of image, bridge and page, in CycloneDX 1.5: what of others is in them, under which licence.
 *
 * Versions, hashes and licences are those of package-lock.json; what goes into which product is written here. The same files give the same bytes.
 * Does not: list the tools that only build and test. The C library of the bridge is that of the machine that builds it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { InputError } from '../../cell-config/files.ts';

/** A package in a bill. */
export interface Component {
  readonly type: 'library';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly (
    { readonly license: { readonly id: string } } | { readonly expression: string }
  )[];
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
}

/** A package of package-lock.json. */
interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** package-lock.json: packages by their place below the project. */
export interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
}

export interface Bill {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.5';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: object;
  readonly components: readonly Component[];
  readonly dependencies: readonly object[];
}

interface Product {
  readonly name: string;
  readonly type: 'firmware' | 'application';
  /** The files that it is made of; their hashes are in the bill if they are there. */
  readonly files: readonly string[];
  /** Packages of which something is in the product, with all that they need if `isClosed` is false. */
  readonly roots: readonly string[];
  /** Nothing of what the packages need themselves is in the product. */
  readonly isClosed: boolean;
  readonly what: string;
}

// AssemblyScript's standard library is compiled in; wasm2c's C has pieces of wabt.
const COMPILED_IN = ['assemblyscript', 'wabt'];

/** What the page imports; all of it is bundled. A test compares with the imports. */
export const PAGE_ROOTS = [
  '@codemirror/autocomplete',
  '@codemirror/lang-yaml',
  '@codemirror/language',
  '@codemirror/lint',
  '@codemirror/state',
  '@codemirror/view',
  '@lezer/highlight',
  'buffer',
  'codemirror',
  'uplot',
  'yaml',
];

export const PRODUCTS = [
  {
    name: 'image',
    type: 'firmware',
    files: ['build/canwarden.bin', 'build/canwarden-selftest.bin'],
    roots: COMPILED_IN,
    isClosed: true,
    what: 'the cell and its self test',
  },
  {
    name: 'bridge',
    type: 'application',
    files: ['build/bridge/bridge.wasm.c'],
    roots: COMPILED_IN,
    isClosed: true,
    what: 'canwarden-bridge, as C; the C library is that of the machine that builds it',
  },
  {
    name: 'page',
    type: 'application',
    files: [],
    roots: PAGE_ROOTS,
    isClosed: false,
    what: 'the page of `npm run web -- --build`, with cell.wasm and bridge.wasm in it',
  },
] as const satisfies readonly Product[];

export function readLock(): Lock {
  return JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
}

/** The bill of one product. `seconds`: its time stamp. */
export function billOf(product: Product, version: string, lock: Lock, seconds: number): Bill {
  const wanted = closure(product, lock);
  const components = wanted
    .map((place) => componentOf(place, lock.packages[place]))
    .sort((one, other) => (one['bom-ref'] < other['bom-ref'] ? -1 : 1));
  const ref = `canwarden-${product.name}@${version}`;
  const hashes = product.files.filter(existsSync).map((path) => ({
    alg: 'SHA-256',
    content: createHash('sha256').update(readFileSync(path)).digest('hex'),
    path,
  }));
  const body = {
    metadata: {
      timestamp: new Date(seconds * 1000).toISOString(),
      component: {
        'bom-ref': ref,
        type: product.type,
        name: `canwarden-${product.name}`,
        version,
        description: product.what,
        licenses: [{ license: { id: 'MIT' } }],
        // CycloneDX has hashes of one file; each file is a component of its own.
        components: hashes.map(({ path, alg, content }) => ({
          type: 'file',
          name: path.slice('build/'.length),
          hashes: [{ alg, content }],
        })),
      },
    },
    components,
    dependencies: [
      { ref, dependsOn: components.map((component) => component['bom-ref']) },
      ...wanted.map((place) => ({
        ref: refOf(place, lock.packages[place]),
        dependsOn: (product.isClosed ? [] : needsOf(place, lock)).map((next) =>
          refOf(next, lock.packages[next]),
        ),
      })),
    ],
  };
  const uuid = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const parts = [
    uuid.slice(0, 8),
    uuid.slice(8, 12),
    `8${uuid.slice(13, 16)}`,
    `8${uuid.slice(17, 20)}`,
    uuid.slice(20, 32),
  ];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${parts.join('-')}`,
    version: 1,
    ...body,
  };
}

/** Licence of a component, as SPDX names or joins them; '': none is known. */
export function licenceOf({ licenses }: Component): string {
  return licenses.map((one) => ('license' in one ? one.license.id : one.expression)).join(' AND ');
}

const FOLDER = 'node_modules/';

function nameOf(place: string): string {
  return place.slice(place.lastIndexOf(FOLDER) + FOLDER.length);
}

function refOf(place: string, { version }: Locked): string {
  return `${nameOf(place)}@${version}`;
}

function componentOf(place: string, locked: Locked): Component {
  const { version, license, integrity } = locked;
  const name = nameOf(place);
  const [algorithm = '', digest = ''] = integrity?.split('-') ?? [];
  const isSimple = license !== undefined && !license.includes(' ');
  return {
    type: 'library',
    'bom-ref': refOf(place, locked),
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses:
      license === undefined
        ? []
        : [isSimple ? { license: { id: license } } : { expression: license }],
    hashes:
      algorithm === 'sha512'
        ? [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }]
        : [],
  };
}

/** Where npm has put `name` for the package at `place`: beside it, or in a folder above. */
function found(name: string, place: string, { packages }: Lock): string {
  for (let above = place; ; above = above.slice(0, above.lastIndexOf(`/${FOLDER}`))) {
    const candidate = above === '' ? `${FOLDER}${name}` : `${above}/${FOLDER}${name}`;
    if (candidate in packages) return candidate;
    if (above === '' || !above.includes(`/${FOLDER}`)) break;
  }
  if (`${FOLDER}${name}` in packages) return `${FOLDER}${name}`;
  throw new InputError(`package-lock.json has no ${name}, which is in the product`);
}

function needsOf(place: string, lock: Lock): string[] {
  return Object.keys(lock.packages[place].dependencies ?? {}).map((name) =>
    found(name, place, lock),
  );
}

/** The places of all packages in the product. */
function closure({ roots, isClosed }: Product, lock: Lock): string[] {
  const wanted = new Set<string>();
  const add = (place: string): void => {
    if (wanted.has(place)) return;
    wanted.add(place);
    if (!isClosed) for (const next of needsOf(place, lock)) add(next);
  };
  for (const root of roots) add(found(root, '', lock));
  return [...wanted].sort();
}
