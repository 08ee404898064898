declare module 'jstat' {
  /** The part of jStat that is used; it brings no types of its own. */
  const jstat: {
    readonly jStat: {
      readonly normal: {
        cdf(x: number, mean: number, std: number): number
        inv(p: number, mean: number, std: number): number
      }
      readonly studentt: { inv(p: number, dof: number): number }
    }
  }
  export default jstat
}
