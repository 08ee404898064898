import { assignSlot, closePosition, openVoidDialog, resumeSlot } from '../../data/actions.ts'
import type { DeskModel } from '../../data/desk-model.ts'
import type { Action } from './match.ts'
import type { PaletteState } from './palette-state.ts'

/** Commands for each slot that change its positions, its strategy or its entries. */
export function slotCommands(model: DeskModel, { slotIds, slots, strategies }: PaletteState): Action[] {
  return slotIds.flatMap((id): Action[] => {
    const row = slots[id]
    const position = row?.position ?? null
    return [
      ...(row?.awaiting ?? [])
        .filter(({ unsettleable }) => unsettleable)
        .map(
          ({ id: positionId }): Action => ({
            name: `Void ${positionId} in ${id}…`,
            aliases: ['write off', 'no outcome'],
            risk: 'money',
            run: () => openVoidDialog(model, positionId, id),
          }),
        ),
      ...(position?.state === 'open'
        ? ([
            {
              name: `Close ${position.side} position in ${id}`,
              aliases: ['sell', 'exit'],
              risk: 'money',
              confirm: `sell the ${position.side} shares of ${id} at the bid`,
              run: () => closePosition(model, position.id),
            },
          ] satisfies Action[])
        : []),
      ...strategies
        .filter((strategy) => strategy !== row?.strategy)
        .map(
          (strategy): Action => ({
            name: `Assign ${id} to ${strategy}`,
            aliases: ['give'],
            risk: 'money',
            confirm: `assign ${id} to ${strategy}`,
            run: () => assignSlot(model, id, strategy),
          }),
        ),
      ...(row?.status === 'paused'
        ? ([
            {
              name: `Resume ${id}`,
              risk: 'money',
              confirm: `allow entries in ${id}`,
              run: () => resumeSlot(model, id),
            },
          ] satisfies Action[])
        : []),
    ]
  })
}
