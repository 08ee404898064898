import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listTapes } from '../../src/main/tape/library.ts'
import type { Chunk } from '../../src/main/tape/record-writer.ts'
import { readSegment } from '../../src/main/tape/segment-reader.ts'
import { verifySegment } from '../../src/main/tape/segment-verify.ts'
import type { FromWriter, ToWriter } from '../../src/main/tape/writer-thread.ts'
import { HOUR, isoUtc, plusMs, SECOND } from '../../src/shared/domain/time.ts'
import { START } from '../support/bench-engine.ts'
import { temporaryFolder } from '../support/cli.ts'
import { until } from '../support/desk.ts'
import { Recording } from '../support/recording.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { chunkOf, header, T0, value } from '../support/tape.ts'

function newFolder(): string {
  const folder = temporaryFolder()
  onTestFinished(() => folder.remove())
  return folder.path
}

function newDisk(size = '4m'): SmallDisk {
  const disk = new SmallDisk(join(newFolder(), 'disk'), size)
  onTestFinished(() => disk.remove())
  return disk
}

/** The writer's thread alone, and what it says. */
class Writer {
  readonly heard: FromWriter[] = []
  readonly thread = new Worker(new URL('../../src/main/tape/writer-thread.ts', import.meta.url))
  ended: number | null = null
  private readonly folder: string
  private asked = 0

  constructor(folder: string) {
    this.folder = folder
    this.thread.on('message', (message: FromWriter) => this.heard.push(message))
    this.thread.on('error', () => {})
    this.thread.on('exit', (code) => {
      this.ended = code
    })
    onTestFinished(() => void this.thread.terminate())
  }

  path(segment: number): string {
    return join(this.folder, `s-0000${segment}.tape`)
  }

  open(segment: number, seq: number, caps: { keepHours?: number; maxBytes?: number; now?: number } = {}): void {
    const { keepHours = 1e6, maxBytes = 1e9, now = T0 } = caps
    this.send({
      kind: 'open',
      attempt: segment,
      folder: this.folder,
      segment: {
        header: header({ session: 's' }),
        snapshot: new Uint8Array(10),
        seq,
        ts: T0 + segment * HOUR,
      },
      caps: { keepHours, maxBytes },
      now,
    })
  }

  chunk(chunk: Chunk, firstSeq: number): void {
    this.send({ kind: 'chunk', chunk, firstSeq })
  }

  private send(message: ToWriter): void {
    this.thread.postMessage(message)
  }

  /** Resolves when all that was sent is done. */
  async settled(kind: 'flush' | 'close' = 'flush'): Promise<readonly FromWriter[]> {
    const id = ++this.asked
    this.send({ kind, id })
    await until('an answer of the thread', () => {
      if (this.ended !== null) throw new Error(`the thread has ended with ${this.ended}`)
      return this.heard.some((message) => message.kind === 'done' && message.id === id)
    })
    return this.heard.filter((message) => message.kind !== 'done')
  }
}

