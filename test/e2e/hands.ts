import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { showsText, until } from '../support/browser.ts'
import type { DeskFacts } from '../support/desk-process.ts'

/** Strategy for the scenario: see the file. */
export const SNIPE = new URL('./fixtures/snipe.ts', import.meta.url)

/** A desk's window and the desk behind it, whichever transport is between them. */
export interface DeskWindow {
  readonly page: Page
  readonly facts: DeskFacts
}

/** A command as the desk's own window gives it, whichever transport is behind it. */
export async function command(page: Page, input: object): Promise<void> {
  const answer = await page.evaluate(async (given) => {
    const { kind, ...body } = given as { kind: string }
    const bridge = (globalThis as { baton?: { call(name: string, input: unknown): Promise<unknown> } }).baton
    if (bridge !== undefined) return JSON.stringify(await bridge.call('desk.command', given))
    const headers = { 'content-type': 'application/json' }
    const reply = await fetch(`/api/control/${kind}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return reply.text()
  }, input)
  expect(answer).toContain('"outcome":')
}

/**
 * Brings window and desk to where every spec begins, whatever the one before left: nothing open, nothing held back, and a
 * version of snipe live.
 * @returns number of that version
 */
export async function ready({ page, facts }: DeskWindow): Promise<number> {
  for (let i = 0; i < 3; i++) await page.keyboard.press('Escape')
  const status = await facts.status()
  if (status.trading === 'killed') await command(page, { kind: 'rearm', confirm: 'REARM', reason: 'the next test' })
  if (status.trading === 'paused') await command(page, { kind: 'resume' })
  if (status.deploys === 'frozen') await command(page, { kind: 'unfreeze', reason: 'the next test' })
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

/** Changes one figure of the strategy to one that no version had. @returns the text as it is then */
export async function newFigure(page: Page, facts: DeskFacts): Promise<string> {
  await healed(page, facts)
  const [found = '', figure = '0'] = /leaveSec: (\d+)/.exec(facts.home.strategy('snipe.ts')) ?? []
  const text = `leaveSec: ${Number(figure) + 1}`
  await typeOver(page, found, text)
  return text
}

/** A spec before may have left other text in the editor, or an error on disk: both go. */
export async function healed(page: Page, facts: DeskFacts): Promise<void> {
  const onDisk = facts.home.strategy('snipe.ts')
  const [figure = 'leaveSec: 20'] = /leaveSec: \d+/.exec(onDisk) ?? []
  const sound = readFileSync(SNIPE, 'utf8').replace('leaveSec: 20', figure)
  await page.getByRole('tab', { name: 'Editor' }).click()
  await page.getByTestId('file-snipe.ts').click()
  const dirty = /not saved|changed on disk/.test((await page.getByTestId('file-state').textContent()) ?? '')
  if (!dirty && onDisk === sound) return
  const mine = page.getByTestId('conflict').getByRole('button', { name: 'Keep mine' })
  if (await mine.isVisible()) await mine.click()
  await page.locator('[data-testid="editor"] .monaco-editor .view-lines').first().click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(sound)
  await page.keyboard.press('ControlOrMeta+s')
  await showsText(page, 'file-state', /^saved$/)
  await until('the sound text on disk', () => (facts.home.strategy('snipe.ts') === sound ? true : undefined))
}

export interface Held {
  readonly id: string
  readonly slot: string
  readonly owned_by: string
}

export const OWN_SLOTS = `slot NOT LIKE 'SOL-%' AND slot NOT LIKE 'XRP-%' AND opened_by IN
  (SELECT hash FROM versions WHERE strategy = 'snipe')`

/** An open position of snipe with time enough to look at it. */
export async function heldPosition(facts: DeskFacts, leftMs = 40_000): Promise<Held> {
  const sql = `SELECT id, slot, owned_by FROM positions WHERE state = 'open' AND ${OWN_SLOTS} AND window_end > ?
    ORDER BY window_end DESC LIMIT 1`
  return until('an open position of snipe', () => facts.rows<Held>(sql, Date.now() + leftMs)[0], 75_000)
}

/** Finds text in the editor the way a person does, and types over it. */
export async function typeOver(page: Page, find: string, text: string): Promise<void> {
  await page.getByRole('tab', { name: 'Editor' }).click()
  await page.getByTestId('file-snipe.ts').click()
  await page.locator('[data-testid="editor"] .monaco-editor .view-lines').first().click()
  await page.keyboard.press('ControlOrMeta+Home')
  await page.keyboard.press('ControlOrMeta+f')
  const box = page.locator('.find-widget.visible textarea').first()
  await box.waitFor()
  await box.fill(find)
  await page.locator('.find-widget .matchesCount', { hasText: 'of 1' }).waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.keyboard.type(text, { delay: 5 })
  // Ends the list of suggestions, should one have opened.
  await page.keyboard.press('Escape')
  await showsText(page, 'file-state', /not saved/)
}

export async function save(page: Page, facts: DeskFacts, expected: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+s')
  await showsText(page, 'file-state', /^saved$/)
  expect(readFileSync(join(facts.home.strategies, 'snipe.ts'), 'utf8')).toContain(expected)
}

export const latest = (facts: DeskFacts) =>
  facts.rows<{ state: string; reason: string | null }>('SELECT state, reason FROM deployments ORDER BY rowid DESC')[0]

/** I1 from the journal alone: every owner follows from who opened it and the chain of its handoffs. */
export function checkOwners(facts: DeskFacts): void {
  type Row = { id: string; opened_by: string; owned_by: string; chain: string; begins: string }
  type Step = { from_owner: string; to_owner: string }
  // One statement: the desk goes on writing meanwhile.
  const positions = facts.rows<Row>(`SELECT id, opened_by, owned_by, (SELECT json_group_array(json_object(
    'from_owner', from_owner, 'to_owner', to_owner)) FROM (SELECT * FROM handoffs WHERE subject = 'position'
    AND subject_id = positions.id ORDER BY seq)) AS chain, (SELECT json_group_array(to_owner) FROM handoffs
    WHERE subject = 'order' AND subject_id IN (SELECT order_id FROM fills WHERE position_id = positions.id)) AS begins
    FROM positions`)
  for (const position of positions) {
    const chain = JSON.parse(position.chain) as Step[]
    // An order that was handed over on its way opens a position of the one that owned it then.
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

/** The desk is whole: no cycle was lost, the money adds up, no order is of unknown fate. */
export async function checkTruth(facts: DeskFacts): Promise<void> {
  const status = await facts.status()
  expect(status.cycle.missed).toBe(0)
  expect(status.ledgerBalanced).toBe(true)
  expect(facts.count("SELECT count(*) FROM orders WHERE state = 'unknown'")).toBe(0)
  checkOwners(facts)
}

/** Kills, and sees for two cycles that nothing leaves any more, though some slots would trade every cycle. */
export async function killed(page: Page, facts: DeskFacts): Promise<void> {
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

/** Arms a killed desk again, through its dialog. */
export async function rearm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Re-arm…' }).click()
  const dialog = page.getByTestId('ask')
  await dialog.getByLabel('Type REARM').fill('REARM')
  await dialog.getByLabel('Reason').fill('the test is done with it')
  await page.keyboard.press('Enter')
  await showsText(page, 'trading-state', /Running/)
  await page.getByTestId('killed-band').waitFor({ state: 'detached' })
}

/** Types words into the palette, and Enter. */
export async function choose(page: Page, words: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Type a command, a slot, a file or a version').fill(words)
  await page.locator('[cmdk-item][data-selected="true"]').waitFor()
  await page.keyboard.press('Enter')
}
