import { type KeyboardEvent, useCallback, useEffect, useRef } from 'react'
import type { SlotId } from '../../../shared/domain/slots.ts'
import { useChart, useDesk, useDeskModel } from '../../data/hooks.ts'
import { Empty, Panel } from '../../ui/panel.tsx'
import { SlotItem } from './slot-row.tsx'

/** All slots; the arrow keys, Home and End choose one. */
export function Slots() {
  const model = useDeskModel()
  const ids = useDesk((state) => state.slotIds)
  const positions = useDesk((state) => state.slotIds.filter((id) => state.slots[id]?.position != null).length)
  const hasSnapshot = useDesk((state) => state.snapshots > 0)
  const chosen = useChart((state) => state.slot)
  const list = useRef<HTMLDivElement>(null)

  // Focuses the chosen slot after loading, so that single-letter keys act at once.
  useEffect(() => {
    if (!hasSnapshot || document.activeElement !== document.body) return
    list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus()
  }, [hasSnapshot])

  const choose = useCallback((id: SlotId) => model.showChart(id), [model])

  const onKeyDown = (event: KeyboardEvent): void => {
    const index = chosen === null ? -1 : ids.indexOf(chosen)
    const next =
      event.key === 'ArrowDown'
        ? Math.min(ids.length - 1, index + 1)
        : event.key === 'ArrowUp'
          ? Math.max(0, index - 1)
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? ids.length - 1
              : undefined
    const id = next === undefined ? undefined : ids[next]
    if (id === undefined) return
    event.preventDefault()
    choose(id)
    list.current?.querySelector<HTMLElement>(`[data-testid="slot-${id}"]`)?.focus()
  }

  return (
    <Panel title="Slots" note={hasSnapshot ? `${ids.length} · ${positions} held` : ''} testId="slots" className="slots">
      {ids.length === 0 ? (
        <Empty busy={!hasSnapshot}>
          {hasSnapshot ? 'No slot is configured. Add some to config.json.' : 'Waiting for the desk…'}
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
