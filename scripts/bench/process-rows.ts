import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer, request } from 'node:http'
import { resolve } from 'node:path'
import type { Home } from '../../src/main/app/start/home.ts'
import { readStatus } from '../../src/main/control/status-file.ts'
import { isBuildCurrent } from '../build-stamp.ts'
import { benchHome, bounded, type Row, timed } from './figures.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const CLI = resolve(ROOT, 'out/main/cli.js')
const STARTS = 6
const KILLS = 30

/** A desk in its own process. */
class BenchProcess {
  readonly port: number
  readonly token: string
  readonly startedMs: number
  private readonly child: ChildProcess

  private constructor(child: ChildProcess, address: URL, startedMs: number) {
    this.child = child
    this.port = Number(address.port)
    this.token = address.searchParams.get('token') ?? ''
    this.startedMs = startedMs
  }

  /** Resolves after the first cycle and, if it serves a port, once it has printed its address. */
  static async start(home: Home, port: number): Promise<BenchProcess> {
    const began = performance.now()
    const child = spawn(
      process.execPath,
      [CLI, 'desk', '--home', home.folder, '--strategies', home.strategies, '--port', String(port)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    const isRunning = () => {
      const status = readStatus(home.status)
      return status !== undefined && status.pid === child.pid && status.lastCycle.ms > 0
    }
    while (!isRunning()) await new Promise((done) => setTimeout(done, 3))
    const startedMs = performance.now() - began
    let address = /http:\S+/.exec(output)
    while (port !== 0 && address === null) {
      await new Promise((done) => setTimeout(done, 3))
      address = /http:\S+/.exec(output)
    }
    return new BenchProcess(child, new URL(address?.[0] ?? 'http://127.0.0.1'), startedMs)
  }

  /** Sends a command. @returns ms until the last byte of the answer */
  command(kind: string, body: object): Promise<number> {
    return timed(() => post(this.port, `/api/control/${kind}`, this.token, body))
  }

  async stop(): Promise<void> {
    const exited = new Promise((done) => this.child.once('exit', done))
    this.child.kill('SIGTERM')
    await exited
  }
}

function post(port: number, path: string, token: string, body: object): Promise<void> {
  return new Promise((done, fail) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (reply) => {
      reply.resume()
      reply.once('end', () => (reply.statusCode === 200 ? done() : fail(new Error(`status ${reply.statusCode}`))))
    })
    sent.once('error', fail)
    sent.end(JSON.stringify(body))
  })
}

/** Makes calls to a dummy server, because the client's first calls are slow and must not count for the kill. */
async function warmClient(): Promise<void> {
  const server = createServer((received, reply) => received.resume().once('end', () => reply.end('{}')))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  for (let i = 0; i < 50; i++) await post(port, '/', '', {})
  server.closeAllConnections()
  server.close()
}

/** A free port. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise<void>((done) => server.close(() => done()))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Times the built command line and the start of a desk: the first one, and later ones that resume versions. */
export async function startUp(): Promise<readonly Row[]> {
  if (!isBuildCurrent(ROOT) && spawnSync(process.execPath, [resolve(ROOT, 'scripts/build.ts')]).status !== 0)
    throw new Error('the build failed: npm run build')
  const node: number[] = []
  const help: number[] = []
  for (let i = 0; i < 10; i++) {
    node.push(await timed(() => spawnSync(process.execPath, ['-e', '0'])))
    help.push(await timed(() => spawnSync(process.execPath, [CLI, '--help'])))
  }
  const { home, remove } = benchHome()
  const times: number[] = []
  // The first start deploys from the files; later ones resume versions.
  for (let i = 0; i < STARTS; i++) {
    const desk = await BenchProcess.start(home, 0)
    times.push(desk.startedMs)
    await desk.stop()
  }
  remove()
  return [
    { ...bounded('baton --help', help, 0.5, 300), floor: `node alone ${Math.min(...node).toFixed(0)} ms` },
    bounded('process start → first cycle over, first start', times.slice(0, 1), 0.5, 1_200),
    bounded('process start → first cycle over, resuming', times.slice(1), 0.5, 1_200),
  ]
}

/** Times a kill over HTTP until it is answered, on a desk that trades; the first one after a start separately. */
export async function killLatency(): Promise<readonly Row[]> {
  await warmClient()
  const first: number[] = []
  const later: number[] = []
  for (let i = 0; i < STARTS; i++) {
    const { home, remove } = benchHome()
    const desk = await BenchProcess.start(home, await freePort())
    first.push(await desk.command('kill', { reason: 'bench' }))
    for (let n = 0; n < KILLS / STARTS; n++) {
      await desk.command('rearm', { confirm: 'REARM', reason: 'bench' })
      later.push(await desk.command('kill', { reason: 'bench' }))
    }
    await desk.stop()
    remove()
  }
  const { home, remove } = benchHome()
  const desk = await BenchProcess.start(home, 0)
  const byCommandLine = await timed(() => {
    const { status } = spawnSync(process.execPath, [CLI, 'ctl', 'kill', '--reason', 'bench', '--home', home.folder])
    if (status !== 0) throw new Error(`baton ctl kill ended with ${status}`)
  })
  await desk.stop()
  remove()
  return [
    bounded('the first kill after a start, by HTTP, call to answer', first, 1, 50),
    bounded('later kills by HTTP, call to answer', later, 1, 50),
    bounded('baton ctl kill, process start to its end', [byCommandLine], 1, 250),
  ]
}
