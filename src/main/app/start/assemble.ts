import { existsSync } from 'node:fs'
import { Engine } from '../../../engine/engine.ts'
import { type SavedDesk, tightenCaps } from '../../../engine/restore.ts'
import { engineConfigOf } from '../../../engine/settings.ts'
import { listingsOf } from '../../../engine/venue/listing.ts'
import { mergedTimeline } from '../../../engine/venue/timeline.ts'
import type { Config } from '../../../shared/config.ts'
import { err, messageOf, ok, type Result } from '../../../shared/domain/base.ts'
import type { UnixMs } from '../../../shared/domain/time.ts'
import { BooksThread } from '../../attribution/books-thread.ts'
import type { FileLock } from '../../db/file-lock.ts'
import type { Journal } from '../../db/journal.ts'
import { readMeta } from '../../db/meta.ts'
import { findVersion, readBotState } from '../../db/queries.ts'
import { readSavedDesk } from '../../db/restore.ts'
import { heldSlots } from '../../db/start.ts'
import { Deployer } from '../../deploy/deployer.ts'
import { type OpenFeed, openFeed } from '../../market/feeds.ts'
import { openVenue } from '../../market/venues.ts'
import { engineBuild } from '../../platform/engine-build.ts'
import { apiFile, packageRoot } from '../../platform/package-files.ts'
import { newId } from '../../platform/system.ts'
import { ReplayLab } from '../../replay/lab.ts'
import { Gate } from '../../runtime/gate.ts'
import { TradingLoop } from '../../runtime/trading-loop.ts'
import { openSecrets, storedCredentials } from '../../secrets/open.ts'
import type { SecretStore } from '../../secrets/store.ts'
import { MAX_ASSETS } from '../../tape/record-writer.ts'
import { TapeRecorder } from '../../tape/recorder.ts'
import { type BotState, parseBotState } from '../bot-state.ts'
import type { Desk } from '../desk-life.ts'
import { DeskLife } from '../desk-life.ts'
import type { DeskOptions } from '../desk-options.ts'
import type { DeskParts } from '../desk-parts.ts'
import { Dispatcher } from '../dispatcher.ts'
import { EmergencyStop } from '../emergency-stop.ts'
import { EventLog } from '../event-log.ts'
import { Reconciler } from '../reconciler.ts'
import { TimeKeeper } from '../time/time-keeper.ts'
import { DeskHub } from '../window/desk-hub.ts'
import { lockHome, prepareHome, readableConfig, readConfig } from './home.ts'
import { moveOldHome } from './old-home.ts'
import { leftOut, openJournal, withSlots } from './opening.ts'
import { restoreBooks } from './resume.ts'

/** One thread for the candidate and one for the live version. */
const REPLAY_THREADS = 2

/** What a desk is built from, opened and checked to fit together. */
interface Opened {
  readonly options: DeskOptions
  readonly config: Config
  readonly lock: FileLock
  readonly journal: Journal
  readonly feed: OpenFeed
  /** What the journal says of the desk at its last stop. */
  readonly saved: SavedDesk
  /** Its last snapshot; undefined without a readable one. */
  readonly snapshot: BotState | undefined
}

/** Opens home, journal and feed, puts the desk together, and brings it to where the journal left off. */
export async function openDesk(options: DeskOptions): Promise<Result<Desk>> {
  const { home } = options
  const moved = moveOldHome(home)
  if (!moved.ok) return moved
  const read = readConfig(home.config)
  if (!read.ok && options.strict) return read
  const ready = prepareHome(home)
  if (!ready.ok) return ready
  const lock = lockHome(home)
  if (!lock.ok) return lock
  const config = read.ok ? read.value : readableConfig(home.config)
  const undo: (() => Promise<void>)[] = []
  const desk = await openLocked(options, config, lock.value, read.ok ? [] : [read.error], undo).catch(
    (error: unknown) => err(`${home.database}: ${messageOf(error)}`),
  )
  if (desk.ok) return desk
  for (const step of undo.toReversed()) await step()
  lock.value.release()
  return desk
}

/**
 * @param unreadable what of config.json cannot be read; empty where it can be
 * @param undo receives what must be run, last first, if the desk does not open
 */
