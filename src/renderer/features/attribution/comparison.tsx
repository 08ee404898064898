import type { Comparison } from '../../../shared/attribution/compare.ts'
import type { AttributionRow } from '../../../shared/ipc/desk-view.ts'
import { recordKey } from '../../data/attribution-store.ts'
import { useAttribution, useDesk, useDeskModel } from '../../data/hooks.ts'
import { count, dateTime, percent, profit, unbrokenPercent } from '../../ui/format.ts'

function BaselineSelect({ row }: { row: AttributionRow }) {
  const { attributionActions } = useDeskModel()
  const baseline = useAttribution((state) => state.baseline)
  const versions = useDesk((state) => state.versions)
  return (
    <label>
      Against{' '}
      <select
        value={baseline ?? ''}
        data-testid="against"
        onChange={(event) =>
          attributionActions.compare(recordKey(row), event.target.value === '' ? null : event.target.value)
        }
      >
        <option value="">no other version</option>
        {versions
          .filter((other) => other.hash !== row.of.version && other.trades > 0)
          .map((other) => (
            <option key={other.hash} value={other.hash}>
              {other.label}
            </option>
          ))}
      </select>
    </label>
  )
}

function EqualLengthSwitch() {
  const { attributionActions } = useDeskModel()
  const equalLengthBy = useAttribution((state) => state.equalLengthBy)
  return (
    <fieldset className="filter" aria-label="Compare the same number of">
      {(['trades', 'time'] as const).map((unit) => (
        <button
          key={unit}
          type="button"
          aria-pressed={equalLengthBy === unit}
          onClick={() => attributionActions.setEqualLengthBy(unit)}
        >
          same number of {unit === 'trades' ? 'trades' : 'hours'}
        </button>
      ))}
    </fieldset>
  )
}

function ComparisonResult({ comparison }: { comparison: Comparison }) {
  return (
    <div data-testid="comparison">
      <p>{unbrokenPercent(comparison.sentence)}</p>
      {comparison.chanceBetter === null ? null : (
        <p className="dim">
          Judged by wins only, with a uniform prior for each win rate: it is further above its break-even with a
          probability of {percent(comparison.chanceBetter)}.
        </p>
      )}
      {comparison.regimes.length < 2 ? null : (
        <ul className="dim">
          {comparison.regimes.map(({ regime, before, after, difference }) => (
            <li key={regime}>
              {regime}: {count(before)} before, {count(after)} after
              {difference === null ? '' : `, ${profit(difference)} a trade`}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Compares the version of a record with another version. */
export function VersionComparison({ row }: { row: AttributionRow }) {
  const baseline = useAttribution((state) => state.baseline)
  const comparison = useAttribution((state) => state.comparison)
  const swappedAt = useAttribution((state) => state.swappedAt)
  const hasOthers = useDesk(({ versions }) =>
    versions.some((other) => other.hash !== row.of.version && other.trades > 0),
  )
  if (row.version === null || !hasOthers) return null
  return (
    <section className="comparison">
      <BaselineSelect row={row} />
      {baseline === null ? null : <EqualLengthSwitch />}
      {swappedAt === null ? null : <p className="dim">Before and after the deployment at {dateTime(swappedAt)} UTC.</p>}
      {comparison === null ? null : <ComparisonResult comparison={comparison} />}
    </section>
  )
}
