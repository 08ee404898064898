import { assertNever } from '../../shared/domain/base.ts'
import type { DeploymentEnd, DeploymentRow } from '../../shared/domain/deployments.ts'

type Subject = Pick<DeploymentRow, 'strategy' | 'version' | 'from'>

/** The end of a deployment in words, for people: `the code is that of snipe v2 · 0a1b2c, which is live already`. */
export function endText(end: DeploymentEnd, subject: Subject): string {
  const { strategy, version, from } = subject
  const label = version?.label ?? strategy
  switch (end.code) {
    case 'no-source':
      return `there is no ${strategy}.ts in the strategies folder; what is live keeps trading`
    case 'other-api':
      return `${end.label} was made for another version of the strategy API: save its source again; ${stays(subject)}`
    case 'compile':
      return `${strategy} does not compile; ${stays(subject)}`
    case 'check':
      return `${strategy} failed its check; ${stays(subject)}`
    case 'dry-run':
      return `${strategy} failed its dry run; ${stays(subject)}`
    case 'migration':
      return `${strategy} could not take over the state; ${stays(subject)}`
    case 'not-loaded':
      return `${end.label} does not load: ${end.why}`
    case 'proof':
      return `${label} failed its proof: ${end.why}; ${stays(subject)}`
    case 'frozen':
      return `deployments are frozen: ${end.why}; unfreeze, or reload with an override`
    case 'policy':
      return end.waitedMinutes === null
        ? `${end.why}; unfreeze, or reload with an override; what is live keeps trading`
        : `waited ${end.waitedMinutes} min in vain: ${end.why}; what is live keeps trading`
    case 'no-swap':
      return `no quiet moment for the swap in ${end.tries} cycles: ${end.why}; what was live keeps trading`
    case 'shadow':
      return `its shadow was dropped: ${end.why}; what is live keeps trading`
    case 'unexpected':
      return `unexpected: ${end.why}`
    case 'live-already':
      return `the code is that of ${end.label}, which is live already`
    case 'canary-already':
      return `the code is that of ${end.label}, which is a canary already: promote it, or dismiss it`
    case 'newer-save':
      return 'a newer save took its place'
    case 'canary-over':
      return 'it was no canary any more when the desk started'
    case 'dismissed':
      return `dismissed: ${end.why}`
    case 'stopped':
      return end.why
    case 'replaced':
      return `${end.by} took its place before its probation ended`
    case 'canary-ended':
      return `the canary ${label} was taken back, ${from?.label ?? 'what is live'} has its slots again: ${end.why}`
    case 'rolled-back':
      return `${label} was rolled back to ${end.to}: ${end.why}`
    case 'not-rolled-back':
      return `${label} failed its probation: ${end.why}; it could not be rolled back (${end.problem}), so its entries are paused`
    default:
      return assertNever(end)
  }
}

/** What keeps trading if a deployment fails. */
function stays({ from }: Subject): string {
  return from === null ? 'nothing of it is live' : `${from.label} keeps trading`
}
