/** Jobs that wait for the next yield interval, in which versions may be swapped (I4). */
export class YieldQueue {
  private jobs: (() => Promise<void>)[] = []

  /** Runs `job` with the next `run`. @returns what the job returns; rejects with what it throws */
  add<T>(job: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.jobs.push(() => job().then(resolve, reject))
    })
  }

  /** Runs all waiting jobs. */
  async run(): Promise<void> {
    const { jobs } = this
    this.jobs = []
    await Promise.all(jobs.map((job) => job()))
  }
}
