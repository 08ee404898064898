import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import type { DeskSnapshot } from '../../shared/ipc/desk-view.ts'
import type { BrowserServices } from './browser-services.ts'
import { type ClockStore, deskTime } from './clock-store.ts'
import { applyPushes, applySnapshot, type DeskState, type DeskStore } from './desk-store.ts'
import { createBatcher } from './frame.ts'
import { backoffMs, SocketDeskClient } from './socket-client.ts'

/** Silence after which a connected desk counts as stale: more than two cycles. */
const STALE_AFTER_MS = 12_000
const CLOCK_PERIOD_MS = 250

interface ConnectionParts {
  readonly client: DeskClient
  readonly browser: BrowserServices
  readonly store: DeskStore
  readonly clock: ClockStore
  /** Called once a snapshot is in the store. */
  readonly onSnapshot: (snapshot: DeskSnapshot) => void
  /** Called once per frame, after its pushes were merged into the store. */
  readonly onPushes: (pushes: readonly DeskPush[], before: DeskState, after: DeskState) => void
}

/** Keeps the desk's store and clock up to date: a snapshot at every connection, then pushes. */
export class DeskConnection {
  private readonly parts: ConnectionParts
  private lastPushAt: number
  private statusReceivedAt: number
  private failedSnapshots = 0
  private connectedBefore = false

  constructor(parts: ConnectionParts) {
    this.parts = parts
    this.lastPushAt = parts.browser.monotonic()
    this.statusReceivedAt = this.lastPushAt
  }

  /** Subscribes for as long as the page lives. */
  start(): void {
    const { client, browser, store } = this.parts
    const receive = createBatcher<DeskPush>(browser.schedule, (pushes) => this.merge(pushes))
    client.onPush((push) => {
      this.lastPushAt = browser.monotonic()
      if (push.kind === 'status') this.statusReceivedAt = this.lastPushAt
      receive(push)
    })
    client.onConnection((state) => {
      if (state === 'connected') {
        if (this.connectedBefore) store.setState({ connection: 'connecting' })
        this.connectedBefore = true
        this.fetchSnapshot()
      } else if (store.getState().connection !== 'signed-out') store.setState({ connection: state })
    })
    if (client instanceof SocketDeskClient) client.onSignedOut(() => store.setState({ connection: 'signed-out' }))
    browser.every(CLOCK_PERIOD_MS, () => {
      this.updateClock()
      const silentMs = browser.monotonic() - this.lastPushAt
      if (store.getState().connection === 'connected' && silentMs > STALE_AFTER_MS) {
        store.setState({ connection: 'stale' })
      }
    })
  }

  private fetchSnapshot(): void {
    const { client, browser, store, onSnapshot } = this.parts
    client.call('desk.snapshot', {}).then(
      (snapshot) => {
        this.failedSnapshots = 0
        this.lastPushAt = browser.monotonic()
        this.statusReceivedAt = this.lastPushAt
        store.setState((state) => applySnapshot(state, snapshot), true)
        this.updateClock()
        onSnapshot(snapshot)
      },
      () => {
        if (store.getState().connection === 'signed-out') return
        store.setState({ connection: 'lost' })
        browser.after(backoffMs(this.failedSnapshots), () => this.fetchSnapshot())
        this.failedSnapshots += 1
      },
    )
  }

  private merge(pushes: readonly DeskPush[]): void {
    const { store, onPushes } = this.parts
    const before = store.getState()
    // Before the first snapshot there are no rows to merge a push into.
    if (before.snapshots === 0) return
    store.setState((state) => applyPushes(state, pushes), true)
    onPushes(pushes, before, store.getState())
    this.updateClock()
  }

  private updateClock(): void {
    const { browser, store, clock } = this.parts
    const { status } = store.getState()
    if (status === null) return
    const now = deskTime(status, browser.monotonic() - this.statusReceivedAt, clock.getState().now)
    if (now !== clock.getState().now) clock.setState({ now })
  }
}
