import { parseSync, Visitor } from 'oxc-parser'

/**
 * Ambient things of Node and browsers, and ways to reach all of them at once. The compiler knows none of them either in what
 * is pure (`tsconfig.pure.json`), but for `globalThis`.
 */
const DENIED = new Set([
  'process',
  'fetch',
  'crypto',
  'performance',
  'queueMicrotask',
  'globalThis',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'structuredClone',
  'Buffer',
  'require',
  'WebSocket',
  'XMLHttpRequest',
  'EventSource',
  'console',
])
/** What of `Date` reads no clock. */
const DATE_MAY = new Set(['UTC', 'parse', 'prototype'])

export interface Impure {
  readonly name: string
  readonly line: number
}

/** Uses of a clock, of randomness or of anything ambient, under whatever name they are first taken. */
export function impureGlobals(file: string, text: string): readonly Impure[] {
  const { program } = parseSync(file, text)
  const found: Impure[] = []
  const declared = new Set<string>()
  const allowed = new Set<number>()
  const say = (name: string, start: number) => found.push({ name, line: text.slice(0, start).split('\n').length })
  const uses: { name: string; start: number }[] = []
  new Visitor({
    MemberExpression(node) {
      // The name behind a dot is no global.
      if (!node.computed) allowed.add(node.property.start)
      const { object, property } = node
      if (object.type !== 'Identifier' || property.type !== 'Identifier' || node.computed) return
      if (object.name === 'Math' && property.name !== 'random') allowed.add(object.start)
      if (object.name === 'Date' && DATE_MAY.has(property.name)) allowed.add(object.start)
    },
    NewExpression({ callee, arguments: given }) {
      if (callee.type === 'Identifier' && callee.name === 'Date' && given.length > 0) allowed.add(callee.start)
    },
    Property(node) {
      if (!node.computed && !node.shorthand) allowed.add(node.key.start)
    },
    PropertyDefinition(node) {
      if (!node.computed) allowed.add(node.key.start)
    },
    MethodDefinition(node) {
      if (!node.computed) allowed.add(node.key.start)
    },
    TSPropertySignature(node) {
      allowed.add(node.key.start)
    },
    TSMethodSignature(node) {
      allowed.add(node.key.start)
    },
    VariableDeclarator({ id }) {
      if (id.type === 'Identifier') declared.add(id.name)
    },
    Identifier({ name, start }) {
      uses.push({ name, start })
    },
  }).visit(program)
  for (const { name, start } of uses) {
    if (allowed.has(start) || declared.has(name)) continue
    if (DENIED.has(name)) say(name, start)
    else if (name === 'Math') say('Math as a value, or Math.random', start)
    else if (name === 'Date') say('the clock of Date', start)
  }
  return found
}
