/** `npm run test:full` sets it, and runs the tests that have a long form: those whose files import this one. */
const FULL = process.env.BATON_FULL === '1'

/** What a test does in every run, and what in the full one. */
export function longForm<T>(short: T, full: T): T {
  return FULL ? full : short
}
