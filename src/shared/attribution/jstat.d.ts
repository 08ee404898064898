declare module 'jstat' {
  /** Types of the used part of jStat, which has none of its own. */
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