async function openLocked(
  options: DeskOptions,
  read: Config,
  lock: FileLock,
  unreadable: readonly string[],
  undo: (() => Promise<void>)[],
): Promise<Result<Desk>> {
  const virtual = options.speed !== undefined
  const journal = openJournal(options, virtual)
  if (!journal.ok) return journal
  undo.push(async () => void (await journal.value.close()))
  const saved = readSavedDesk(journal.value.db)
  const settings = saved.unreadable
  if (options.strict && settings.length > 0)
    return err(
      `${options.home.database}: ${settings.join('; ')} cannot be read: start "baton desk", which holds entries and names them`,
    )
  // Which slots were configured cannot be read: those that hold something are managed in any case.
  const config = unreadable.length === 0 ? read : withSlots(read, heldSlots(journal.value.db))
  const { market, feed: kind, tapes, seed, from, forMs, slots, clock } = options
  const snapshot = parseBotState(readBotState(journal.value.db))
  const resume = snapshot?.prices
  const frames = { take: (_text: string): void => {} }
  const onFrame = (text: string) => frames.take(text)
  const secrets = market === 'simulated' ? ok(null) : (options.openSecrets ?? openSecretsOf)(options.home.root)
  const stored = secrets.ok ? storedCredentials(secrets.value) : secrets
  if (!stored.ok) return err(stored.error)
  const credentials = stored.value
  const request = {
    credentials,
    market,
    kind,
    tapes,
    seed,
    virtual,
    from,
    forMs,
    slots,
    resume,
    config,
    clock,
    onFrame,
    tryAgain: options.tryAgain,
  }
  const feed = await (options.openFeed ?? openFeed)(request)
  if (!feed.ok) return feed
  undo.push(async () => feed.value.stop())
  const assets = new Set(feed.value.slots.map(({ asset }) => asset)).size
  if (config.tape.record && assets > MAX_ASSETS)
    return err(
      `${assets} assets are traded, and a tape holds at most ${MAX_ASSETS}: trade fewer, or set tape.record to false in config.json`,
    )
  const left = leftOut(journal.value, feed.value)
  if (left.length > 0)
    return err(
      `positions or orders are open in ${left.join(', ')}: keep ${left.length === 1 ? 'this slot' : 'these slots'} in --slots or config.json until they are settled`,
    )
  const desk = assemble({ options, config, lock, journal: journal.value, feed: feed.value, saved, snapshot })
  frames.take = (text) => desk.recorder?.frame(desk.now(), text)
  await desk.reconciler.start()
  holdUnreadable(desk, [...unreadable, ...settings])
  return ok(desk)
}

/** Without Electron, secrets are in a file under a passphrase of the environment. */
function openSecretsOf(folder: string): Result<SecretStore | null> {
  return openSecrets({ folder, env: process.env, os: null })
}

