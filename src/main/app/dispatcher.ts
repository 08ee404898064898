import { isEngineCommand } from '../../engine/commands/commands.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import {
  type Command,
  type CommandOutcome,
  type CommandSource,
  commandSchema,
  explain,
  killIn,
  type Refusal,
  type RefusalCode,
  refusal,
} from '../../shared/domain/commands.ts'
import { reasonWithPlace } from '../../shared/domain/deployments.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { Signal } from '../../shared/domain/signal.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Journal } from '../db/journal.ts'
import type { CanaryPart } from '../deploy/attempt.ts'
import type { Deployer } from '../deploy/deployer.ts'
import { newId } from '../platform/system.ts'
import type { Gate } from '../runtime/gate.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'
import { candidateText, commandText } from './command-text.ts'
import { adoptSlots } from './start/adopt-slots.ts'

export interface DispatcherParts {
  readonly loop: TradingLoop
  readonly gate: Gate
  readonly journal: Journal
  readonly deployer: Deployer
  readonly clock: Clock
  readonly now: () => UnixMs
  /** True while the file named KILL lies in the home folder. */
  readonly killFilePresent: () => boolean
  /** Leaves a KILL file in the home folder: the next start is killed, whatever the journal says. */
  readonly latchKill: (reason: string) => Result<void>
}

type Verdict = Omit<CommandOutcome, 'id'>

const done = (message: string): Verdict => ({ outcome: 'done', code: null, message })
const failed = (message: string): Verdict => ({ outcome: 'failed', code: null, message })
const refused = (code: RefusalCode, message: string): Verdict => ({ outcome: 'refused', code, message })
const refusedBy = ({ code, message }: Refusal): Verdict => refused(code, message)

/** The one way in for every command, whatever brings it. Each gets an id, a source and an outcome in the journal. */
export class Dispatcher {
  /** Every outcome of a command that could be read. */
  readonly answered = new Signal<CommandOutcome>()
  private readonly parts: DispatcherParts

  constructor(parts: DispatcherParts) {
    this.parts = parts
  }

  /** Carries out what came from outside; anything but a known command is refused with what is wrong and where. */
  async dispatch(input: unknown, source: CommandSource): Promise<CommandOutcome> {
    const id = newId('C')
    const parsed = commandSchema.safeParse(killIn(input) ?? input)
    if (!parsed.success) {
      const verdict = refused('invalid', `not a command: ${explain(parsed.error)}`)
      const outcome = this.write(id, source, 'invalid', JSON.stringify(input ?? null).slice(0, 2_000), verdict)
      await this.parts.journal.caughtUp()
      return outcome
    }
    const command = parsed.data
    // I5: the gate first, before anything is parsed further, written down or waited for.
    if (command.kind === 'kill')
      this.parts.gate.shut(command.reason ?? 'killed by hand', command.positions === 'flatten')
    const verdict = await this.carryOut(command, source)
    const outcome = this.write(id, source, command.kind, JSON.stringify(command), verdict)
    await this.parts.journal.caughtUp()
    this.answered.emit(outcome)
    return this.parts.journal.blocked === null ? outcome : this.notWritten(command, outcome, this.parts.journal.blocked)
  }

  /** What is only in memory is said to be so; a kill is latched by its file at once, which no database can hold up. */
  private notWritten(command: Command, outcome: CommandOutcome, blocked: string): CommandOutcome {
    if (command.kind === 'kill') {
      const latched = this.parts.latchKill(command.reason ?? 'killed by hand')
      const how = latched.ok ? 'a file named KILL latches it until then' : latched.error
      return {
        ...outcome,
        message: `${outcome.message}; it is not in the journal yet (${blocked}): ${how}; exits wait for the journal`,
      }
    }
    if (outcome.outcome !== 'done') return outcome
    return {
      ...outcome,
      message: `${outcome.message}; it is not in the journal yet (${blocked}) and is lost if the desk ends before`,
    }
  }