describe('the thread that writes', () => {
  test('what cannot be removed is named once, and costs nothing else', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'b.tape'), '')
    // Folders of such a name cannot be removed as a file is.
    for (const name of ['a.tape', 'c.tape']) mkdirSync(join(folder, name))
    for (const [age, name] of ['a.tape', 'b.tape', 'c.tape'].entries()) utimesSync(join(folder, name), age, age)
    const writer = new Writer(folder)
    for (const segment of [0, 1]) {
      writer.open(segment, 4 * segment, { keepHours: 1, now: Date.now() })
      writer.chunk(chunkOf(segment), 4 * segment)
    }
    expect(await writer.settled('close')).toEqual([
      { kind: 'warned', message: expect.stringMatching(/c\.tape cannot be removed: /) },
      { kind: 'warned', message: expect.stringMatching(/a\.tape cannot be removed: /) },
      { kind: 'opened', attempt: 0, lost: null },
      { kind: 'opened', attempt: 1, lost: null },
    ])
    expect(readdirSync(folder).sort()).toEqual(['a.tape', 'c.tape', 's-00000.tape', 's-00001.tape'])
    for (const segment of [0, 1]) expect(value(verifySegment(writer.path(segment))).segment.report.sealed).toBe(true)
  })

  test('a finished segment that cannot be written anew, or not put in place, stays as it is', async () => {
    const writer = new Writer(newFolder())
    for (const segment of [0, 1, 2]) {
      writer.open(segment, 8 * segment)
      writer.chunk(chunkOf(0), 8 * segment)
      writer.chunk(chunkOf(1), 8 * segment + 4)
      await writer.settled()
      // The better file has no place to be written to, the next one none to be moved to.
      if (segment === 0) mkdirSync(`${writer.path(0)}.new`)
      if (segment !== 1) continue
      renameSync(writer.path(1), `${writer.path(1)}.kept`)
      mkdirSync(writer.path(1))
    }
    const heard = await writer.settled('close')
    expect(heard.map((one) => (one.kind === 'warned' ? one.message : one.kind))).toEqual([
      'opened',
      expect.stringMatching(/s-00000\.tape stays in small blocks: /),
      expect.stringMatching(/s-00000\.tape\.new cannot be removed: /),
      'opened',
      expect.stringMatching(/s-00001\.tape stays in small blocks: /),
      'opened',
    ])
    for (const path of [writer.path(0), `${writer.path(1)}.kept`, writer.path(2)])
      expect(value(verifySegment(path)).segment).toMatchObject({ records: 8, report: { sealed: true } })
    // Header, snapshot, records and end; the one that could be written anew has its records in one block.
    expect(value(readSegment(writer.path(0))).blocks).toHaveLength(5)
    expect(value(readSegment(writer.path(2))).blocks).toHaveLength(4)
  })

  test('a broken invariant costs its segment, or its better blocks, and no more', async () => {
    const writer = new Writer(newFolder())
    writer.open(0, 0)
    writer.chunk(chunkOf(0), 0)
    writer.chunk(chunkOf(1), 2)
    writer.chunk(chunkOf(2), 8)
    writer.open(1, 12)
    const { bytes, ...rest } = chunkOf(0)
    // A chunk whose first record is not of the chunk's own time cannot be put together with others.
    writer.chunk({ ...rest, bytes: bytes.with(2, 2) }, 12)
    writer.open(2, 16)
    writer.chunk(chunkOf(3), 16)
    expect((await writer.settled('close')).map((one) => ('message' in one ? one.message : one.kind))).toEqual([
      'opened',
      expect.stringContaining('sequence numbers go back'),
      'opened',
      expect.stringMatching(/s-00001\.tape stays in small blocks: .*own time/),
      'opened',
    ])
    expect(value(readSegment(writer.path(0)))).toMatchObject({ records: 4, report: { sealed: false } })
    expect(value(verifySegment(writer.path(2))).segment).toMatchObject({ records: 4, report: { sealed: true } })
  })

  test('an end that cannot be written is the older segment’s alone', async () => {
    const disk = newDisk()
    const old = join(disk.path, 'old.tape')
    writeFileSync(old, randomBytes(500_000))
    utimesSync(old, 1, 1)
    const writer = new Writer(disk.path)
    writer.open(0, 0)
    // So much that nothing more fits into the last page of the file.
    let records = 0
    do {
      writer.chunk(chunkOf(records), 4 * records)
      records++
      await writer.settled()
    } while (statSync(writer.path(0)).size % 4096 < 3950)
    disk.fill()
    // Only when the next is opened does the old one go, and make room.
    writer.open(1, 4 * records, { keepHours: 1, now: Date.now() })
    writer.chunk(chunkOf(0), 4 * records)
    const heard = await writer.settled('close')
    expect(heard).toEqual([
      { kind: 'opened', attempt: 0, lost: null },
      { kind: 'warned', message: expect.stringMatching(/s-00000\.tape has all its records, and no end: .*ENOSPC/) },
      { kind: 'opened', attempt: 1, lost: null },
    ])
    expect(value(readSegment(writer.path(0)))).toMatchObject({ records: 4 * records, report: { sealed: false } })
    expect(value(verifySegment(writer.path(1))).segment.records).toBe(4)
  })
})

