import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Imported before a program: writes the address of every module that it loaded to the file `LOADED_MODULES`, a line each. */
const loaded: string[] = []
registerHooks({
  load: (url, context, next) => {
    loaded.push(url)
    return next(url, context)
  },
})
process.once('exit', () => writeFileSync(process.env.LOADED_MODULES ?? '', loaded.join('\n')))
