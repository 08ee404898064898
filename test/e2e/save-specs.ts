import { expect, it } from 'vitest'
import { showsText, until } from '../support/browser.ts'
import {
  changeParameter,
  checkDesk,
  type DeskWindow,
  type HeldPosition,
  latestDeployment,
  liveVersion,
  replaceText,
  resetDesk,
  restoreStrategy,
  save,
  waitForPosition,
} from './desk-steps.ts'

/** What a save in the editor does. */
export function saveSpecs(open: () => DeskWindow): void {
  it('shows 16 slots of the simulated market with changing prices', async () => {
    const { page } = open()
    await showsText(page, 'market-badge', /^SIMULATED$/)
    await page.locator('[data-testid^="slot-"]').nth(15).waitFor()
    expect(await page.locator('[data-testid^="slot-"]').count()).toBe(16)
    const moves = () => page.locator('.slot-move').allTextContents()
    const before = await moves()
    await until('moving slots', async () => ((await moves()).join() === before.join() ? undefined : true))
  })

  it('deploys an edited strategy while a position is open, and hands the position over', async () => {
    const { page, facts } = open()
    const before = await resetDesk({ page, facts })
    const held = await waitForPosition(facts)
    const slot = page.getByTestId(`slot-${held.slot}`)
    await slot.locator('.chip').waitFor()
    expect(await slot.getAttribute('aria-label')).toMatch(/holds (Up|Down) .* owner snipe v\d+/)

    await save(page, facts, await changeParameter(page, facts))
    const after = await until('the next version live', () => {
      const live = liveVersion(facts)
      return live !== undefined && live.number > before ? live : undefined
    })
    await showsText(page, 'live-version', new RegExp(`snipe v${after.number} `))
    const steps = page.getByTestId('deployments').locator('.step.done .step-name')
    await until('four steps done', async () => ((await steps.count()) >= 4 ? true : undefined))
    expect(await steps.allTextContents()).toEqual(expect.arrayContaining(['Compile', 'Check', 'Stage', 'Swap']))
    await showsText(page, 'deployments', /save to live .* handed over/)

    const handed = facts.rows<{ from_owner: string; to_owner: string }>(
      "SELECT from_owner, to_owner FROM handoffs WHERE subject_id = ? AND reason = 'deployment' AND to_owner = ?",
      held.id,
      after.hash,
    )
    expect(handed).toHaveLength(1)
    expect(handed[0]?.from_owner).toBe(held.owned_by)
    const [now] = facts.rows<HeldPosition & { state: string }>(
      'SELECT id, slot, owned_by, state FROM positions WHERE id = ?',
      held.id,
    )
    expect(now?.owned_by).toBe(after.hash)
    // On a slow machine the position's window may be over; the slot then shows the next one.
    if (now?.state === 'open') {
      await until('the new owner on the slot', async () =>
        (await slot.getAttribute('aria-label'))?.includes(`owner snipe v${after.number} `) === true ? true : undefined,
      )
      await page.getByRole('tab', { name: 'Positions' }).click()
      const row = page.getByTestId('positions').getByRole('row').filter({ hasText: held.slot })
      expect(await row.getByRole('cell').nth(8).textContent()).toBe(`snipe v${after.number}`)
    }
    await checkDesk(facts)
  })

  it('shows file and line of an error, and keeps the old version live', async () => {
    const { page, facts } = open()
    const before = await resetDesk({ page, facts })
    await restoreStrategy(page, facts)
    const line =
      facts.home
        .strategy('snipe.ts')
        .split('\n')
        .findIndex((text) => text.includes('view.secondsLeft')) + 1
    await replaceText(page, 'view.secondsLeft', 'view.secondsGone')
    await save(page, facts, 'view.secondsGone')
    await showsText(page, 'problems', new RegExp(`snipe\\.ts:${line}:\\d+.*secondsGone`))
    await page.locator('[data-testid="editor"] .squiggly-error').first().waitFor()
    await showsText(page, 'live-version', new RegExp(`snipe v${before} `))
    expect(latestDeployment(facts)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(`snipe v${before} `),
    })

    await replaceText(page, 'view.secondsGone', 'view.secondsLeft')
    await save(page, facts, 'view.secondsLeft')
    await page.getByTestId('problems').waitFor({ state: 'detached' })
    await showsText(page, 'live-version', new RegExp(`snipe v${before} `))
  })

  it('U8: a candidate saved while deployments are frozen is proved, waits, and goes live after the freeze', async () => {
    const { page, facts } = open()
    const before = await resetDesk({ page, facts })
    await page.getByRole('button', { name: 'Freeze', exact: true }).click()
    await showsText(page, 'deploys-state', /frozen/)
    await save(page, facts, await changeParameter(page, facts))
    await showsText(page, 'waits', /Freeze.*frozen at the desk/)
    await showsText(page, 'live-version', new RegExp(`snipe v${before} `))
    await page.getByRole('button', { name: 'Unfreeze', exact: true }).click()
    await showsText(page, 'deploys-state', /open/)
    await until('the candidate live', () => ((liveVersion(facts)?.number ?? 0) > before ? true : undefined), 60_000)
  })
}
