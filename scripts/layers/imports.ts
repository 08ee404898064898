import { parseSync } from 'oxc-parser'

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** Everything a file imports, exports from elsewhere or loads, types included. */
export function importsOf(file: string, text: string): readonly Import[] {
  const { module, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length
  const imports = module.staticImports.map(({ moduleRequest }) => moduleRequest)
  const exports = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest }) => moduleRequest ?? []),
  )
  const found = [...imports, ...exports].map(({ value, start }) => ({ specifier: value, line: lineAt(start) }))
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
    specifier: text.slice(start, end).replace(/^['"`]|['"`]$/g, ''),
    line: lineAt(start),
  }))
  return [...found, ...dynamic]
}
