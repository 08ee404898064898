import { registerHooks } from 'node:module'

/** Preload of a Node process that runs the built desktop: its `electron` is the stand-in beside this file. */
const standIn = new URL('./main.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    return next(specifier === 'electron' ? standIn : specifier, context)
  },
})
