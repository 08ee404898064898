import type { DecisionAct } from '../../../shared/domain/proofs.ts'
import { money, price } from '../../ui/format.ts'

/** One action of a version: `enter up @ 0.62 $5.00`; `hold` for none. */
export function describeAct(act: DecisionAct | null): string {
  if (act === null) return 'hold'
  const parts: string[] = [act.kind]
  if (act.side !== null) parts.push(act.side)
  if (act.limit !== null) parts.push(`@ ${price(act.limit, act.limit % 10_000 === 0 ? 10_000 : 1_000)}`)
  if (act.stake !== null) parts.push(money(act.stake))
  return parts.join(' ')
}
