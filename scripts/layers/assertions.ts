import { parseSync, Visitor } from 'oxc-parser'

/** Lines on which the compiler is told a type instead of being shown it: `value as T`, `<T>value`, `value!`. */
export function assertionsIn(file: string, text: string): readonly number[] {
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
