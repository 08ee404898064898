import type { HandedLine } from '../../../shared/attribution/records.ts'
import type { AttributionRow } from '../../../shared/ipc/desk-view.ts'
import { compareVersion, deployStored, rollBack, showTrades } from '../../data/actions.ts'
import { recordName } from '../../data/attribution-store.ts'
import { useDesk, useDeskModel } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { count, duration, money, NONE, percent, profit, range, stretch, unbrokenPercent } from '../../ui/format.ts'
import { VersionDot } from '../../ui/version-dot.tsx'
import { VersionComparison } from './comparison.tsx'

const ratio = (value: number | null) => (value === null ? NONE : value.toFixed(2).replace('-', '−'))

/** Names and values of the figures that have no column in the table. */
function otherFigures({
  figures,
  life,
  handedOver,
  takenOver,
}: AttributionRow): readonly (readonly [string, string])[] {
  const handed = ({ trades, pnl }: HandedLine) => (trades === 0 ? NONE : `${count(trades)} · ${profit(pnl)}`)
  return [
    ['Win rate, 95 %', range(figures.winRateInterval)],
    ['Edge, 95 %', range(figures.edgeInterval)],
    ['Effective trades', count(Math.round(figures.effectiveTrades))],
    ['Stake', money(figures.stake)],
    ['Return on stake', percent(figures.returnOnStake)],
    ['Fees', money(figures.fees)],
    ['Mean price', figures.price === null ? NONE : figures.price.toFixed(3)],
    ['p-value of the edge', figures.pValue === null ? NONE : figures.pValue.toFixed(3)],
    ['Profit factor', ratio(figures.profitFactor)],
    ['Sortino per trade', ratio(figures.sortinoTrade)],
    ['Sharpe per day', ratio(figures.sharpeDay)],
    ['Trades for significance', figures.minTrackRecord === null ? NONE : count(Math.ceil(figures.minTrackRecord))],
    ['Longest drawdown', figures.drawdown === 0 ? NONE : stretch(figures.drawdownMs)],
    ['Brier · log loss', `${ratio(figures.brier)} · ${ratio(figures.logLoss)}`],
    ['Mean exposure', figures.exposure === null ? NONE : money(figures.exposure)],
    [
      'Slippage per share',
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

/** Win rates by the price paid: a price is a forecast of the win rate. */
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

/** One record in full, with the comparison to another version. */
export function RecordDetail({ row }: { row: AttributionRow }) {
  const model = useDeskModel()
  const { version } = row
  const deployment = useDesk(
    (state) => state.deployments.find((deployed) => deployed.version?.hash === row.of.version)?.id,
  )
  const stored = useDesk((state) => state.versions.find((other) => other.hash === row.of.version))
  return (
    <aside className="record" data-testid="record" aria-label={`Record of ${recordName(row)}`}>
      <header className="version-cell">
        <VersionDot version={version} />
        <strong>{recordName(row)}</strong>
      </header>
      <p data-testid="record-sentence">{unbrokenPercent(row.sentence)}</p>
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
              Roll back to this version
            </Button>
          ) : (
            <Button small onClick={() => deployStored(model, version)}>
              Deploy this version
            </Button>
          )}
        </div>
      )}
      <VersionComparison row={row} />
      <dl className="record-figures">
        {otherFigures(row).map(([name, value]) => (
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