  private write(id: string, source: CommandSource, kind: string, body: string, verdict: Verdict): CommandOutcome {
    const outcome = { id, ...verdict }
    this.parts.journal.write({ w: 'command', ts: this.parts.now(), source, kind, body, outcome })
    return outcome
  }

  private async carryOut(command: Command, source: CommandSource): Promise<Verdict> {
    if (command.kind === 'reload') return this.reload(command, source)
    if (command.kind === 'rollback') return this.rollback(command, source)
    if (command.kind === 'dismiss') return this.dismiss(command, source)
    if (command.kind === 'promote') return this.promote(command, source)
    if (command.kind === 'assign') {
      const unknown = this.assignRefusal(command.strategy)
      if (unknown !== null) return refusedBy(unknown)
    }
    if (!isEngineCommand(command)) return refused('invalid', 'not a command')
    const { loop, gate } = this.parts
    const refusedByEngine = loop.engine.commandRefusal(command)
    if (refusedByEngine !== null) return refusedBy(refusedByEngine)
    if (command.kind === 'rearm' && this.parts.killFilePresent()) {
      return refused('unconfirmed', 'a file named KILL still lies in the home folder: delete it, then re-arm')
    }
    loop.deliver({ kind: 'command', ts: this.parts.now(), source, command })
    loop.settle()
    if (command.kind === 'rearm') gate.open()
    if (command.kind === 'assign') return this.takeUp(command.strategy, source, commandText(command))
    return done(commandText(command))
  }

  private assignRefusal(strategy: string): Refusal | null {
    const { deployer, loop } = this.parts
    if (loop.engine.state.live.has(strategy) || deployer.strategies.files().includes(strategy)) return null
    return refusal('unknown', `there is no strategy ${strategy}; there are: ${deployer.strategies.files().join(', ')}`)
  }

  /** The strategy that has got a slot begins there: with a first state, or, where it is not live, by a deployment. */
  private async takeUp(strategy: string, source: CommandSource, said: string): Promise<Verdict> {
    const { loop, deployer, clock, now } = this.parts
    const hash = loop.engine.state.live.get(strategy)
    if (hash !== undefined) {
      const adopted = await adoptSlots(loop, strategy, hash, now)
      return adopted.ok ? done(said) : failed(`${said}, but ${adopted.error}`)
    }
    const row = await deployer.deployOrWait({ strategy, trigger: 'start', by: source, noticedAt: clock.monotonic() })
    if (row.endedAt === null) return done(`${said}; ${row.version?.label ?? strategy} ${row.reason}`)
    if (row.swappedAt !== null) return done(`${said}; ${row.version?.label} is live`)
    return failed(`${said}, but it trades nothing: ${reasonWithPlace(row)}`)
  }

  /** A shadow, or a candidate that waits, goes live as far as the rules let it. */
  private async promote(command: Extract<Command, { kind: 'promote' }>, source: CommandSource): Promise<Verdict> {
    const { strategy, hash, reason, override } = command
    const { deployer, clock } = this.parts
    const found = deployer.undecided(strategy, hash)
    if (!found.ok) return refusedBy(found.error)
    const part = this.partOf(command, strategy)
    if (!part.ok) return refusedBy(part.error)
    const word = { by: source, noticedAt: clock.monotonic(), reason, override, part: part.value }
    const { version } = found.value.current
    if (found.value.isCanary) {
      if (part.value !== undefined)
        return refused('no-effect', `${version?.label} is a canary already: dismiss it to change its part`)
      const promoted = await deployer.promote(found.value, word)
      return promoted.ok
        ? done(candidateText(promoted.value))
        : refused(promoted.error.code, `${version?.label}: ${promoted.error.message}`)
    }
    const row = await deployer.confirm(strategy, version?.hash, word)
    if (row === undefined) return refused('unknown', `no candidate of ${strategy} waits any more`)
    if (row.state === 'failed') return failed(candidateText(row))
    return row.swappedAt === null && row.state !== 'canary'
      ? refused('policy', candidateText(row))
      : done(candidateText(row))
  }

