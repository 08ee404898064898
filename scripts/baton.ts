import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isBuildCurrent } from './build-stamp.ts'

/** `npm run baton`: runs the command line from the build if that is current, because it starts faster, else from the sources. */
const root = resolve(import.meta.dirname, '..')
const cli = isBuildCurrent(root) ? 'out/main/cli.js' : 'src/main/cli.ts'
await import(pathToFileURL(join(root, cli)).href)
