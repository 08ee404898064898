declare module 'write-file-atomic' {
  interface Options {
    readonly mode?: number
    readonly fsync?: boolean
  }
  const writeFileAtomic: { sync(path: string, text: string, options?: Options): void }
  export default writeFileAtomic
}
