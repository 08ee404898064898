import { type KeyboardEvent, useCallback, useEffect, useRef } from 'react'
import type { SlotId } from '../../../shared/domain/slots.ts'
import { useChart, useDesk, useDeskModel } from '../../data/hooks.ts'
import { Empty, Panel } from '../../ui/panel.tsx'
import { SlotItem } from './slot-row.tsx'

/** All slots; up and down choose one, Home and End the first and last. */
export function Slots() {
  const model = useDeskModel()
  const ids = useDesk((state) => state.slotIds)
  const held = useDesk((state) => state.slotIds.filter((id) => state.slots[id]?.position != null).length)
  const known = useDesk((state) => state.snapshots > 0)
  const chosen = useChart((state) => state.slot)
  const list = useRef<HTMLDivElement>(null)

  // The keys of one letter act here: a desk that was just opened has them at once.
  useEffect(() => {
    if (!known || document.activeElement !== document.body) return
    list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus()
  }, [known])

  const choose = useCallback((id: SlotId) => model.showChart(id), [model])

  const onKeyDown = (event: KeyboardEvent): void => {
    const at = chosen === null ? -1 : ids.indexOf(chosen)
    const to =
      event.key === 'ArrowDown'
        ? Math.min(ids.length - 1, at + 1)
        : event.key === 'ArrowUp'
          ? Math.max(0, at - 1)
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? ids.length - 1
              : undefined
    const id = to === undefined ? undefined : ids[to]
    if (id === undefined) return
    event.preventDefault()
    choose(id)
    list.current?.querySelector<HTMLElement>(`[data-testid="slot-${id}"]`)?.focus()
  }

  return (
    <Panel title="Slots" note={known ? `${ids.length} · ${held} held` : ''} testId="slots" className="slots">
      {ids.length === 0 ? (
        <Empty busy={!known}>
          {known ? 'No slot is configured. Add some to config.json.' : 'Waiting for the desk…'}
        </Empty>
      ) : (
        <>
          <div className="slot-head" aria-hidden="true">
            <span>slot</span>
            <span>window</span>
            <span>bp</span>
            <span>Up</span>
          </div>
          <div ref={list} className="slot-list" role="listbox" aria-label="Slots" onKeyDown={onKeyDown} tabIndex={-1}>
            {ids.map((id) => (
              <SlotItem key={id} id={id} chosen={id === chosen} onChoose={choose} />
            ))}
          </div>
        </>
      )}
    </Panel>
  )
}
