/** What stands in a cell of a table. */
export type Cell = string | number | boolean | null

/** A spreadsheet takes text that begins so for a formula, and runs it. */
const FORMULA = /^\s*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i

/**
 * One line of CSV (RFC 4180) with its end; null is an empty cell. Text that a spreadsheet would run is led by an apostrophe;
 * numbers stay numbers, also as text.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\n`
}

function csvCell(cell: Cell): string {
  const plain = cell === null ? '' : String(cell)
  const harmless = typeof cell === 'string' && FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
