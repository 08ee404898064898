import jstat from 'jstat'

const { normal } = jstat.jStat

/** P(Z ≤ z) of the standard normal distribution. */
export function normalCdf(z: number): number {
  return normal.cdf(z, 0, 1)
}

/** z with P(Z ≤ z) = p; p in 0 … 1, exclusive. */
export function normalQuantile(p: number): number {
  return normal.inv(p, 0, 1)
}

/** Half width, in standard deviations, of a two-sided interval of a level such as 0.95. */
export function zOf(level: number): number {
  return normalQuantile(0.5 + level / 2)
}

/** Posterior of a win rate after some wins and losses, from a uniform prior, Beta(1, 1). */
export interface Belief {
  readonly wins: number
  readonly losses: number
  /** Break-even win rate to compare with. */
  readonly breakEven: number
}

/** Nodes and weights of Gauss–Legendre quadrature on −1 … 1, 16 points (Abramowitz & Stegun, table 25.4). */
const NODES = [
  0.0950125098376374, 0.2816035507792589, 0.4580167776572274, 0.6178762444026438, 0.755404408355003, 0.8656312023878318,
  0.9445750230732326, 0.9894009349916499,
] as const
const WEIGHTS = [
  0.1894506104550685, 0.1826034150449236, 0.1691565193950025, 0.1495959888165767, 0.1246289712555339,
  0.0951585116824928, 0.0622535239386479, 0.0271524594117541,
] as const
/** Range of integration in standard deviations to each side, and number of panels. */
const REACH = 12
const PANELS = 48

/**
 * Probability that the second win rate lies further above its break-even than the first lies above its own:
 * P(θ₂ − b₂ > θ₁ − b₁) with independent θᵢ ~ Beta(1 + wins, 1 + losses), by quadrature. To about 1e-10.
 */
export function chanceOfBetterEdge(first: Belief, second: Belief): number {
  const shift = first.breakEven - second.breakEven
  const whole = integrate(second, (_x, density) => density)
  const firstWhole = integrate(first, (_x, density) => density)
  const of = new BetaCdf(first)
  const sum = integrate(second, (x, density) => density * of.at(x + shift))
  return Math.min(1, Math.max(0, sum / whole / firstWhole))
}

/** Integrates `value` over the posterior's mass; called with ascending x and a density scaled to 1 at its peak. */
function integrate(belief: Belief, value: (x: number, density: number) => number): number {
  const { from, to } = massOf(belief)
  const density = densityOf(belief)
  const half = (to - from) / PANELS / 2
  let sum = 0
  for (let panel = 0; panel < PANELS; panel++) {
    const middle = from + (2 * panel + 1) * half
    sum += half * panelSum(middle, half, (x) => value(x, density(x)))
  }
  return sum
}

/** Integral over a panel, in half widths; x ascends, so that the caller can keep a running total. */
function panelSum(middle: number, half: number, value: (x: number) => number): number {
  let sum = 0
  for (let i = 7; i >= 0; i--) sum += (WEIGHTS[i] ?? 0) * value(middle - half * (NODES[i] ?? 0))
  for (let i = 0; i <= 7; i++) sum += (WEIGHTS[i] ?? 0) * value(middle + half * (NODES[i] ?? 0))
  return sum
}

function massOf({ wins, losses }: Belief): { readonly from: number; readonly to: number } {
  const [a, b] = [wins + 1, losses + 1]
  const mean = a / (a + b)
  const spread = REACH * Math.sqrt((mean * (1 - mean)) / (a + b + 1))
  return { from: Math.max(0, mean - spread), to: Math.min(1, mean + spread) }
}

/** Unnormalised Beta density; with many trades the normalisation would be a difference of huge logarithms. */
function densityOf({ wins, losses }: Belief): (x: number) => number {
  const peak = wins + losses === 0 ? 0.5 : wins / (wins + losses)
  const logOf = (count: number, ratio: number) => (count === 0 ? 0 : count * Math.log(ratio))
  return (x) => (x < 0 || x > 1 ? 0 : Math.exp(logOf(wins, x / peak) + logOf(losses, (1 - x) / (1 - peak))))
}

/** Unnormalised distribution function of a posterior, evaluated at ascending points by adding up the intervals between them. */
class BetaCdf {
  private readonly density: (x: number) => number
  private readonly from: number
  private readonly to: number
  private reached: number
  private total = 0

  constructor(belief: Belief) {
    this.density = densityOf(belief)
    const { from, to } = massOf(belief)
    this.from = from
    this.to = to
    this.reached = from
  }

  at(x: number): number {
    if (x <= this.from) return 0
    const end = Math.min(x, this.to)
    // Steps are limited so that a narrow peak is not missed.
    const widest = (this.to - this.from) / PANELS
    while (this.reached < end) {
      const step = Math.min(widest, end - this.reached)
      this.total += (step / 2) * panelSum(this.reached + step / 2, step / 2, this.density)
      this.reached += step
      if (step < Number.EPSILON) break
    }
    return this.total
  }
}
