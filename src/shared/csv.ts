/** Value of a table cell. */
export type Cell = string | number | boolean | null

/** Start of a text that a spreadsheet would evaluate as a formula. */
const FORMULA = /^\s*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i

/**
 * One line of CSV (RFC 4180) with its line end; null is an empty cell. Text that a spreadsheet would evaluate gets a leading
 * apostrophe, except for numbers.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\n`
}

function csvCell(cell: Cell): string {
  const plain = cell === null ? '' : String(cell)
  const harmless = typeof cell === 'string' && FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