describe('the recorder', () => {
  test('records that an older segment lost do not end the newest', async () => {
    const disk = newDisk()
    const old = join(disk.path, 'old.tape')
    writeFileSync(old, randomBytes(1_000_000))
    utimesSync(old, 1, 1)
    // Age is judged by the wall clock; nothing is old enough before the hour is over.
    const run = new Recording(disk.path, { keepHours: 1e6, maxBytes: 1_050_000 })
    run.step()
    await run.tape.flush()
    expect(readdirSync(disk.path)).toContain('old.tape')
    writeFileSync(join(disk.path, 'x.tape'), randomBytes(100_000))
    disk.fill()
    // The last records of the hour find no room; opening the next segment makes some.
    run.pump(plusMs(START, HOUR + 5 * SECOND))
    run.tape.afterCycle(run.now)
    await run.tape.flush()
    expect(run.problems).toEqual([expect.stringContaining('s-00000.tape cannot be written')])
    expect(run.recovered).toEqual([{ records: expect.any(Number), fromTs: expect.any(Number), toTs: run.now }])
    for (let i = 0; i < 5; i++) run.step()
    await run.tape.stop()
    const { recordings } = listTapes(disk.path)
    const files = recordings.find((one) => one.name === 's')?.files ?? []
    expect(files.map((file) => [file.segment, file.sealed])).toEqual([
      [0, false],
      [1, true],
    ])
    expect(files[1]?.records).toBeGreaterThan(20)
  })

  test('the next segment names how much was lost, however often it had to be tried, and has the next number', async () => {
    const disk = newDisk()
    const run = new Recording(disk.path)
    for (let i = 0; i < 3; i++) run.step()
    await run.tape.flush()
    const lastWritten = value(readSegment(join(disk.path, 's-00000.tape')))
    disk.fill()
    // A file may have room left in its last page.
    for (let i = 0; run.problems.length === 0; i++) {
      expect(i).toBeLessThan(1_000)
      run.step()
      await run.tape.flush()
    }
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 4; j++) run.step()
      run.elapsed += 5 * SECOND
      run.step()
      await run.tape.flush()
    }
    expect(run.recovered).toEqual([])
    disk.makeRoom()
    run.elapsed += 5 * SECOND
    run.step()
    const begun = run.now
    await run.tape.flush()
    for (let i = 0; i < 3; i++) run.step()
    await run.tape.stop()
    expect(run.problems).toHaveLength(1)
    const [session] = listTapes(disk.path).recordings
    const [before, after] = session?.files ?? []
    expect(session?.files.map((file) => file.segment)).toEqual([0, 1])
    expect(before?.records).toBeGreaterThanOrEqual(lastWritten.records)
    const lost = value(readSegment(after?.path ?? '')).header.lost
    // Each segment has its version beside what the engine was told.
    const written = (before?.records ?? 0) + (after?.records ?? 0) - 2
    expect(lost).toEqual({ records: run.told - written, fromTs: before?.lastTs, toTs: begun })
    expect(lost?.records).toBeGreaterThan(100)
    expect(run.recovered).toEqual([lost])
    expect(session?.gaps.map((gap) => gap.text)).toContain(
      `${run.told - written} records from ${isoUtc(before?.lastTs ?? 0)} to ${isoUtc(begun)} before segment 1 could not be written`,
    )
  })

  test('what came before the first segment could be written is named in it', async () => {
    const folder = join(newFolder(), 'tape')
    writeFileSync(folder, 'in the way')
    const run = new Recording(folder)
    const started = run.now
    run.step()
    await run.tape.flush()
    expect(run.problems).toHaveLength(1)
    rmSync(folder)
    run.elapsed += 5 * SECOND
    run.step()
    await run.tape.flush()
    const missed = run.told
    run.step()
    await run.tape.stop()
    const [session] = listTapes(folder).recordings
    expect(session?.files).toMatchObject([{ segment: 0, records: run.told - missed + 1 }])
    expect(session?.header.lost).toEqual({ records: missed, fromTs: started, toTs: plusMs(started, 10 * SECOND) })
    expect(session?.gaps).toMatchObject([{ between: true, text: expect.stringContaining('could not be written') }])
  })

  test('a segment that never got a file uses up no number, though the next was begun before that was known', async () => {
    const folder = join(newFolder(), 'tape')
    writeFileSync(folder, 'in the way')
    const run = new Recording(folder)
    run.pump(plusMs(START, HOUR))
    run.step()
    await run.tape.flush()
    rmSync(folder)
    run.elapsed += 5 * SECOND
    run.step()
    await run.tape.stop()
    const [session] = listTapes(folder).recordings
    expect(session?.files).toMatchObject([{ segment: 0, sealed: true }])
    // Its version was lost with the first that was begun.
    expect(session?.header.lost?.records).toBe(run.told + 1)
  })

  test('what cannot be written at the very end is said, too', async () => {
    const disk = newDisk()
    const run = new Recording(disk.path)
    run.step()
    await run.tape.flush()
    disk.fill()
    run.pump(plusMs(START, HOUR - SECOND))
    await run.tape.stop()
    expect(run.problems).toEqual([expect.stringContaining('ENOSPC')])
    expect(run.recovered).toEqual([])
  })

  test('everybody who waits is answered when the thread dies while it is stopped', async () => {
    const run = new Recording(newFolder())
    run.step()
    await run.tape.flush()
    // Nothing that the recorder sends: it kills the thread.
    run.writer.start().postMessage({ kind: 'open' })
    const waiting = [run.tape.flush(), run.tape.stop(), run.tape.stop(), run.tape.flush()]
    await Promise.all(waiting)
    expect(run.problems).toEqual([expect.stringMatching(/^its thread crashed: /)])
    await run.tape.flush()
    await run.tape.stop()
  })

  test('a process in which nothing else goes on stays until the tape has its end', async () => {
    const folder = newFolder()
    const program = join(folder, 'program.mts')
    writeFileSync(
      program,
      `import { Recording } from ${JSON.stringify(resolve(import.meta.dirname, '../support/recording.ts'))}
const run = new Recording(${JSON.stringify(folder)})
for (let i = 0; i < 10; i++) run.step()
void run.tape.flush()
void run.tape.stop()
`,
    )
    const child = spawn(process.execPath, [program], { stdio: 'inherit' })
    const code = await new Promise((done) => child.once('close', done))
    expect(code).toBe(0)
    expect(listTapes(folder).recordings[0]?.files).toMatchObject([{ segment: 0, sealed: true }])
  })
})
