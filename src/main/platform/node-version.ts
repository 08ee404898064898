const NEEDED = 24

/** Why this Node cannot run Baton, and what to do; null when it can. */
export function nodeProblem(version: string): string | null {
  const major = Number(version.split('.')[0])
  if (major >= NEEDED) return null
  return `Baton needs Node ${NEEDED} or newer, this is ${version}. In a checkout "npm start" and "npm run -s baton -- …" bring their own; else install Node ${NEEDED}.`
}
