/** What a client said of the simulator, as JSON on standard output. Settings are the first argument. */
export const settings = JSON.parse(process.argv[2] ?? '{}')

const calls = {}

/** Calls the client once; a refusal is part of the report. */
export async function ask(name, call) {
  try {
    calls[name] = { value: await call() }
  } catch (error) {
    calls[name] = { error: String(error?.cause ?? error?.message ?? error).slice(0, 600) }
  }
}

export function finish(more = {}) {
  const text = JSON.stringify({ calls, ...more }, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  process.stdout.write(`\nREPORT ${text}\n`, () => process.exit(0))
}
