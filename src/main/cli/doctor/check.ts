/** One check of `baton doctor`. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly found: string
  /** What to do about it; null when nothing is needed. */
  readonly todo: string | null
}

export function fine(name: string, found: string): Check {
  return { name, state: 'ok', found, todo: null }
}

export function warn(name: string, found: string, todo: string): Check {
  return { name, state: 'warn', found, todo }
}

export function fail(name: string, found: string, todo: string): Check {
  return { name, state: 'fail', found, todo }
}

export function failed(check: Check): boolean {
  return check.state === 'fail'
}

/** First line of an error's message. */
export function firstLineOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}
