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

/** The message of what was thrown, whatever it was. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A broken invariant: the state cannot be trusted and trading must stop. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** Throws an `InvariantError`. For checks on hot paths, where the message is built only on failure. */
export function broken(message: string): never {
  throw new InvariantError(message)
}

/** Ends a `switch` over a union; does not compile when a member is missing. */
export function assertNever(value: never): never {
  throw new InvariantError(`unexpected value: ${JSON.stringify(value)}`)
}

/** Ends a subscription; idempotent. */
export type Disposer = () => void
