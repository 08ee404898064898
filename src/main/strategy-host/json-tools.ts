/** Functions for JSON values inside a strategy's context. */
export interface JsonTools {
  isRecord(value: unknown): value is Record<string, unknown>
  deepFreeze<T>(value: T): T
  /** JSON of a value; throws on what JSON would drop or change. @param label names the value in the error */
  toJson(value: unknown, label: string): string
  /** True when two parsed values have the same keys and types at every level; arrays match arrays. */
  sameShape(a: unknown, b: unknown): boolean
  /** Message and stack of anything thrown, cut to a bounded length. */
  failureOf(error: unknown): { message: string; stack: string }
}

/**
 * Makes the tools. Like the prelude it is turned into source text and evaluated in the strategy's context, so it must not
 * refer to anything outside itself.
 */
export function jsonTools(): JsonTools {
  const { stringify } = JSON
  const { freeze, isFrozen, keys, values } = Object
  const { isFinite: isFiniteNumber } = Number
  const { isArray } = Array

  const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

  const deepFreeze = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null && !isFrozen(value)) {
      freeze(value)
      for (const inner of values(value)) deepFreeze(inner)
    }
    return value
  }

  const toJson = (value: unknown, label: string): string => {
    const text = stringify(value, (key, inner: unknown) => {
      if (typeof inner === 'number' && !isFiniteNumber(inner)) {
        throw new TypeError(`${label}: ${key === '' ? 'value' : key} is ${inner}, not a finite number`)
      }
      if (typeof inner === 'function' || typeof inner === 'symbol' || typeof inner === 'bigint') {
        throw new TypeError(`${label}: ${key === '' ? 'value' : key} is a ${typeof inner}, which JSON cannot hold`)
      }
      return inner
    })
    if (text === undefined) throw new TypeError(`${label} is undefined`)
    return text
  }

  const sameShape = (a: unknown, b: unknown): boolean => {
    if (isArray(a) || isArray(b)) return isArray(a) && isArray(b)
    if (!isRecord(a) || !isRecord(b)) return typeof a === typeof b
    const names = keys(a)
    return names.length === keys(b).length && names.every((name) => name in b && sameShape(a[name], b[name]))
  }

  const failureOf = (error: unknown) => {
    const { message, stack } = isRecord(error) ? error : { message: undefined, stack: undefined }
    return { message: String(message ?? error).slice(0, 500), stack: String(stack ?? '').slice(0, 4000) }
  }

  return { isRecord, deepFreeze, toJson, sameShape, failureOf }
}
