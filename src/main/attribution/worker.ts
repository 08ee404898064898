import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { lineSentence } from '../../shared/attribution/verdict.ts'
import { messageOf } from '../../shared/domain/base.ts'
import type { CallOutput, ParsedInput } from '../../shared/ipc/calls.ts'
import type { AttributionRow } from '../../shared/ipc/desk-view.ts'
import { happenings } from '../db/attribution.ts'
import { versionRef } from '../db/deployment-row.ts'
import { openCurrent } from '../db/sound.ts'
import type { BooksCall, FromBooksThread, ToBooksThread } from './protocol.ts'
import { TradeBooks } from './trade-books.ts'

/** The thread that reads trades and judges versions, so that long queries delay no cycle. */
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread')
const opened = openCurrent(z.string().parse(workerData))
if (!opened.ok) throw new Error(opened.error)
const db = opened.value
const books = new TradeBooks(db)

function rows({ by, filter }: ParsedInput<'attribution.records'>): AttributionRow[] {
  const lives = books.lives()
  return books.records(by, filter).map((record) => {
    const { version } = record.of
    return {
      ...record,
      version: version === undefined ? null : versionRef(db, version),
      life: version === undefined ? null : (lives.get(version) ?? null),
      sentence: lineSentence(record),
    }
  })
}

function answer(message: ToBooksThread): CallOutput<BooksCall> {
  const { market, live } = message
  switch (message.call) {
    case 'attribution.records':
      return rows(message.input)
    case 'attribution.compare': {
      const { before, after, at, by } = message.input
      const [to, from] = at === null ? [] : [at, at]
      return books.compare({ version: before, market, to }, { version: after, market, from }, by)
    }
    case 'attribution.profit':
      return { series: books.profit(market, (hash) => versionRef(db, hash)), ...happenings(db) }
    case 'attribution.gauge': {
      const { strategy } = message.input
      return books.gauge(strategy, market, live[strategy] ?? null)
    }
  }
}

port.on('message', (message: ToBooksThread) => {
  let reply: FromBooksThread
  try {
    reply = { id: message.id, ok: true, value: answer(message) }
  } catch (error) {
    reply = { id: message.id, ok: false, error: messageOf(error) }
  }
  port.postMessage(reply)
})
