import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { showsText, until } from '../support/browser.ts'
import {
  changeParameter,
  checkDesk,
  type DeskWindow,
  liveVersion,
  resetDesk,
  restoreStrategy,
  runPaletteCommand,
  save,
  sendCommand,
} from './desk-steps.ts'

/** Rollback, canary and faults. */
export function recoverySpecs(open: () => DeskWindow): void {
  it('U2: rolls back to a kept version from the list of deployments', async () => {
    const { page, facts } = open()
    const before = await resetDesk({ page, facts })
    if (
      facts.count("SELECT count(*) FROM versions WHERE strategy = 'snipe' AND number > 1 AND state <> 'candidate'") ===
      0
    ) {
      await save(page, facts, await changeParameter(page, facts))
      await until('another version', () => ((liveVersion(facts)?.number ?? 0) > before ? true : undefined), 60_000)
    }
    const first = page.getByTestId('deployments').getByRole('button', { name: /^snipe v1 .*, start, kept/ })
    await first.click()
    const back = page.getByTestId('compare').getByRole('button', { name: 'Roll back to this' })
    await back.waitFor()
    if (liveVersion(facts)?.number !== 1) {
      await back.click()
      await showsText(page, 'answer', /snipe v1 .* is live again/)
    }
    await page.getByTestId('compare').getByRole('button', { name: 'Close' }).click()
    await showsText(page, 'live-version', /snipe v1 /)
    expect(liveVersion(facts)?.number).toBe(1)
    await checkDesk(facts)
  })

  it('starts a canary with some slots and a part of the stake, and dismisses it', async () => {
    const { page, facts } = open()
    const before = await resetDesk({ page, facts })
    await sendCommand(page, { kind: 'freeze', reason: 'a candidate for the canary' })
    await save(page, facts, await changeParameter(page, facts))
    await showsText(page, 'waits', /Freeze/)
    await sendCommand(page, { kind: 'unfreeze', reason: 'the canary' })
    await until('the candidate live', () => ((liveVersion(facts)?.number ?? 0) > before ? true : undefined), 60_000)
    await sendCommand(page, { kind: 'rollback', strategy: 'snipe' })
    const live = await until('the previous version', () =>
      liveVersion(facts)?.number !== undefined && (liveVersion(facts)?.number ?? 0) <= before
        ? liveVersion(facts)
        : undefined,
    )
    await runPaletteCommand(page, 'reload snipe as a canary')
    const dialog = page.getByTestId('ask')
    for (const slot of ['ETH-5m', 'SOL-5m']) await dialog.getByRole('button', { name: slot, exact: true }).click()
    await dialog.getByLabel('Percent of the stake').fill('60')
    await dialog.getByRole('button', { name: 'Start canary' }).click()
    await showsText(page, 'canary', /Trades 60 % of the stake in ETH-5m, SOL-5m/)
    const deployments = page.getByTestId('deployments')
    await deployments.getByRole('button', { name: 'Promote' }).waitFor()
    const canaries = () => facts.rows<{ label: string }>("SELECT label FROM versions WHERE state = 'canary'")
    await showsText(page, 'versions', /canary/)
    expect(canaries()).toHaveLength(1)
    // Two cycles, in which both versions are evaluated.
    const { cycle } = await facts.status()
    await until('two more cycles', async () =>
      (await facts.status()).cycle.count >= cycle.count + 2 ? true : undefined,
    )
    await checkDesk(facts)
    await deployments.getByRole('button', { name: 'Dismiss' }).click()
    await showsText(page, 'answer', /is given up; what is live keeps trading/)
    expect(canaries()).toEqual([])
    expect(liveVersion(facts)).toEqual(live)
    await checkDesk(facts)
  })

  it('U10: faulted slots are shown as an outage, and U3: a rollback takes one click', async () => {
    const { page, facts } = open()
    const before = await resetDesk({ page, facts })
    // Passes every check, and throws after some cycles live.
    const path = join(facts.home.strategies, 'snipe.ts')
    await restoreStrategy(page, facts)
    const sound = readFileSync(path, 'utf8')
    const faulty = sound
      .replace(
        /initialState: \(\) => \(\{ entries: 0.*\}\),/,
        'initialState: () => ({ entries: 0, asked: 0 }), migrate: () => ({ entries: 0, asked: 0 }),',
      )
      .replace(
        'decide: (view, state, params) => {',
        "decide: (view, state, params) => {\n    if (state.asked > 0) throw new Error('planted')",
      )
      .replaceAll(
        'const hold = (why: string) => ({ state, why })',
        'const hold = (why: string) => ({ state: { ...state, asked: state.asked + 1 }, why })',
      )
      .replace('state: { entries }', 'state: { entries, asked: state.asked + 1 }')
      .replace(
        "return { state, intents: [{ kind: 'exit'",
        "return { state: { ...state, asked: state.asked + 1 }, intents: [{ kind: 'exit'",
      )
    writeFileSync(path, faulty)
    try {
      await showsText(page, 'trading-state', /slots faulted/, 60_000)
      await showsText(page, 'outage', /stopped by a fault: snipe\.ts:\d+:\d+ planted/)
      const status = await facts.status()
      expect(status.outages).toEqual([expect.objectContaining({ kind: 'faulted', strategy: 'snipe' })])
      const file = JSON.parse(readFileSync(join(facts.home.folder, 'simulated', 'status.json'), 'utf8'))
      expect(file.outages).toEqual([expect.objectContaining({ kind: 'faulted', slots: expect.any(Array) })])
      expect(await page.title()).toMatch(/faulted · Baton/)
      await page
        .getByTestId('outage')
        .getByRole('button', { name: /^Roll back to v\d+$/ })
        .click()
      await showsText(page, 'trading-state', /Running/)
    } finally {
      writeFileSync(path, sound)
    }
    expect(liveVersion(facts)?.number).toBeLessThanOrEqual(before)
  })
}
