import type { HandedLine } from '../../../shared/attribution/records.ts'
import type { AttributionRow } from '../../../shared/ipc/desk-view.ts'
import { compareVersion, deployStored, rollBack, showTrades } from '../../data/actions.ts'
import { recordKey, nameOf } from '../../data/attribution-store.ts'
import { useAttribution, useDesk, useDeskModel } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { count, dateTime, duration, money, NONE, percent, profit, range, stretch } from '../../ui/format.ts'
import { VersionDot } from '../../ui/version-dot.tsx'

/** A figure stays with its sign. */
const whole = (text: string) => text.replaceAll(' %', '\u00a0%')

const ratio = (value: number | null) => (value === null ? NONE : value.toFixed(2).replace('-', '−'))

/** Figures that have no column, by name. */
function figuresOf({ figures, life, handedOver, takenOver }: AttributionRow): readonly (readonly [string, string])[] {
  const handed = ({ trades, pnl }: HandedLine) => (trades === 0 ? NONE : `${count(trades)} · ${profit(pnl)}`)
  return [
    ['Win rate, 95 %', range(figures.winRateInterval)],
    ['Edge, 95 %', range(figures.edgeInterval)],
    ['Worth independent', count(Math.round(figures.effectiveTrades))],
    ['Stake', money(figures.stake)],
    ['Return on stake', percent(figures.returnOnStake)],
    ['Fees', money(figures.fees)],
    ['Mean price', figures.price === null ? NONE : figures.price.toFixed(3)],
    ['p-value of the edge', figures.pValue === null ? NONE : figures.pValue.toFixed(3)],
    ['Profit factor', ratio(figures.profitFactor)],
    ['Sortino a trade', ratio(figures.sortinoTrade)],
    ['Sharpe a day', ratio(figures.sharpeDay)],
    ['Trades to prove it', figures.minTrackRecord === null ? NONE : count(Math.ceil(figures.minTrackRecord))],
    ['Longest drawdown', figures.drawdown === 0 ? NONE : stretch(figures.drawdownMs)],
    ['Brier · log loss', `${ratio(figures.brier)} · ${ratio(figures.logLoss)}`],
    ['Mean at stake', figures.exposure === null ? NONE : money(figures.exposure)],
    [
      'Slippage a share',
      figures.slippage === null ? NONE : `${(figures.slippage * 100).toFixed(2).replace('-', '−')} ¢`,
    ],
    ['Decision to fill', figures.latencyMs === null ? NONE : duration(figures.latencyMs)],
    ['Sold early', count(figures.sold)],
    ['Fill rate', percent(life?.fillRate ?? null)],
    ['Fills missed', life === null ? NONE : count(life.missed)],
    ['Time live', life === null ? NONE : stretch(life.liveMs)],
    ['Decisions · faults', life === null ? NONE : `${count(life.decisions)} · ${count(life.faults)}`],
    ['Handed over', handed(handedOver)],
    ['Taken over', handed(takenOver)],
  ]
}

/** The price paid as a forecast: where the win rate of its prices lies. */
function Calibration({ row }: { row: AttributionRow }) {
  const { calibration } = row.figures
  if (calibration.length === 0) return null
  return (
    <table className="calibration" aria-label="Calibration by price paid">
      <thead>
        <tr>
          <th scope="col">price</th>
          <th scope="col">trades</th>
          <th scope="col">mean</th>
          <th scope="col">won</th>
        </tr>
      </thead>
      <tbody>
        {calibration.map((bucket) => (
          <tr key={bucket.from}>
            <td>
              {bucket.from.toFixed(1)}–{bucket.to.toFixed(1)}
            </td>
            <td>{count(bucket.trades)}</td>
            <td>{bucket.meanPrice.toFixed(3)}</td>
            <td>{percent(bucket.winRate)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Against({ row }: { row: AttributionRow }) {
  const { attributionActions } = useDeskModel()
  const versions = useDesk((state) => state.versions)
  const against = useAttribution((state) => state.against)
  const comparison = useAttribution((state) => state.comparison)
  const at = useAttribution((state) => state.at)
  const by = useAttribution((state) => state.by)
  const others = versions.filter((other) => other.hash !== row.of.version && other.trades > 0)
  if (row.version === null || others.length === 0) return null
  return (
    <section className="against">
      <label>
        Against{' '}
        <select
          value={against ?? ''}
          data-testid="against"
          onChange={(event) =>
            attributionActions.against(recordKey(row), event.target.value === '' ? null : event.target.value)
          }
        >
          <option value="">no other version</option>
          {others.map((other) => (
            <option key={other.hash} value={other.hash}>
              {other.label}
            </option>
          ))}
        </select>
      </label>
      {against === null ? null : (
        <fieldset className="filter" aria-label="Both sides as long by">
          {(['trades', 'time'] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={by === name}
              onClick={() => attributionActions.lengthsBy(name)}
            >
              as many {name === 'trades' ? 'trades' : 'hours'}
            </button>
          ))}
        </fieldset>
      )}
      {at === null ? null : <p className="dim">Before and after the deployment at {dateTime(at)} UTC.</p>}
      {comparison === null ? null : (
        <div data-testid="comparison">
          <p>{whole(comparison.sentence)}</p>
          {comparison.chanceBetter === null ? null : (
            <p className="dim">
              By wins alone, every win rate as likely before, it lies further above its break-even with a probability of{' '}
              {percent(comparison.chanceBetter)}.
            </p>
          )}
          {comparison.regimes.length < 2 ? null : (
            <ul className="dim">
              {comparison.regimes.map((one) => (
                <li key={one.regime}>
                  {one.regime}: {count(one.before)} before, {count(one.after)} after
                  {one.difference === null ? '' : `, ${profit(one.difference)} a trade`}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </section>
  )
}

/** One record in full: what it says, every figure, and held against another. */
export function Detail({ row }: { row: AttributionRow }) {
  const model = useDeskModel()
  const { version } = row
  const deployment = useDesk((state) => state.deployments.find((one) => one.version?.hash === row.of.version)?.id)
  const stored = useDesk((state) => state.versions.find((one) => one.hash === row.of.version))
  return (
    <aside className="record" data-testid="record" aria-label={`Record of ${nameOf(row)}`}>
      <header className="version-cell">
        <VersionDot version={version} />
        <strong>{nameOf(row)}</strong>
      </header>
      <p data-testid="record-sentence">{whole(row.sentence)}</p>
      {version === null ? null : (
        <div className="deployment-actions">
          <Button small onClick={() => compareVersion(model, version)}>
            Source and diff
          </Button>
          {deployment === undefined ? null : (
            <Button small onClick={() => model.ui.setState({ deployment })}>
              Proof and probation
            </Button>
          )}
          <Button small onClick={() => showTrades(model, version.hash)}>
            Trades
          </Button>
          {stored === undefined || stored.state === 'live' || stored.state === 'canary' ? null : stored.kept ? (
            <Button small onClick={() => rollBack(model, version.strategy, version.hash)}>
              Roll back to it
            </Button>
          ) : (
            <Button small onClick={() => deployStored(model, version)}>
              Deploy this version
            </Button>
          )}
        </div>
      )}
      <Against row={row} />
      <dl className="record-figures">
        {figuresOf(row).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figure">{value}</dd>
          </div>
        ))}
      </dl>
      <Calibration row={row} />
    </aside>
  )
}
