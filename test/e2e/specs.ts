import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { showsText, until } from '../support/browser.ts'
import {
  checkTruth,
  choose,
  command,
  type DeskWindow,
  type Held,
  healed,
  heldPosition,
  killed,
  latest,
  liveVersion,
  newFigure,
  ready,
  rearm,
  save,
  typeOver,
} from './hands.ts'

/** What a trader does with a desk. Every desk, however its window is connected, must pass all of it; each stands by itself. */
export function deskScenario(open: () => DeskWindow): void {
  it('shows a simulated market with 16 moving slots', async () => {
    const { page } = open()
    await showsText(page, 'market-badge', /^SIMULATED$/)
    await page.locator('[data-testid^="slot-"]').nth(15).waitFor()
    expect(await page.locator('[data-testid^="slot-"]').count()).toBe(16)
    const moves = () => page.locator('.slot-move').allTextContents()
    const before = await moves()
    await until('moving slots', async () => ((await moves()).join() === before.join() ? undefined : true))
  })

  it('puts an edited strategy live while a position is open, and hands the position over', async () => {
    const { page, facts } = open()
    const before = await ready({ page, facts })
    const held = await heldPosition(facts)
    const slot = page.getByTestId(`slot-${held.slot}`)
    await slot.locator('.chip').waitFor()
    expect(await slot.getAttribute('aria-label')).toMatch(/holds (Up|Down) .* owner snipe v\d+/)

    await save(page, facts, await newFigure(page, facts))
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
    const [now] = facts.rows<Held & { state: string }>(
      'SELECT id, slot, owned_by, state FROM positions WHERE id = ?',
      held.id,
    )
    expect(now?.owned_by).toBe(after.hash)
    // On a slow machine its window may be over by now; the window then shows the next one.
    if (now?.state === 'open') {
      await until('the new owner on the slot', async () =>
        (await slot.getAttribute('aria-label'))?.includes(`owner snipe v${after.number} `) === true ? true : undefined,
      )
      await page.getByRole('tab', { name: 'Positions' }).click()
      const row = page.getByTestId('positions').getByRole('row').filter({ hasText: held.slot })
      expect(await row.getByRole('cell').nth(8).textContent()).toBe(`snipe v${after.number}`)
    }
    await checkTruth(facts)
  })

  it('names file and line of an error, and keeps the old version live', async () => {
    const { page, facts } = open()
    const before = await ready({ page, facts })
    await healed(page, facts)
    const line =
      facts.home
        .strategy('snipe.ts')
        .split('\n')
        .findIndex((text) => text.includes('view.secondsLeft')) + 1
    await typeOver(page, 'view.secondsLeft', 'view.secondsGone')
    await save(page, facts, 'view.secondsGone')
    await showsText(page, 'problems', new RegExp(`snipe\\.ts:${line}:\\d+.*secondsGone`))
    await page.locator('[data-testid="editor"] .squiggly-error').first().waitFor()
    await showsText(page, 'live-version', new RegExp(`snipe v${before} `))
    expect(latest(facts)).toMatchObject({ state: 'failed', reason: expect.stringContaining(`snipe v${before} `) })

    await typeOver(page, 'view.secondsGone', 'view.secondsLeft')
    await save(page, facts, 'view.secondsLeft')
    await page.getByTestId('problems').waitFor({ state: 'detached' })
    await showsText(page, 'live-version', new RegExp(`snipe v${before} `))
  })

  it('U8: a candidate that is saved while deployments are frozen is proved and waits, and goes live once they are open', async () => {
    const { page, facts } = open()
    const before = await ready({ page, facts })
    await page.getByRole('button', { name: 'Freeze', exact: true }).click()
    await showsText(page, 'deploys-state', /frozen/)
    await save(page, facts, await newFigure(page, facts))
    await showsText(page, 'waits', /Freeze.*frozen at the desk/)
    await showsText(page, 'live-version', new RegExp(`snipe v${before} `))
    await page.getByRole('button', { name: 'Unfreeze', exact: true }).click()
    await showsText(page, 'deploys-state', /open/)
    await until('the candidate live', () => ((liveVersion(facts)?.number ?? 0) > before ? true : undefined), 60_000)
  })

  it('kills by its chord, sends nothing more, and is armed again by hand', async () => {
    const { page, facts } = open()
    await ready({ page, facts })
    await page.keyboard.press('Shift+Escape')
    await killed(page, facts)
    await checkTruth(facts)
    const sent = facts.count('SELECT count(*) FROM orders')
    await rearm(page)
    // Late in their windows all that trade all the time can be as good as decided for up to two minutes: nobody bids then.
    await until('entries again', () => (facts.count('SELECT count(*) FROM orders') > sent ? true : undefined), 200_000)
  })

  it('U1: Enter on a word of the palette never does what touches money, a second one does', async () => {
    const { page, facts } = open()
    await ready({ page, facts })
    await choose(page, 'positions')
    await until('the positions', async () =>
      (await page.getByRole('tab', { name: 'Positions' }).getAttribute('data-state')) === 'active' ? true : undefined,
    )
    expect((await facts.status()).trading).toBe('running')
    await choose(page, 'hold')
    await showsText(page, 'palette-again', /Enter again to kill and hold positions/)
    expect((await facts.status()).trading).toBe('running')
    await page.keyboard.press('Enter')
    await killed(page, facts)
    await rearm(page)
  })

  it('U13: single letters act on the slots alone, can be undone there, and can be turned off', async () => {
    const { page, facts } = open()
    await ready({ page, facts })
    await page.getByTestId('market').click({ position: { x: 300, y: 200 } })
    await page.keyboard.type('fp')
    await page.locator('[data-testid^="slot-"]').first().click()
    await page.keyboard.press('f')
    await showsText(page, 'deploys-state', /frozen/)
    await page.getByTestId('undo').click()
    await showsText(page, 'deploys-state', /open/)
    await choose(page, 'turn single keys off')
    await page.locator('[data-testid^="slot-"]').first().click()
    await page.keyboard.type('fp')
    await showsText(page, 'answer', /do nothing now/)
    const { deploys, trading } = await facts.status()
    expect([deploys, trading]).toEqual(['open', 'running'])
    await choose(page, 'turn single keys on')
    await showsText(page, 'answer', /act where/)
  })

  it('U4: Kill and Pause are inside the window at every width, with a countdown and while paused', async () => {
    const { page, facts } = open()
    await ready({ page, facts })
    const size = page.viewportSize() ?? { width: 1440, height: 900 }
    await command(page, { kind: 'freeze', reason: 'a test', until: new Date(Date.now() + 7_200_000).toISOString() })
    await command(page, { kind: 'pause', reason: 'a test' })
    await showsText(page, 'deploys-state', /frozen \d+:\d\d/)
    await showsText(page, 'trading-state', /Paused/)
    try {
      for (const width of [1440, 1280, 1187, 1024, 960, 800]) {
        await page.setViewportSize({ width, height: 700 })
        const shown = await until('a laid out top bar', async () => {
          const bar = await page.getByTestId('top-bar').boundingBox()
          return bar !== null && Math.abs(bar.width - width) < 2 ? bar : undefined
        })
        for (const name of ['Unfreeze', 'Resume', 'Kill']) {
          const box = await page.getByTestId('top-bar').getByRole('button', { name, exact: true }).boundingBox()
          expect(box?.x, `${name} at ${width}`).toBeGreaterThanOrEqual(0)
          expect((box?.x ?? width) + (box?.width ?? 1), `${name} at ${width}`).toBeLessThanOrEqual(shown.width)
        }
        const dropped = await Promise.all(
          ['.top-cycle', '.utc', '.top-cap'].map(async (part) => {
            const box = await page.locator(part).boundingBox()
            return box === null || box.y >= shown.y + shown.height - 1
          }),
        )
        // What goes, goes in this order: cycle, clock, cap.
        expect(dropped, `dropped at ${width}`).toEqual(dropped.toSorted((a, b) => Number(b) - Number(a)))
      }
    } finally {
      await page.setViewportSize(size)
    }
  })

  it('U5: the editor completes what a view has', async () => {
    const { page, facts } = open()
    await ready({ page, facts })
    await healed(page, facts)
    await typeOver(page, 'const held = view.position', 'const held = view.position; view.')
    const widget = page.locator('.suggest-widget.visible')
    await until('a completion', async () => {
      await page.keyboard.press('Control+Space')
      return (await widget.textContent({ timeout: 2_000 }))?.includes('minStakeUsd') === true ? true : undefined
    })
    for (let i = 0; i < 'view.'.length + 2; i++) await page.keyboard.press('Escape')
    for (let i = 0; i < '; view.'.length; i++) await page.keyboard.press('Backspace')
    await showsText(page, 'file-state', /^saved$/)
    await page.locator('[data-testid="editor"] .view-lines').first().click({ button: 'right' })
    const menu = page.locator('.monaco-menu').first()
    await menu.waitFor()
    const ground = await menu.evaluate(`(element) => {
      for (let at = element; at instanceof Element; at = at.parentElement ?? at.getRootNode().host) {
        const { backgroundColor } = getComputedStyle(at)
        if (backgroundColor !== 'rgba(0, 0, 0, 0)') return backgroundColor
        if (at.classList.contains('shadow-root-host') || at.classList.contains('context-view')) break
      }
      return 'none'
    }`)
    expect(ground).not.toBe('none')
    await page.keyboard.press('Escape')
  })

  it('U12: a chart that was scrolled back says so, and really goes back to now', async () => {
    const { page, facts } = open()
    await ready({ page, facts })
    const chart = page.getByTestId('price-chart')
    const box = await until('the chart', async () => (await chart.boundingBox()) ?? undefined)
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.95, box.y + box.height / 2, { steps: 6 })
    await page.mouse.up()
    await page.mouse.move(box.x + 5, box.y - 5)
    await until('a chart that is scrolled back', async () =>
      (await chart.getAttribute('data-scrolled')) === 'true' ? true : undefined,
    )
    await page.getByTestId('chart-now').click()
    await until('now', async () => ((await chart.getAttribute('data-scrolled')) === 'false' ? true : undefined))
  })

  it('U2: rolls back to a version that was kept, from the deployments', async () => {
    const { page, facts } = open()
    const before = await ready({ page, facts })
    if (
      facts.count("SELECT count(*) FROM versions WHERE strategy = 'snipe' AND number > 1 AND state <> 'candidate'") ===
      0
    ) {
      await save(page, facts, await newFigure(page, facts))
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
    await checkTruth(facts)
  })

  it('gives a version a part of slots and stake as a canary, and takes it back', async () => {
    const { page, facts } = open()
    const before = await ready({ page, facts })
    await command(page, { kind: 'freeze', reason: 'a candidate for the canary' })
    await save(page, facts, await newFigure(page, facts))
    await showsText(page, 'waits', /Freeze/)
    await command(page, { kind: 'unfreeze', reason: 'the canary' })
    await until('the candidate live', () => ((liveVersion(facts)?.number ?? 0) > before ? true : undefined), 60_000)
    await command(page, { kind: 'rollback', strategy: 'snipe' })
    const live = await until('the version before', () =>
      liveVersion(facts)?.number !== undefined && (liveVersion(facts)?.number ?? 0) <= before
        ? liveVersion(facts)
        : undefined,
    )
    await choose(page, 'reload snipe as a canary')
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
    // Two cycles, in which both are asked.
    const { cycle } = await facts.status()
    await until('two more cycles', async () =>
      (await facts.status()).cycle.count >= cycle.count + 2 ? true : undefined,
    )
    await checkTruth(facts)
    await deployments.getByRole('button', { name: 'Dismiss' }).click()
    await showsText(page, 'answer', /is given up; what is live keeps trading/)
    expect(canaries()).toEqual([])
    expect(liveVersion(facts)).toEqual(live)
    await checkTruth(facts)
  })

  it('U10: a desk whose slots are faulted looks like one, and U3: the way back is one click', async () => {
    const { page, facts } = open()
    const before = await ready({ page, facts })
    // Sound in every check, and faulty once it is live for some cycles.
    const path = join(facts.home.strategies, 'snipe.ts')
    await healed(page, facts)
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
      const file = JSON.parse(readFileSync(join(facts.home.folder, 'status.json'), 'utf8'))
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
