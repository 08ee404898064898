import type { EngineCommand } from '../../engine/commands/commands.ts'
import { type DeploymentRow, reasonWithPlace } from '../../shared/domain/deployments.ts'
import { partText } from '../deploy/deployment.ts'

const SHADOWED = 'runs as a shadow with paper fills; promote it, or dismiss it'

/** Outcome of a strategy's candidate, in words. */
export function candidateText(row: DeploymentRow): string {
  if (row.swappedAt !== null) return `${row.version?.label} is live`
  if (row.state === 'canary' && row.canary !== null)
    return `${row.version?.label} is a canary: ${partText(row.canary)}; promote it, or dismiss it`
  if (row.endedAt !== null || row.policy === null) return `${row.strategy}: ${reasonWithPlace(row)}`
  if (row.policy.waits.some(({ rule }) => rule === 'shadow')) return `${row.version?.label}: ${SHADOWED}`
  return `${row.version?.label} ${row.reason}; it goes live by itself then, or at once by a reload with "override"`
}

/** Effect of a command that was carried out, in words. */
export function commandText(command: EngineCommand): string {
  switch (command.kind) {
    case 'kill':
      return `trading is killed; positions are ${command.positions === 'flatten' ? 'being flattened' : 'held to settlement'}; re-arm by hand to trade again`
    case 'rearm':
      return 'trading is armed again'
    case 'close':
      return `${command.position} belongs to the desk now, which sells it at what the book pays`
    case 'void':
      return `${command.position} is voided: its cost is written off, and no figure counts it`
    case 'assign':
      return `${command.slot} is ${command.strategy}'s now; what is open there stays with its owner until it has settled`
    case 'caps':
      return 'the caps are changed, from the next order on'
    case 'freeze':
      return 'deployments are frozen; trading goes on'
    case 'unfreeze':
      return 'deployments are open again'
    case 'pause':
      return `${command.slot ?? command.strategy ?? 'entries'} paused; exits and settlement go on`
    case 'resume':
      return `${command.slot ?? command.strategy ?? 'entries'} resumed`
  }
}
