import { createServer } from 'node:http'

/** A host on loopback that answers every path with JSON. */
export interface JsonServer {
  readonly url: string
  /** Resolves after this many requests, or once none has come for half a second. */
  until(requests: number): Promise<void>
  close(): Promise<void>
}

export async function serveJson(answer: (path: string) => unknown): Promise<JsonServer> {
  let requests = 0
  let lastAt = performance.now()
  const server = createServer((request, response) => {
    requests++
    lastAt = performance.now()
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(request.url ?? '/')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async until(wanted) {
      while (requests < wanted && performance.now() - lastAt < 500)
        await new Promise((resolve) => setTimeout(resolve, 10))
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
