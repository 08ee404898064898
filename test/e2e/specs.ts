import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { showsText, until } from '../support/browser.ts'
import type { DeskFacts } from '../support/desk-process.ts'

/** Strategy for the scenario: see the file. */
export const SNIPE = new URL('./fixtures/snipe.ts', import.meta.url)

/** A desk's window and the desk behind it, whichever transport is between them. */
export interface DeskWindow {
  readonly page: Page
  readonly facts: DeskFacts
}

interface Held {
  readonly id: string
  readonly slot: string
  readonly owned_by: string
}

const OWN_SLOTS = `slot NOT LIKE 'SOL-%' AND slot NOT LIKE 'XRP-%' AND opened_by IN
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

async function save(page: Page, facts: DeskFacts, expected: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+s')
  await showsText(page, 'file-state', /^saved$/)
  expect(readFileSync(join(facts.home.strategies, 'snipe.ts'), 'utf8')).toContain(expected)
}

const latest = (facts: DeskFacts) =>
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
async function killed(page: Page, facts: DeskFacts): Promise<void> {
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

/** What a trader does with a desk, in order. Every desk, however its window is connected, must pass all of it. */
export function deskScenario(open: () => DeskWindow): void {
  it('shows a simulated market with 16 moving slots', async () => {
    const { page } = open()
    await showsText(page, 'market-badge', /^SIMULATED$/)
    await page.locator('[data-testid^="slot-"]').nth(15).waitFor()
    expect(await page.locator('[data-testid^="slot-"]').count()).toBe(16)
    await showsText(page, 'trading-state', /Running/)
    const moves = () => page.locator('.slot-move').allTextContents()
    const before = await moves()
    await until('moving slots', async () => ((await moves()).join() === before.join() ? undefined : true))
  })

  it('puts an edited strategy live while a position is open, and hands the position over', async () => {
    const { page, facts } = open()
    await showsText(page, 'live-version', /snipe v1/)
    const held = await heldPosition(facts)
    const slot = page.getByTestId(`slot-${held.slot}`)
    await slot.locator('.chip').waitFor()
    expect(await slot.getAttribute('aria-label')).toMatch(/holds (Up|Down) .* owner snipe v1/)

    await typeOver(page, 'leaveSec: 20', 'leaveSec: 21')
    await save(page, facts, 'leaveSec: 21')
    await showsText(page, 'live-version', /snipe v2/, 15_000)
    const steps = page.getByTestId('deployments').locator('.step.done .step-name')
    await until('four steps done', async () => ((await steps.count()) >= 4 ? true : undefined))
    expect(await steps.allTextContents()).toEqual(expect.arrayContaining(['Compile', 'Check', 'Stage', 'Swap']))
    await showsText(page, 'deployments', /save to live .* handed over/)

    await until('the new owner on the slot', async () =>
      (await slot.getAttribute('aria-label'))?.includes('owner snipe v2') === true ? true : undefined,
    )
    await page.getByRole('tab', { name: 'Positions' }).click()
    const row = page.getByTestId('positions').getByRole('row').filter({ hasText: held.slot })
    expect(await row.getByRole('cell').nth(8).textContent()).toBe('snipe v2')
    expect(await row.getByRole('cell').nth(9).textContent()).toBe('snipe v1')

    const handed = facts.rows<{ from_owner: string; to_owner: string }>(
      "SELECT from_owner, to_owner FROM handoffs WHERE subject_id = ? AND reason = 'deployment'",
      held.id,
    )
    expect(handed).toHaveLength(1)
    expect(handed[0]?.from_owner).toBe(held.owned_by)
    const [now] = facts.rows<Held>('SELECT id, slot, owned_by FROM positions WHERE id = ?', held.id)
    expect(now?.owned_by).toBe(handed[0]?.to_owner)
    await checkTruth(facts)
  })

  it('names file and line of an error, and keeps the old version live', async () => {
    const { page, facts } = open()
    const line =
      facts.home
        .strategy('snipe.ts')
        .split('\n')
        .findIndex((text) => text.includes('view.secondsLeft')) + 1
    await typeOver(page, 'view.secondsLeft', 'view.secondsGone')
    await save(page, facts, 'view.secondsGone')
    await showsText(page, 'problems', new RegExp(`snipe\\.ts:${line}:\\d+.*secondsGone`))
    await page.locator('[data-testid="editor"] .squiggly-error').first().waitFor()
    await showsText(page, 'live-version', /snipe v2/)
    expect(latest(facts)).toMatchObject({ state: 'failed', reason: expect.stringContaining('snipe v2') })

    await typeOver(page, 'view.secondsGone', 'view.secondsLeft')
    await save(page, facts, 'view.secondsLeft')
    await page.getByTestId('problems').waitFor({ state: 'detached' })
    await showsText(page, 'live-version', /snipe v2/)
  })

  it('deploys nothing while frozen, and says why', async () => {
    const { page, facts } = open()
    await page.getByRole('button', { name: 'Freeze', exact: true }).click()
    await showsText(page, 'deploys-state', /frozen/)
    await typeOver(page, 'leaveSec: 21', 'leaveSec: 22')
    await save(page, facts, 'leaveSec: 22')
    await showsText(
      page,
      'deployments',
      /deployments are frozen: frozen at the desk; unfreeze, or reload with an override/,
    )
    await showsText(page, 'live-version', /snipe v2/)

    await page.getByRole('button', { name: 'Unfreeze', exact: true }).click()
    await showsText(page, 'deploys-state', /open/)
    await typeOver(page, 'leaveSec: 22', 'leaveSec: 23')
    await save(page, facts, 'leaveSec: 23')
    await showsText(page, 'live-version', /snipe v3/, 15_000)
  })

  it('kills by its chord, sends nothing more, and is armed again by hand', async () => {
    const { page, facts } = open()
    await page.keyboard.press('Shift+Escape')
    await killed(page, facts)
    await checkTruth(facts)
    const sent = facts.count('SELECT count(*) FROM orders')
    await rearm(page)
    await until('entries again', () => (facts.count('SELECT count(*) FROM orders') > sent ? true : undefined), 60_000)
  })

  it('rolls back to the first version from the deployments', async () => {
    const { page, facts } = open()
    const first = page.getByTestId('deployments').getByRole('button', { name: /^snipe v1 .*, start, kept/ })
    await first.click()
    await page.getByTestId('compare').getByRole('button', { name: 'Roll back to this' }).click()
    await showsText(page, 'answer', /snipe v1 .* is live again/)
    await page.getByTestId('compare').getByRole('button', { name: 'Close' }).click()
    await showsText(page, 'live-version', /snipe v1/)
    const live = facts.rows<{ label: string }>(
      "SELECT label FROM versions JOIN live ON hash = version WHERE live.strategy = 'snipe'",
    )
    expect(live[0]?.label).toMatch(/^snipe v1 /)
    await checkTruth(facts)
  })

  it('gives a version a part of slots and stake as a canary, and takes it back', async () => {
    const { page, facts } = open()
    await page.keyboard.press('ControlOrMeta+k')
    await page.getByPlaceholder('Type a command, a slot, a file or a version').fill('snipe as a canary')
    await page.keyboard.press('Enter')
    const dialog = page.getByTestId('ask')
    for (const slot of ['ETH-5m', 'SOL-5m']) await dialog.getByRole('button', { name: slot, exact: true }).click()
    await dialog.getByLabel('Percent of the stake').fill('60')
    await dialog.getByRole('button', { name: 'Start canary' }).click()
    await showsText(page, 'canary', /Trades 60 % of the stake in ETH-5m, SOL-5m/, 15_000)
    const deployments = page.getByTestId('deployments')
    await deployments.getByRole('button', { name: 'Promote' }).waitFor()
    const canaries = () => facts.rows<{ label: string }>("SELECT label FROM versions WHERE state = 'canary'")
    await showsText(page, 'versions', /canary/)
    expect(canaries().map(({ label }) => label.slice(0, 8))).toEqual(['snipe v3'])
    // Two cycles, in which both are asked.
    const { cycle } = await facts.status()
    await until('two more cycles', async () =>
      (await facts.status()).cycle.count >= cycle.count + 2 ? true : undefined,
    )
    await checkTruth(facts)
    await deployments.getByRole('button', { name: 'Dismiss' }).click()
    await showsText(page, 'answer', /is given up; what is live keeps trading/)
    expect(canaries()).toEqual([])
    await showsText(page, 'live-version', /snipe v1/)
    await checkTruth(facts)
  })
}
