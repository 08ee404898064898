/** Finest decimal grid considered: eight decimals, as exchanges quote. */
const FINEST = 1e8

/** True when a price lies on a decimal grid. @param steps grid steps per dollar, a power of ten */
export function onGrid(price: number, steps: number): boolean {
  return Math.round(price * steps) / steps === price
}

/**
 * The coarsest decimal grid that contains all prices so far. Outcomes are compared on it, so that a mean of equal prices
 * equals that price ((0.1 + 0.1 + 0.1) / 3 is not 0.1 in binary), and quotes include the probability of a tie on it.
 */
export class PriceGrid {
  /** Grid steps per dollar, a power of ten; 0 once a price needs more than eight decimals. */
  steps = 1

  include(price: number): void {
    while (this.steps > 0 && !onGrid(price, this.steps)) this.steps = this.steps < FINEST ? this.steps * 10 : 0
  }

  /** Half a step in dollars: how far below a strike a value may be and still round to a tie. */
  get halfStep(): number {
    return this.steps === 0 ? 0 : 0.5 / this.steps
  }

  /** The grid price nearest to a value; the value itself without a grid. */
  nearest(value: number): number {
    return this.steps === 0 ? value : Math.round(value * this.steps) / this.steps
  }
}
