import { expect, it } from 'vitest'
import { showsText, until } from '../support/browser.ts'
import {
  checkDesk,
  type DeskWindow,
  expectKilled,
  rearm,
  replaceText,
  resetDesk,
  restoreStrategy,
  runPaletteCommand,
  sendCommand,
} from './desk-steps.ts'

/** Kill, palette, keys, layout, editor and chart. */
export function windowSpecs(open: () => DeskWindow): void {
  it('kills by its shortcut, sends no more orders, and is re-armed by hand', async () => {
    const { page, facts } = open()
    await resetDesk({ page, facts })
    // Not while orders of a cycle are on their way: their fills would belong to the desk, and hold those slots until their
    // windows end (I5).
    await until('the midst of a cycle', () => (Math.abs((Date.now() % 5_000) - 2_500) < 1_000 ? true : undefined))
    await page.keyboard.press('Shift+Escape')
    await expectKilled(page, facts)
    await checkDesk(facts)
    const sent = facts.count('SELECT count(*) FROM orders')
    await rearm(page)
    // Nothing is entered in the last 20 s of a window.
    await until(
      'orders again',
      () => {
        if (facts.count('SELECT count(*) FROM orders') > sent) return true
        // Named if it lasts too long.
        const events = facts.rows('SELECT ts, kind, slot, message FROM events ORDER BY seq DESC LIMIT 8')
        const open = facts.rows(
          "SELECT slot, window_id, owned_by, state FROM positions WHERE state IN ('open', 'ended')",
        )
        throw new Error(JSON.stringify({ events, open }))
      },
      60_000,
    )
  })

  it('U1: a palette command that affects money runs only at the second Enter', async () => {
    const { page, facts } = open()
    await resetDesk({ page, facts })
    await runPaletteCommand(page, 'positions')
    await until('the tab Positions', async () =>
      (await page.getByRole('tab', { name: 'Positions' }).getAttribute('data-state')) === 'active' ? true : undefined,
    )
    expect((await facts.status()).trading).toBe('running')
    await runPaletteCommand(page, 'hold')
    await showsText(page, 'palette-again', /Enter again to kill and hold positions/)
    expect((await facts.status()).trading).toBe('running')
    await page.keyboard.press('Enter')
    await expectKilled(page, facts)
    await rearm(page)
  })

  it('U13: single-letter keys act on the slots only, can be undone, and can be turned off', async () => {
    const { page, facts } = open()
    await resetDesk({ page, facts })
    await page.getByTestId('market').click({ position: { x: 300, y: 200 } })
    await page.keyboard.type('fp')
    await page.locator('[data-testid^="slot-"]').first().click()
    await page.keyboard.press('f')
    await showsText(page, 'deploys-state', /frozen/)
    await page.getByTestId('undo').click()
    await showsText(page, 'deploys-state', /open/)
    await runPaletteCommand(page, 'turn single keys off')
    await page.locator('[data-testid^="slot-"]').first().click()
    await page.keyboard.type('fp')
    await showsText(page, 'answer', /Single keys are off/)
    const { deploys, trading } = await facts.status()
    expect([deploys, trading]).toEqual(['open', 'running'])
    await runPaletteCommand(page, 'turn single keys on')
    await showsText(page, 'answer', /Single keys are on/)
  })

  it('U4: Kill and Pause are visible at every width, with a countdown and while paused', async () => {
    const { page, facts } = open()
    await resetDesk({ page, facts })
    const size = page.viewportSize() ?? { width: 1440, height: 900 }
    await sendCommand(page, { kind: 'freeze', reason: 'a test', until: new Date(Date.now() + 7_200_000).toISOString() })
    await sendCommand(page, { kind: 'pause', reason: 'a test' })
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
        const hidden = await Promise.all(
          ['.top-cycle', '.utc', '.top-cap'].map(async (part) => {
            const box = await page.locator(part).boundingBox()
            return box === null || box.y >= shown.y + shown.height - 1
          }),
        )
        // Items are hidden in this order: cycle, clock, cap.
        expect(hidden, `hidden at ${width}`).toEqual(hidden.toSorted((a, b) => Number(b) - Number(a)))
      }
    } finally {
      await page.setViewportSize(size)
    }
  })

  it('U5: the editor completes the fields of a view', async () => {
    const { page, facts } = open()
    await resetDesk({ page, facts })
    await restoreStrategy(page, facts)
    await replaceText(page, 'const held = view.position', 'const held = view.position; view.')
    const widget = page.locator('.suggest-widget.visible')
    await until('a completion', async () => {
      await page.keyboard.press('Control+Space')
      return (await widget.textContent({ timeout: 2_000 }))?.includes('minStakeUsd') === true ? true : undefined
    })
    for (let i = 0; i < 'view.'.length + 2; i++) await page.keyboard.press('Escape')
    for (let i = 0; i < '; view.'.length; i++) await page.keyboard.press('Backspace')
    await showsText(page, 'file-state', /^saved$/)
    await page.locator('[data-testid="editor"] .monaco-editor').first().click({ button: 'right' })
    const menu = page.locator('.monaco-menu').first()
    await menu.waitFor()
    const background = await menu.evaluate(`(element) => {
      for (let at = element; at instanceof Element; at = at.parentElement ?? at.getRootNode().host) {
        const { backgroundColor } = getComputedStyle(at)
        if (backgroundColor !== 'rgba(0, 0, 0, 0)') return backgroundColor
        if (at.classList.contains('shadow-root-host') || at.classList.contains('context-view')) break
      }
      return 'none'
    }`)
    expect(background).not.toBe('none')
    await page.keyboard.press('Escape')
  })

  it('U12: a chart that is scrolled back can be scrolled to the newest candle', async () => {
    const { page, facts } = open()
    await resetDesk({ page, facts })
    const chart = page.getByTestId('price-chart')
    const box = await until('the chart', async () => (await chart.boundingBox()) ?? undefined)
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.95, box.y + box.height / 2, { steps: 6 })
    await page.mouse.up()
    await page.mouse.move(box.x + 5, box.y - 5)
    await until('a scrolled chart', async () =>
      (await chart.getAttribute('data-scrolled')) === 'true' ? true : undefined,
    )
    await page.getByTestId('chart-now').click()
    await until('the newest candle', async () =>
      (await chart.getAttribute('data-scrolled')) === 'false' ? true : undefined,
    )
  })
}
