import { type ReactNode, type UIEvent, useState } from 'react'

export interface Column<Row> {
  readonly key: string
  readonly head: string
  readonly align?: 'right'
  /** CSS width; columns without one share what is left. */
  readonly width?: string
  readonly cell: (row: Row) => ReactNode
}

/** Rows drawn at first and added at a time: a full ledger at once would hold the window for longer than a frame. */
const BATCH = 40

/** A plain table with fixed columns, 28 px rows and a heading that stays; rows further down come as one scrolls. */
export function DataTable<Row>(props: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  rowClass?: (row: Row) => string | undefined
  /** Long text goes on in a second line instead of being cut. */
  wrap?: boolean
  /** Below this width in pixels the table scrolls sideways. */
  minWidth?: number
  testId: string
}) {
  const [drawn, setDrawn] = useState(BATCH)
  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>): void => {
    const below = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight
    if (below < 400 && drawn < props.rows.length) setDrawn(drawn + BATCH)
  }
  return (
    <div className="table-scroll" data-testid={props.testId} onScroll={onScroll}>
      <table
        className={props.wrap === true ? 'table wrap' : 'table'}
        aria-label={props.label}
        style={{ minWidth: props.minWidth }}
      >
        <colgroup>
          {props.columns.map((column) => (
            <col key={column.key} style={column.width === undefined ? undefined : { width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.key} scope="col" className={column.align}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.slice(0, drawn).map((row) => (
            <tr key={props.rowKey(row)} className={props.rowClass?.(row)}>
              {props.columns.map((column) => (
                <td key={column.key} className={column.align}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
