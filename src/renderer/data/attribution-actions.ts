import { HOUR } from '../../shared/domain/time.ts'
import type { DeskClient } from '../../shared/ipc/connection.ts'
import { type AttributionState, type AttributionStore, GROUPINGS, recordKey, PERIODS } from './attribution-store.ts'
import type { DeskStore } from './desk-store.ts'

export interface AttributionActions {
  /** Something has settled, or another question is asked: the desk is asked again. */
  refresh(): void
  /** Changes what is shown; asks again where the desk must answer it. */
  show(change: Partial<Pick<AttributionState, 'grouping' | 'period' | 'search' | 'sort'>>): void
  choose(key: string | null): void
  /** Holds a line's version against another; null ends it. `at`: before and after that moment alone. */
  against(key: string, hash: string | null, at?: number | null): void
  /** Equal lengths by trades, or by time. */
  lengthsBy(by: AttributionState['by']): void
}

export interface AttributionParts {
  readonly desk: DeskClient
  readonly rows: DeskStore
  readonly store: AttributionStore
}

/** Asks the desk for records, comparisons and gauges, and keeps what it said. */
export function createAttributionActions({ desk, rows, store }: AttributionParts): AttributionActions {
  let asked = 0

  const gauges = (): void => {
    const strategies = [...new Set(rows.getState().versions.map((version) => version.strategy))]
    for (const strategy of strategies)
      desk.call('attribution.gauge', { strategy }).then(
        (gauge) => store.setState((state) => ({ gauges: { ...state.gauges, [strategy]: gauge } })),
        () => {
          // What was shown stays; the next change asks again.
        },
      )
  }

  const records = (): void => {
    const { grouping, period } = store.getState()
    const hours = PERIODS[period]
    const now = rows.getState().status?.now ?? 0
    const filter = hours === null ? {} : { from: now - hours * HOUR }
    asked += 1
    const question = asked
    desk.call('attribution.records', { by: [...GROUPINGS[grouping]], filter }).then(
      (found) => {
        if (question === asked) store.setState({ rows: found, error: null })
      },
      (error: unknown) => store.setState({ error: error instanceof Error ? error.message : String(error) }),
    )
  }

  const compare = (): void => {
    const { chosen, against, at, by, rows: shown } = store.getState()
    const after = shown?.find((row) => recordKey(row) === chosen)?.of.version
    if (after === undefined || against === null) return store.setState({ comparison: null })
    desk.call('attribution.compare', { before: against, after, at, by }).then(
      (comparison) => {
        if (store.getState().against === against) store.setState({ comparison })
      },
      () => store.setState({ comparison: null }),
    )
  }

  return {
    refresh() {
      records()
      gauges()
      compare()
    },
    show(change) {
      store.setState(change)
      if (change.grouping !== undefined || change.period !== undefined) records()
    },
    choose(chosen) {
      store.setState({ chosen, against: null, at: null, comparison: null })
    },
    against(chosen, hash, at = null) {
      store.setState({ chosen, against: hash, at, comparison: null })
      compare()
    },
    lengthsBy(by) {
      store.setState({ by, comparison: null })
      compare()
    },
  }
}
