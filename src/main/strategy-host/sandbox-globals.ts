/**
 * Removes from a strategy's context every global that is not deterministic or not needed, and freezes the others. It is
 * turned into source text and evaluated there, so it must not refer to anything outside itself.
 */
export function restrictGlobals(): void {
  const allowed = new Set(
    (
      'Object Function Array Number Boolean String Symbol Math JSON Map Set WeakMap WeakSet RegExp BigInt Proxy Reflect ' +
      'Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError Iterator ' +
      'parseFloat parseInt isNaN isFinite NaN Infinity undefined globalThis ' +
      'encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape'
    ).split(' '),
  )
  const { freeze, getOwnPropertyNames } = Object
  const { get, deleteProperty } = Reflect

  for (const name of getOwnPropertyNames(globalThis)) if (!allowed.has(name)) deleteProperty(globalThis, name)
  // Random numbers, the machine's locale and stack inspection are inputs that a tape does not record.
  deleteProperty(Math, 'random')
  for (const { prototype } of [Number, String, Array, BigInt, Object]) {
    for (const name of getOwnPropertyNames(prototype))
      if (/locale|normalize/i.test(name)) deleteProperty(prototype, name)
  }
  deleteProperty(Error, 'captureStackTrace')
  for (const name of allowed) {
    const value: unknown = get(globalThis, name)
    if (value === null || name === 'globalThis') continue
    if (typeof value === 'function' || typeof value === 'object') {
      freeze(value)
      const prototype: unknown = get(value, 'prototype')
      // With a frozen prototype, `this.name = …` would throw in a strategy's own error class.
      if (prototype !== undefined && !name.endsWith('Error')) freeze(prototype)
    }
  }
}
