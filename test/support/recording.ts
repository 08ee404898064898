import { TapeRecorder } from '../../src/main/tape/recorder.ts'
import type { LostRecords } from '../../src/main/tape/segment-header.ts'
import { WriterLink } from '../../src/main/tape/writer-link.ts'
import type { Clock } from '../../src/shared/domain/feed.ts'
import { HOUR, plusMs, SECOND, unixMs } from '../../src/shared/domain/time.ts'
import { EngineBench, START, slots } from './bench-engine.ts'
import { header } from './tape.ts'

/** A recorder on an engine whose market is simulated, and what it says. */
export class Recording extends EngineBench {
  readonly problems: string[] = []
  readonly warnings: string[] = []
  readonly writer = new WriterLink()
  readonly tape: TapeRecorder
  /** What was missing each time it could be written again. */
  readonly recovered: (LostRecords | null)[] = []
  /** Of the recorder's own clock. */
  elapsed = 0
  /** Events that the engine was told while it was recorded. */
  told = 0

  constructor(folder: string, caps = { keepHours: 1e6, maxBytes: 1e9 }) {
    super(slots('BTC-5m'), 1)
    const { engineBuild, market, feed, settlement, notices, config } = header()
    const clock: Clock = {
      now: () => unixMs(Date.now()),
      monotonic: () => this.elapsed,
      after: () => () => {},
    }
    this.tape = new TapeRecorder({
      folder,
      writer: this.writer,
      recording: 's',
      header: { engineBuild, market, feed, settlement, notices, config },
      caps,
      rawBytes: null,
      engine: this.engine,
      clock,
      versionOf: () => ({ label: 'alpha', bundle: '' }),
    })
    this.tape.failed.on((message) => this.problems.push(message))
    this.tape.recovered.on((lost) => this.recovered.push(lost))
    this.tape.warned.on((message) => this.warnings.push(message))
    this.pump(plusMs(START, HOUR - 600_000))
    this.swap()
    this.recordTo({
      event: (event) => {
        this.told++
        this.tape.event(event)
      },
      evaluation: (evaluation) => this.tape.evaluation(evaluation),
    })
    this.tape.begin(this.now)
  }

  /** Five seconds of the market. */
  step(): void {
    this.pump(plusMs(this.now, 5 * SECOND))
    this.tape.afterCycle(this.now)
  }
}
