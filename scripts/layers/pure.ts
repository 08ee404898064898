import { parseSync, Visitor } from 'oxc-parser'

/**
 * Ambient things of Node and browsers, what depends on the computer's language or on the collection of garbage, and ways to
 * reach all of them at once. Nothing of one's own may have such a name: a name then always means the ambient thing.
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
  'Intl',
  'Function',
  'eval',
  'Atomics',
  'SharedArrayBuffer',
  'WeakRef',
  'FinalizationRegistry',
])
/** Members that answer by the computer's language or time zone, or that reach `Function`. */
const DENIED_MEMBER =
  /^(toLocale\w*|localeCompare|constructor|to(Date|Time)String|getTimezoneOffset|[gs]et(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds))$/
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
  /** Where a name stands for no variable, or for a use that is harmless. */
  const allowed = new Set<number>()
  const uses = new Map<number, string>()
  const say = (name: string, start: number) => found.push({ name, line: text.slice(0, start).split('\n').length })
  const named = (node: { readonly computed: boolean; readonly key: { readonly start: number } }) => {
    if (!node.computed) allowed.add(node.key.start)
  }
  new Visitor({
    MemberExpression({ object, property, computed }) {
      if (computed) {
        if (property.type === 'Literal' && DENIED_MEMBER.test(String(property.value)))
          say(`.${property.value}`, property.start)
        return
      }
      // The name behind a dot is no global.
      allowed.add(property.start)
      if (property.type !== 'Identifier') return
      if (DENIED_MEMBER.test(property.name)) say(`.${property.name}`, property.start)
      if (object.type !== 'Identifier') return
      if (object.name === 'Math' && property.name !== 'random') allowed.add(object.start)
      if (object.name === 'Date' && DATE_MAY.has(property.name)) allowed.add(object.start)
    },
    // One moment in milliseconds: no argument is the present, several are of the computer's time zone, a spread may be none.
    NewExpression({ callee, arguments: given }) {
      const [only] = given
      if (callee.type !== 'Identifier' || callee.name !== 'Date') return
      if (given.length === 1 && only?.type !== 'SpreadElement') allowed.add(callee.start)
    },
    Property(node) {
      if (!node.shorthand) named(node)
    },
    PropertyDefinition: named,
    MethodDefinition: named,
    TSPropertySignature: named,
    TSMethodSignature: named,
    ExportSpecifier({ exported, local }) {
      if (exported.start !== local.start) allowed.add(exported.start)
    },
    ImportSpecifier({ imported, local }) {
      if (imported.start !== local.start) allowed.add(imported.start)
    },
    Identifier({ name, start }) {
      uses.set(start, name)
    },
  }).visit(program)
  for (const [start, name] of uses) {
    if (allowed.has(start)) continue
    if (DENIED.has(name)) say(name, start)
    else if (name === 'Math') say('Math as a value, or Math.random', start)
    else if (name === 'Date') say('the clock of Date', start)
  }
  return found
}