/** Composition root of a desk: builds every part from parts that are already complete. */
function assemble(opened: Opened): Desk {
  const { options, config, journal, feed } = opened
  const { clock, home, seed } = options
  const virtual = options.speed !== undefined
  const venue = (options.openVenue ?? openVenue)(feed, config, seed, {
    // Called only while the desk runs, after the engine exists.
    minuteAt: (asset, openTime) => {
      const [minute] = engine.state.assets.get(asset)?.candles['1m'].after(openTime - 1) ?? []
      return minute?.openTime === openTime ? minute : undefined
    },
    isReported: (asset, openTime) => engine.state.assets.get(asset)?.isReported(openTime) === true,
  })
  const engine: Engine = new Engine(
    engineConfigOf(
      config,
      feed.market,
      feed.slots,
      listingsOf(feed.slots, venue),
      venue.capabilities,
      // The same run in virtual time has the same ids in every home.
      virtual ? '' : `${readMeta(journal.db, 'home') ?? ''}-`,
    ),
  )
  const now = (): UnixMs => (!virtual ? clock.now() : engine.state.now > 0 ? engine.state.now : feed.from)
  const timeline = mergedTimeline(feed.source, venue.local)
  const gate = new Gate()
  const emergency = new EmergencyStop(home.kill, journal, gate)
  const events = new EventLog({ journal, market: engine.state.config.market, now })
  const recorder = config.tape.record ? newRecorder(opened, engine) : null
  const loop = new TradingLoop({
    engine,
    journal,
    venue,
    gate,
    clock,
    recorder,
    // Generous in virtual time: a slow machine must not end a run.
    decisionDeadlineMs: config.decisionDeadlineMs * (virtual ? 10 : 1),
    virtual,
  })
  const time = new TimeKeeper({ loop, clock, say: (level, message) => events.add(level, message, 'clock') })
  const onAlarm = (message: string) => events.add('error', message, 'venue')
  const reconciler = new Reconciler({ loop, venue, clock, now, onAlarm })
  restoreBooks({ options, config, feed, engine, loop, journal, gate, venue, now }, opened.saved, opened.snapshot)
  const [proofLab, replayLab] = [new ReplayLab(clock, REPLAY_THREADS), new ReplayLab(clock, REPLAY_THREADS)]
  const shadowLab = new ReplayLab(clock, 1)
  const books = new BooksThread(home.database, () => ({
    market: engine.state.config.market,
    live: Object.fromEntries(engine.state.live),
  }))
  // A virtual run replays its own recording alone: what earlier runs recorded must not change it. Null = all.
  const ownRecording = virtual ? (recorder?.recording ?? 'none') : null
  const deployer = new Deployer({
    loop,
    journal,
    clock,
    now,
    folder: home.strategies,
    apiFile: apiFile(),
    deadlineMs: loop.deadlineMs,
    proof: {
      lab: proofLab,
      config,
      tapeFolder: home.tape,
      recording: ownRecording,
      feed: options.feed,
      flush: async () => recorder?.flush(),
      market: feed.market,
      seed,
    },
    shadowLab,
  })
  const dispatcher = new Dispatcher({
    loop,
    gate,
    journal,
    deployer,
    clock,
    now,
    killFilePresent: () => existsSync(home.kill) || existsSync(home.killAll),
    latchKill: (reason) => emergency.writeKillFile(reason),
  })
  const shared = { options, config, feed, engine, loop, journal, deployer, dispatcher, events, books, recorder, now }
  const hub = new DeskHub({ ...shared, replayLab, ownRecording, virtual })
  feed.onReport?.(({ level, detail }) => events.add(level, detail, 'venue'))
  deployer.alarmed.on((message) => events.add('error', message, 'alarm'))
  const parts: DeskParts = {
    ...shared,
    lock: opened.lock,
    gate,
    venue,
    timeline,
    emergency,
    time,
    reconciler,
    proofLab,
    replayLab,
    shadowLab,
    hub,
    virtual,
  }
  return { ...parts, life: new DeskLife(parts) }
}

function newRecorder({ options, config, journal, feed }: Opened, engine: Engine): TapeRecorder {
  const { home, clock } = options
  const { keepHours, maxMb, rawFrames, rawMaxMb } = config.tape
  const started = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '')
  return new TapeRecorder({
    folder: home.tape,
    recording: newId(started),
    header: {
      engineBuild: engineBuild(packageRoot()),
      market: engine.state.config.market,
      feed: options.feed,
      settlement: feed.settlement,
      notices: [...feed.notices],
      config,
      ...(feed.data == null ? {} : { listings: [...engine.state.config.listings.values()] }),
    },
    caps: { keepHours, maxBytes: maxMb * 1e6 },
    rawBytes: rawFrames ? rawMaxMb * 1e6 : null,
    engine,
    clock,
    versionOf: (strategy, hash) => findVersion(journal.db, strategy, hash),
  })
}

/** I12: settings of an operator that cannot be read are named, and nothing is entered until they can be. */
function holdUnreadable(desk: Desk, unreadable: readonly string[]): void {
  if (unreadable.length === 0) return
  tightenCaps(desk.engine.state)
  const reason = `settings cannot be read: ${unreadable.join('; ')}. Put them right and restart the desk; positions are managed meanwhile`
  desk.loop.deliver({ kind: 'hold', ts: desk.now(), about: 'settings', reason: reason.slice(0, 1_000) })
  desk.loop.settle()
}
