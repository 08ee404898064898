import { readdirSync } from 'node:fs'
import { compileStrategy, versionHash } from './compile.ts'
import type { TradingPort } from './trading-port.ts'

export interface FolderParts {
  readonly folder: string
  /** Declaration of the module `baton`. */
  readonly apiFile: string
  readonly loop: Pick<TradingPort, 'engine'>
}

/** The strategies folder as deployments see it. */
export class StrategyFolder {
  private readonly parts: FolderParts

  constructor(parts: FolderParts) {
    this.parts = parts
  }

  /** Strategies with a file in the folder and at least one slot. */
  available(): string[] {
    const traded = new Set([...this.parts.loop.engine.state.slots.values()].map((slot) => slot.strategy))
    return this.files().filter((name) => traded.has(name))
  }

  /** Names of the files in the strategies folder, helpers included. */
  files(): string[] {
    return readdirSync(this.parts.folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => name.slice(0, -3))
      .toSorted()
  }

  /** Hash of the version that a strategy's files would build now; undefined if they do not compile. */
  async hashOfFiles(strategy: string): Promise<string | undefined> {
    const compiled = await compileStrategy(this.parts.folder, strategy, this.parts.apiFile)
    return compiled.ok ? versionHash(compiled.value.bundle) : undefined
  }
}
