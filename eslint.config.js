// SPDX-License-Identifier: MIT
/**
 * Lint rules, one block per language of the tree: host TypeScript (checked with types),
 * AssemblyScript in src/ (checked with its own tsconfig), as-pect specs (syntax only).
 *
 * Layout is Prettier's; layer rules are in tests/contract/imports.test.ts.
 */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const root = import.meta.dirname;

/** Names that start with an underscore are unused on purpose. */
const unusedNames = [
  'error',
  { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
];

/** Browser globals that the type library brings in along with WebAssembly's types. */
const browserGlobals =
  'close event find frames history length location name open origin parent print self status stop top window'.split(
    ' ',
  );

export default tseslint.config(
  { ignores: ['build/**', 'node_modules/**'] },
  js.configs.recommended,
  {
    name: 'host TypeScript',
    files: ['{formats,cell-config,rules,twin,lab,scripts,tests}/**/*.ts'],
    ignores: ['tests/unit/**'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: root } },
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-restricted-globals': ['error', ...browserGlobals],
      '@typescript-eslint/no-unused-vars': unusedNames,
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `${number}` is how every message here shows a value.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    name: 'web page',
    files: ['web/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: root } },
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      '@typescript-eslint/no-unused-vars': unusedNames,
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    name: 'tests',
    files: ['tests/**/*.ts'],
    ignores: ['tests/unit/**'],
    rules: {
      // node:test's describe() and it() return promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': 'off',
    },
  },
  {
    name: 'AssemblyScript',
    files: ['src/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './src/tsconfig.json', tsconfigRootDir: root } },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/no-unused-vars': unusedNames,
      // To tsc every integer type is `number`, so a cast that asc needs looks needless to it.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // u64 literals are exact in asc.
      'no-loss-of-precision': 'off',
      'prefer-const': 'error',
    },
  },
  {
    name: 'as-pect specs',
    files: ['tests/unit/**/*.ts'],
    extends: [tseslint.configs.recommended],
    rules: {
      '@typescript-eslint/no-unused-vars': unusedNames,
      'no-loss-of-precision': 'off',
      // as-pect's globals come by a reference path.
      '@typescript-eslint/triple-slash-reference': 'off',
    },
  },
  {
    name: 'configuration files',
    files: ['*.js', '*.cjs', '*.mjs', 'scripts/**/*.cjs'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
);
