import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Clock } from '../../shared/domain/feed.ts'
import { sha256 } from '../platform/system.ts'
import type { Deployer } from './deployer.ts'

export interface WatcherParts {
  readonly folder: string
  readonly deployer: Deployer
  readonly clock: Clock
  /** Hash of the live version of a strategy. */
  readonly liveHash: (strategy: string) => string | undefined
  /** False: a save only builds a candidate. */
  readonly deployOnSave: () => boolean
  readonly onFile: (path: string) => void
  readonly onCandidate: (strategy: string) => void
}

/** Watches the strategies folder, whichever editor wrote to it, and deploys the strategies that a save changes. */
export class StrategyWatcher {
  private readonly parts: WatcherParts
  private readonly seen = new Map<string, string>()
  private watcher: FSWatcher | undefined

  constructor(parts: WatcherParts) {
    this.parts = parts
  }

  /** Resolves when the folder is watched; files already there do not count as changes. */
  async start(): Promise<void> {
    const { folder } = this.parts
    const watcher = watch(folder, {
      ignored: (path, stats) => stats?.isFile() === true && !path.endsWith('.ts'),
      awaitWriteFinish: { stabilityThreshold: 60, pollInterval: 20 },
      atomic: 50,
    })
    this.watcher = watcher
    const path = (full: string) => relative(folder, full).split(sep).join('/')
    watcher.on('add', (full) => this.notice(path(full), 'other'))
    watcher.on('change', (full) => this.notice(path(full), 'other'))
    await new Promise<void>((resolve) => watcher.once('ready', resolve))
  }

  /** Records a file's current hash, so that the watcher does not take it for a save. */
  remember(path: string, hash: string): void {
    this.seen.set(path, hash)
  }

  /** Handles a written file. The same text is handled once, even if several sources report it. */
  notice(path: string, by: 'desk' | 'other'): void {
    let hash: string
    try {
      hash = sha256(readFileSync(`${this.parts.folder}/${path}`, 'utf8'))
    } catch {
      return
    }
    if (this.seen.get(path) === hash) return
    this.seen.set(path, hash)
    this.parts.onFile(path)
    void this.deployWhatChanged(path, by === 'desk' ? 'the editor' : 'a file change')
  }

  private async deployWhatChanged(path: string, by: string): Promise<void> {
    const { deployer, clock, liveHash, deployOnSave, onCandidate } = this.parts
    const noticedAt = clock.monotonic()
    for (const strategy of deployer.strategies.available()) {
      const own = path === `${strategy}.ts`
      // A helper file affects every strategy whose bundle it changes or breaks.
      if (!own && (await deployer.strategies.hashOfFiles(strategy)) === liveHash(strategy)) continue
      const hold = !deployOnSave()
      if (hold) onCandidate(strategy)
      void deployer.deploy({ strategy, trigger: 'save', by, noticedAt, hold }).catch(() => {})
    }
  }

  async stop(): Promise<void> {
    await this.watcher?.close()
  }
}
