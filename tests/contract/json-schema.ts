// SPDX-License-Identifier: MIT
/**
 * What the JSON Schema of rules files says about a file, by ajv.
 */
import { parse } from 'yaml';
import { rulesSchema } from '../../rules/schema.ts';

interface Validate {
  (value: unknown): boolean;
  readonly errors?: unknown;
}
type Ajv = new (options: object) => { compile: (schema: object) => Validate };

const { default: Validator } = (await import('ajv')) as unknown as { default: Ajv };
const validate = new Validator({ allErrors: true }).compile(rulesSchema());

/** Undefined: nothing is wrong. */
export function schemaErrors(text: string): string | undefined {
  return validate(parse(text)) ? undefined : JSON.stringify(validate.errors);
}
