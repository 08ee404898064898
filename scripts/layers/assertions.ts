import { parseSync, Visitor } from 'oxc-parser'
import type { LayerProblem } from './check.ts'

/** Files below `src` that may assert types, each with the reason: constructors of brands, and parsers of what has no type yet. */
export type AllowedAssertions = Readonly<Record<string, string>>

/** Lines on which the compiler is told a type instead of being shown it: `value as T`, `<T>value`, `value!`. */
function assertionsIn(file: string, text: string): readonly number[] {
  const { program } = parseSync(file, text)
  const lines: number[] = []
  const at = (start: number) => lines.push(text.slice(0, start).split('\n').length)
  new Visitor({
    TSAsExpression(node) {
      const { typeAnnotation: type } = node
      // `as const` narrows what is there and asserts nothing.
      if (type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'const')
        return
      at(node.end - 1)
    },
    TSTypeAssertion: (node) => at(node.start),
    TSNonNullExpression: (node) => at(node.start),
  }).visit(program)
  return lines
}

/** Every assertion outside the allowed files, and every allowed file that asserts nothing any more. */
export function checkAssertions(allowed: AllowedAssertions, sources: ReadonlyMap<string, string>): LayerProblem[] {
  const problems: LayerProblem[] = []
  const used = new Set<string>()
  for (const [file, text] of sources) {
    const lines = assertionsIn(file, text)
    if (lines.length > 0) used.add(file)
    if (allowed[file] !== undefined) continue
    for (const line of lines)
      problems.push({
        file,
        line,
        message: 'asserts a type: parse the value, or build it so that the compiler sees it',
      })
  }
  for (const file of Object.keys(allowed))
    if (!used.has(file))
      problems.push({ file, line: 1, message: 'asserts no type: remove it from lint/assertions.json' })
  return problems
}
