// SPDX-License-Identifier: MIT
/**
 * Reads function signatures out of the host ABI, on both sides: AssemblyScript and C.
 *
 * Does not: compile anything; both sides are read as text.
 */
import ts from 'typescript';

/** A function in wasm terms: `i32`, `i64`, and `void` for no result. */
export interface Signature {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly result: string;
}

const WASM_TYPE_OF_ASSEMBLYSCRIPT: Record<string, string> = {
  u8: 'i32',
  u16: 'i32',
  u32: 'i32',
  i32: 'i32',
  usize: 'i32',
  bool: 'i32',
  u64: 'i64',
  i64: 'i64',
  void: 'void',
};
const WASM_TYPE_OF_C: Record<string, string> = {
  u32: 'i32',
  uint32_t: 'i32',
  s32: 'i32',
  int32_t: 'i32',
  u64: 'i64',
  uint64_t: 'i64',
  s64: 'i64',
  int64_t: 'i64',
  void: 'void',
};

function wasmType(table: Record<string, string>, type: string, where: string): string {
  const found = table[type];
  if (found === undefined) throw new Error(`${where}: the type ${type} has no wasm type here`);
  return found;
}

/** The functions that an ABI file of src/abi declares, each of which becomes a wasm import. */
export function readAssemblyScript(text: string): Signature[] {
  const source = ts.createSourceFile('abi.ts', text, ts.ScriptTarget.Latest, true);
  return source.statements.filter(ts.isFunctionDeclaration).map((declaration) => {
    const name = declaration.name?.text ?? '';
    const typeOf = (node: ts.TypeNode | undefined) =>
      wasmType(WASM_TYPE_OF_ASSEMBLYSCRIPT, node?.getText() ?? 'nothing', name);
    return {
      name,
      parameters: declaration.parameters.map((parameter) => typeOf(parameter.type)),
      result: typeOf(declaration.type),
    };
  });
}

/**
 * The functions `w2c_MODULE_NAME` that a C text defines. The first parameter, the import's
 * instance, is wasm2c's own and is checked and left out.
 */
export function readC(text: string, module: string): Signature[] {
  const pattern = new RegExp(`\\b(\\w+)\\s+w2c_${module}_(\\w+)\\s*\\(([^)]*)\\)\\s*\\{`, 'g');
  const code = text.replace(/\/\*[^]*?\*\//g, '').replace(/\/\/.*/g, '');
  return [...code.matchAll(pattern)].map(([, result, name, list]) => {
    const [instance, ...rest] = list.split(',').map((parameter) => parameter.trim());
    if (!new RegExp(`^struct w2c_${module} ?\\*`).test(instance)) {
      throw new Error(`w2c_${module}_${name}: the first parameter is ${instance}`);
    }
    return {
      name,
      parameters: rest.map((parameter) =>
        wasmType(WASM_TYPE_OF_C, parameter.split(/\s+/)[0], name),
      ),
      result: wasmType(WASM_TYPE_OF_C, result, name),
    };
  });
}
