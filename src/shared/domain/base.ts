/** A nominal type: the same runtime value, a different type to the compiler. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name }

/** Expected failures are values of this type; broken invariants throw `InvariantError`. */
export type Result<T, E = string> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value }
}

export function err<E>(error: E): Result<never, E> {
  return { ok: false, error }
}

/** An invariant of the design does not hold: the state cannot be trusted and trading must stop. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** For checks on hot paths: the message is made only when it is needed. */
export function broken(message: string): never {
  throw new InvariantError(message)
}

/** Ends a `switch` over a union: fails to compile when a member was forgotten. */
export function assertNever(value: never): never {
  throw new InvariantError(`unexpected value: ${JSON.stringify(value)}`)
}

/** Undoes a subscription. Calling it twice does nothing the second time. */
export type Disposer = () => void
