import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { compileStrategy } from '../../src/main/deploy/compile.ts'
import { apiFile } from '../../src/main/platform/package-files.ts'
import { temporaryFolder } from '../support/cli.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

it.each([
  ['./params.json', 'only .ts files can be imported: write what is in it as "export default …" into one'],
  ['./params', 'there is no such file below the strategies folder'],
  ['./folder', 'there is no such file below the strategies folder'],
])('B2: an import of %s is refused with the true reason and its place', async (path, reason) => {
  writeFileSync(join(folder.path, 'params.json'), '{}')
  mkdirSync(join(folder.path, 'folder'), { recursive: true })
  writeFileSync(join(folder.path, 'one.ts'), `import { defineStrategy } from 'baton'\nimport params from '${path}'\n`)
  const compiled = await compileStrategy(folder.path, 'one', apiFile())
  const [first] = compiled.ok ? [] : compiled.error
  expect(first).toMatchObject({ line: 2, message: `import of '${path}' is not allowed: ${reason}` })
})
