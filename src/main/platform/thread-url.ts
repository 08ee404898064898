/**
 * Where the code of a thread lies: from source a file beside its caller; from a build a bundle at the top of the output
 * folder, above the folder of chunks that the caller may have been put into.
 * @param here the caller's `import.meta.url`
 * @param source file name beside the caller
 * @param bundle name of the bundle in electron.vite.config.ts
 */
export function threadUrl(here: string, source: string, bundle: string): URL {
  if (here.endsWith('.ts')) return new URL(`./${source}`, here)
  return new URL(`${here.includes('/chunks/') ? '..' : '.'}/${bundle}.js`, here)
}