  /** What a canary is to get; undefined where none is asked for. */
  private partOf(
    { as, slots, stakePercent }: Extract<Command, { kind: 'reload' | 'promote' }>,
    strategy: string,
  ): Result<CanaryPart | undefined, Refusal> {
    return as === 'canary' ? this.parts.deployer.canaries.part(strategy, { slots, stakePercent }) : ok(undefined)
  }

  private async dismiss(command: Extract<Command, { kind: 'dismiss' }>, source: CommandSource): Promise<Verdict> {
    const { strategy, hash, reason } = command
    const result = await this.parts.deployer.dismiss(strategy, hash, reason ?? `by ${source}`)
    if (!result.ok) return refusedBy(result.error)
    return done(`${result.value.version?.label ?? strategy} is given up; what is live keeps trading`)
  }

  private async reload(command: Extract<Command, { kind: 'reload' }>, source: CommandSource): Promise<Verdict> {
    const { deployer, clock } = this.parts
    const available = deployer.strategies.available()
    const wanted = command.strategy === undefined ? available : [command.strategy]
    for (const strategy of wanted) {
      if (!available.includes(strategy))
        return refused(
          'unknown',
          `there is no strategy ${strategy} with slots to trade; there are: ${available.join(', ')}`,
        )
    }
    const named = await this.named(command, wanted)
    if (!named.ok) return refusedBy(named.error)
    const stored = named.value
    const { reason, override } = command
    const [first] = wanted
    if (command.as === 'canary' && (wanted.length !== 1 || first === undefined))
      return refused('invalid', 'a canary is of one strategy: say which')
    const part = this.partOf(command, first ?? '')
    if (!part.ok) return refusedBy(part.error)
    const word = {
      by: source,
      noticedAt: clock.monotonic(),
      reason,
      override,
      shadow: command.as === 'shadow',
      part: part.value,
    }
    const rows = await Promise.all(
      wanted.map(
        (strategy) =>
          deployer.confirm(strategy, command.hash, word) ??
          deployer.deployOrWait({ strategy, stored, trigger: 'reload', ...word }),
      ),
    )
    const said = rows.map(candidateText).join('; ')
    if (rows.some((row) => row.state === 'failed')) return failed(said)
    const heldBack = rows.some((row) => row.policy?.waits.some(({ rule }) => rule !== 'shadow') === true)
    return heldBack ? refused('policy', said) : done(said)
  }

  /**
   * What a reload that names a hash is of: the files, which must have it, or the stored version that has.
   * @returns hash of the stored version; undefined = the files
   */
  private async named(
    { hash, stored }: Extract<Command, { kind: 'reload' }>,
    wanted: readonly string[],
  ): Promise<Result<string | undefined, Refusal>> {
    if (hash === undefined) return ok(undefined)
    const { deployer } = this.parts
    const [strategy] = wanted
    if (wanted.length !== 1 || strategy === undefined)
      return err(refusal('invalid', 'a hash names one version: say which strategy, too'))
    if (stored === true) {
      const version = deployer.storedVersion(strategy, hash)
      return version === undefined
        ? err(
            refusal(
              'unknown',
              `no single version of ${strategy} has a hash beginning with ${hash}; see "baton versions"`,
            ),
          )
        : ok(version.hash)
    }
    const now = await deployer.strategies.hashOfFiles(strategy)
    if (now?.startsWith(hash) === true) return ok(undefined)
    return err(
      refusal(
        'changed',
        `${strategy}.ts is now ${now?.slice(0, 12) ?? 'not compilable'}, not ${hash}: what was looked at is not what would go live`,
      ),
    )
  }

  private async rollback(command: Extract<Command, { kind: 'rollback' }>, source: CommandSource): Promise<Verdict> {
    const result = await this.parts.deployer.rollback(command.strategy, command.to, source)
    if (!result.ok) return refusedBy(result.error)
    const row = result.value
    if (row.swappedAt !== null) return done(`${row.version?.label} is live again`)
    if (row.canary !== null)
      return done(`${row.version?.label} has ended as a canary; ${row.from?.label} trades its slots again`)
    return failed(reasonWithPlace(row) ?? `the rollback ended ${row.state}`)
  }
}
