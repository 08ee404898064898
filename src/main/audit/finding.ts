/** What a row breaks: an invariant of the design, or `file` where the database itself is damaged. */
export type AuditedInvariant = 'I1' | 'I2' | 'I3' | 'I6' | 'I10' | 'file'

/** One row that breaks one invariant. */
export interface Finding {
  readonly invariant: AuditedInvariant
  readonly table: string
  /** Key of the row; `all` where a sum over the table is meant. */
  readonly id: string
  readonly message: string
}

export type Report = (table: string, id: string | number, message: string) => void

/** Collects findings of one invariant. */
export function reporter(into: Finding[], invariant: AuditedInvariant): Report {
  return (table, id, message) => {
    into.push({ invariant, table, id: String(id), message })
  }
}

/** An order that the venue could still fill. */
export const WORKING: ReadonlySet<string> = new Set([
  'intent',
  'signed',
  'sent',
  'delayed',
  'open',
  'partial',
  'unknown',
])

/** A position whose outcome is not known yet: it needs an owner. */
export function isUnsettled(state: string): boolean {
  return state === 'open' || state === 'ended'
}
