import { parseSync, Visitor } from 'oxc-parser'

export interface Import {
  /** Null where it is computed when the program runs, so that nobody can tell what is loaded. */
  readonly specifier: string | null
  readonly line: number
}

/** `/// <reference types="node" />` and its relatives, as the rest of a line comment. */
const REFERENCE = /^\/\s*<reference\s+(?:types|path|lib)\s*=\s*["']([^"']*)["']/

/** Everything a file imports, exports from elsewhere, refers to or loads, types included. */
export function importsOf(file: string, text: string): readonly Import[] {
  const { program, comments, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const found: Import[] = []
  const add = (specifier: string | null, start: number) =>
    found.push({ specifier, line: text.slice(0, start).split('\n').length })
  for (const { type, value, start } of comments) {
    const referred = type === 'Line' ? REFERENCE.exec(value)?.[1] : undefined
    if (referred !== undefined) add(referred, start)
  }
  new Visitor({
    ImportDeclaration: ({ source }) => add(source.value, source.start),
    ExportAllDeclaration: ({ source }) => add(source.value, source.start),
    ExportNamedDeclaration({ source }) {
      if (source !== null) add(source.value, source.start)
    },
    ImportExpression({ source }) {
      if (source.type === 'Literal' && typeof source.value === 'string') add(source.value, source.start)
      else if (source.type === 'TemplateLiteral' && source.expressions.length === 0)
        add(source.quasis[0]?.value.cooked ?? null, source.start)
      else add(null, source.start)
    },
    TSImportType: ({ source }) => add(source.value, source.start),
    TSExternalModuleReference: ({ expression }) => add(expression.value, expression.start),
  }).visit(program)
  return found
}
