import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { DeskBridge } from '../../src/shared/ipc/connection.ts'
import { showsText, until } from '../support/browser.ts'
import type { DeskFacts } from '../support/desk-process.ts'

declare global {
  /** Exposed by the preload script; absent in a browser. */
  var baton: DeskBridge | undefined
}

/** Strategy of the end-to-end tests. */
export const SNIPE = new URL('./fixtures/snipe.ts', import.meta.url)

/** A window and its desk, over either transport. */
export interface DeskWindow {
  readonly page: Page
  readonly facts: DeskFacts
}

/** Sends a command the way the window does, over either transport. */
export async function sendCommand(
  page: Page,
  input: { readonly kind: string; readonly [field: string]: unknown },
): Promise<void> {
  const answer = await page.evaluate(async ({ kind, ...body }) => {
    const bridge = globalThis.baton
    if (bridge !== undefined) return JSON.stringify(await bridge.call('desk.command', { kind, ...body }))
    const headers = { 'content-type': 'application/json' }
    const reply = await fetch(`/api/control/${kind}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return reply.text()
  }, input)
  expect(answer).toContain('"outcome":')
}

/**
 * Restores the start state of a test: no dialog open, trading and deployments not blocked, a version of snipe live.
 * @returns number of that version
 */
export async function resetDesk({ page, facts }: DeskWindow): Promise<number> {
  for (let i = 0; i < 3; i++) await page.keyboard.press('Escape')
  const status = await facts.status()
  if (status.trading === 'killed') await sendCommand(page, { kind: 'rearm', confirm: 'REARM', reason: 'the next test' })
  if (status.trading === 'paused') await sendCommand(page, { kind: 'resume' })
  if (status.deploys === 'frozen') await sendCommand(page, { kind: 'unfreeze', reason: 'the next test' })
  const number = await until('a live version of snipe', () => liveVersion(facts)?.number, 60_000)
  await showsText(page, 'trading-state', /Running/)
  await showsText(page, 'deploys-state', /open/)
  return number
}

export function liveVersion(facts: DeskFacts): { number: number; hash: string } | undefined {
  return facts.rows<{ number: number; hash: string }>(
    "SELECT number, hash FROM versions JOIN live ON hash = version WHERE live.strategy = 'snipe' AND state = 'live'",
  )[0]
}

/** Changes a parameter of the strategy in the editor to a new value. @returns the changed text */
export async function changeParameter(page: Page, facts: DeskFacts): Promise<string> {
  await restoreStrategy(page, facts)
  const [found = '', value = '0'] = /leaveSec: (\d+)/.exec(facts.home.strategy('snipe.ts')) ?? []
  const text = `leaveSec: ${Number(value) + 1}`
  await replaceText(page, found, text)
  return text
}

/** Removes unsaved text and errors that an earlier test left in the strategy; keeps its parameter. */
export async function restoreStrategy(page: Page, facts: DeskFacts): Promise<void> {
  const onDisk = facts.home.strategy('snipe.ts')
  const [parameter = 'leaveSec: 20'] = /leaveSec: \d+/.exec(onDisk) ?? []
  const sound = readFileSync(SNIPE, 'utf8').replace('leaveSec: 20', parameter)
  await page.getByRole('tab', { name: 'Editor' }).click()
  await page.getByTestId('file-snipe.ts').click()
  const dirty = /not saved|changed on disk/.test((await page.getByTestId('file-state').textContent()) ?? '')
  if (!dirty && onDisk === sound) return
  const keep = page.getByTestId('conflict').getByRole('button', { name: 'Keep my text' })
  if (await keep.isVisible()) await keep.click()
  await page.locator('[data-testid="editor"] .monaco-editor').first().click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(sound)
  await page.keyboard.press('ControlOrMeta+s')
  await showsText(page, 'file-state', /^saved$/)
  await until('the restored text on disk', () => (facts.home.strategy('snipe.ts') === sound ? true : undefined))
}

export interface HeldPosition {
  readonly id: string
  readonly slot: string
  readonly owned_by: string
}

export const OWN_SLOTS = `slot NOT LIKE 'SOL-%' AND slot NOT LIKE 'XRP-%' AND opened_by IN
  (SELECT hash FROM versions WHERE strategy = 'snipe')`

/** Waits for an open position of snipe whose window ends in `leftMs` or later. */
export async function waitForPosition(facts: DeskFacts, leftMs = 40_000): Promise<HeldPosition> {
  const sql = `SELECT id, slot, owned_by FROM positions WHERE state = 'open' AND ${OWN_SLOTS} AND window_end > ?
    ORDER BY window_end DESC LIMIT 1`
  return until('an open position of snipe', () => facts.rows<HeldPosition>(sql, Date.now() + leftMs)[0], 75_000)
}

/** Finds text with the editor's search and replaces it by typing. */
export async function replaceText(page: Page, find: string, text: string): Promise<void> {
  await page.getByRole('tab', { name: 'Editor' }).click()
  await page.getByTestId('file-snipe.ts').click()
  await page.locator('[data-testid="editor"] .monaco-editor').first().click()
  await page.keyboard.press('ControlOrMeta+Home')
  await page.keyboard.press('ControlOrMeta+f')
  const box = page.locator('.find-widget.visible textarea').first()
  await box.waitFor()
  await box.fill(find)
  await page.locator('.find-widget .matchesCount', { hasText: 'of 1' }).waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.keyboard.type(text, { delay: 5 })
  // Closes the list of suggestions, if it has opened.
  await page.keyboard.press('Escape')
  await showsText(page, 'file-state', /not saved/)
}

export async function save(page: Page, facts: DeskFacts, expected: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+s')
  await showsText(page, 'file-state', /^saved$/)
  expect(readFileSync(join(facts.home.strategies, 'snipe.ts'), 'utf8')).toContain(expected)
}

export const latestDeployment = (facts: DeskFacts) =>
  facts.rows<{ state: string; reason: string | null }>('SELECT state, reason FROM deployments ORDER BY rowid DESC')[0]

/** Checks I1 in the journal: every owner follows from the opener and the handoffs of a position. */
export function checkOwners(facts: DeskFacts): void {
  type Row = { id: string; opened_by: string; owned_by: string; chain: string; begins: string }
  type Step = { from_owner: string; to_owner: string }
  // One statement, because the desk writes at the same time.
  const positions = facts.rows<Row>(`SELECT id, opened_by, owned_by, (SELECT json_group_array(json_object(
    'from_owner', from_owner, 'to_owner', to_owner)) FROM (SELECT * FROM handoffs WHERE subject = 'position'
    AND subject_id = positions.id ORDER BY seq)) AS chain, (SELECT json_group_array(to_owner) FROM handoffs
    WHERE subject = 'order' AND subject_id IN (SELECT order_id FROM fills WHERE position_id = positions.id)) AS begins
    FROM positions`)
  for (const position of positions) {
    const chain: readonly Step[] = JSON.parse(position.chain)
    // A position is opened for the owner of its order, which may have changed while the order was open.
    const first = chain[0]?.from_owner ?? position.owned_by
    expect(
      [position.opened_by, ...JSON.parse(position.begins)],
      `${position.id} begins with its order's owner`,
    ).toContain(first)
    let owner = first
    for (const step of chain) {
      expect(step.from_owner, `${position.id} is handed over by its owner`).toBe(owner)
      owner = step.to_owner
    }
    expect(position.owned_by, `${position.id} is owned by the last it was handed to`).toBe(owner)
  }
}

/** Checks that no cycle was missed, the ledger balances, no order is in state `unknown`, and owners are right. */
export async function checkDesk(facts: DeskFacts): Promise<void> {
  const status = await facts.status()
  expect(status.cycle.missed).toBe(0)
  expect(status.ledgerBalanced).toBe(true)
  expect(facts.count("SELECT count(*) FROM orders WHERE state = 'unknown'")).toBe(0)
  checkOwners(facts)
}

/** Expects a killed desk that sends no order for two cycles, although some slots would trade in every cycle. */
export async function expectKilled(page: Page, facts: DeskFacts): Promise<void> {
  await showsText(page, 'trading-state', /Killed/)
  await page.getByTestId('killed-band').waitFor()
  const { cycle } = await until('the kill in the API', async () => {
    const status = await facts.status()
    return status.trading === 'killed' ? status : undefined
  })
  const sent = facts.count('SELECT count(*) FROM orders')
  await until('two more cycles', async () => ((await facts.status()).cycle.count >= cycle.count + 2 ? true : undefined))
  expect(facts.count('SELECT count(*) FROM orders')).toBe(sent)
}

/** Re-arms a killed desk in its dialog. */
export async function rearm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Re-arm…' }).click()
  const dialog = page.getByTestId('ask')
  await dialog.getByLabel('Type REARM').fill('REARM')
  await dialog.getByLabel('Reason').fill('the test is done with it')
  await page.keyboard.press('Enter')
  await showsText(page, 'trading-state', /Running/)
  await page.getByTestId('killed-band').waitFor({ state: 'detached' })
}

/** Types a query into the palette and presses Enter. */
export async function runPaletteCommand(page: Page, query: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Type a command, a slot, a file or a version').fill(query)
  await page.locator('[cmdk-item][data-selected="true"]').waitFor()
  await page.keyboard.press('Enter')
}
