import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CommandInput } from '../../shared/domain/commands.ts'

export const TABS = ['editor', 'replay', 'positions', 'orders', 'trades', 'log', 'attribution', 'differences'] as const
export type Tab = (typeof TABS)[number]

/** A dialog that asks for words before a command goes out. */
export type DialogRequest =
  | { readonly kind: 'rearm' }
  | { readonly kind: 'assign'; readonly strategy: string }
  | {
      readonly kind: 'reason'
      readonly title: string
      readonly explain: string
      readonly action: string
      readonly command: (reason: string) => CommandInput
    }
  | {
      readonly kind: 'canary'
      readonly title: string
      readonly explain: string
      readonly strategy: string
      readonly command: (part: CanaryPart) => CommandInput
    }

/** What a canary is to get; slots that are not named are the desk's choice. */
export interface CanaryPart {
  readonly as: 'canary'
  readonly slots?: string[]
  readonly stakePercent: number
}

/** The desk's answer to what was just asked of it. */
export interface Toast {
  readonly id: number
  readonly tone: 'done' | 'refused' | 'failed'
  readonly text: string
  /** Takes back what was done; absent where nothing does. */
  readonly undo?: CommandInput | undefined
}

/** A stored version's source, held against the files as they are now. */
export interface Compare {
  readonly hash: string
  readonly label: string
  readonly strategy: string
}

export interface UiState {
  readonly tab: Tab
  readonly paletteOpen: boolean
  readonly aboutOpen: boolean
  readonly ask: DialogRequest | null
  readonly notice: Toast | null
  readonly compare: Compare | null
  /** Keys that are one letter act, where the focus is on the top bar or the slots. */
  readonly singleKeys: boolean
  /** Grows when a version has got another colour. */
  readonly colours: number
  /** Names of the commands used lately, newest first. */
  readonly recentCommands: readonly string[]
  /** Deployment shown in full; null = the latest. */
  readonly deployment: string | null
}

export type UiStore = StoreApi<UiState>

export function createUiStore(singleKeys: boolean): UiStore {
  return createStore<UiState>(() => ({
    singleKeys,
    colours: 0,
    recentCommands: [],
    tab: 'editor',
    paletteOpen: false,
    aboutOpen: false,
    ask: null,
    notice: null,
    compare: null,
    deployment: null,
  }))
}
