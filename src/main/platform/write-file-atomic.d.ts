declare module 'write-file-atomic' {
  interface Options {
    readonly mode?: number
    readonly fsync?: boolean
  }
  const writeFileAtomic: { sync(path: string, text: string | Buffer, options?: Options): void }
  export default writeFileAtomic
}
