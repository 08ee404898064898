#!/usr/bin/env node
import { summarise } from './app/summary.ts'
import { Desk } from './app/desk.ts'
import { homeAt } from './app/home.ts'
import { systemClock } from './platform/system.ts'
const t0 = performance.now()
const [, , seed = '7', forH = '6', home = '/tmp/baton-run', feed = 'simulated', tape = '', slots] = process.argv
const opened = await Desk.open({ home: homeAt(home, undefined), feed: feed as 'simulated', tapes: tape ? [tape] : [], slots, seed: Number(seed), speed: null, from: undefined, forMs: Number(forH) * 3_600_000, clock: systemClock })
if (!opened.ok) { console.error(opened.error); process.exit(2) }
const desk = opened.value
await desk.start()
await desk.done
if (desk.panicked) console.error(desk.panicked)
console.log(JSON.stringify(summarise(desk), null, 1))
await desk.stop()
console.error((performance.now() - t0).toFixed(0), 'ms')
