import { messageOf } from '../../shared/domain/base.ts'
import { HOUR } from '../../shared/domain/time.ts'
import type { DeskClient } from '../../shared/ipc/connection.ts'
import { type AttributionState, type AttributionStore, GROUPINGS, PERIODS, recordKey } from './attribution-store.ts'
import type { DeskStore } from './desk-store.ts'

export interface AttributionActions {
  /** Fetches records, gauges and the comparison again. */
  refresh(): void
  /** Changes the table; fetches records again where grouping or period change. */
  show(change: Partial<Pick<AttributionState, 'grouping' | 'period' | 'search' | 'sort'>>): void
  choose(key: string | null): void
  /**
   * Compares the version of record `key` with another.
   * @param baseline hash of the other version; null ends the comparison
   * @param swappedAt compares only before and after this swap, Unix ms
   */
  compare(key: string, baseline: string | null, swappedAt?: number | null): void
  setEqualLengthBy(unit: AttributionState['equalLengthBy']): void
}

interface AttributionParts {
  readonly client: DeskClient
  readonly desk: DeskStore
  readonly store: AttributionStore
}

function fetchGauges({ client, desk, store }: AttributionParts): void {
  const strategies = new Set(desk.getState().versions.map((version) => version.strategy))
  for (const strategy of strategies)
    client.call('attribution.gauge', { strategy }).then(
      (gauge) => store.setState((state) => ({ gauges: { ...state.gauges, [strategy]: gauge } })),
      () => {
        // The gauge shown stays; the next change fetches again.
      },
    )
}

function fetchComparison({ client, store }: AttributionParts): void {
  const { chosen, baseline, swappedAt, equalLengthBy, rows } = store.getState()
  const after = rows?.find((row) => recordKey(row) === chosen)?.of.version
  if (after === undefined || baseline === null) return store.setState({ comparison: null })
  client.call('attribution.compare', { before: baseline, after, at: swappedAt, by: equalLengthBy }).then(
    (comparison) => {
      if (store.getState().baseline === baseline) store.setState({ comparison })
    },
    () => store.setState({ comparison: null }),
  )
}

/** Fetches the records, comparisons and gauges of the attribution tab. */
export function createAttributionActions(parts: AttributionParts): AttributionActions {
  const { client, desk, store } = parts
  let requests = 0

  const fetchRecords = (): void => {
    const { grouping, period } = store.getState()
    const hours = PERIODS[period]
    const now = desk.getState().status?.now ?? 0
    const filter = hours === null ? {} : { from: now - hours * HOUR }
    requests += 1
    const request = requests
    client.call('attribution.records', { by: [...GROUPINGS[grouping]], filter }).then(
      (rows) => {
        if (request === requests) store.setState({ rows, error: null })
      },
      (error: unknown) => store.setState({ error: messageOf(error) }),
    )
  }

  return {
    refresh() {
      fetchRecords()
      fetchGauges(parts)
      fetchComparison(parts)
    },
    show(change) {
      store.setState(change)
      if (change.grouping !== undefined || change.period !== undefined) fetchRecords()
    },
    choose(chosen) {
      store.setState({ chosen, baseline: null, swappedAt: null, comparison: null })
    },
    compare(chosen, baseline, swappedAt = null) {
      store.setState({ chosen, baseline, swappedAt, comparison: null })
      fetchComparison(parts)
    },
    setEqualLengthBy(equalLengthBy) {
      store.setState({ equalLengthBy, comparison: null })
      fetchComparison(parts)
    },
  }
}
