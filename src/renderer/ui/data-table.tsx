import { type KeyboardEvent, type ReactNode, type UIEvent, useId, useLayoutEffect, useRef, useState } from 'react'
import { ROW_PX, rowByKey, rowWindow, scrollToSee } from './row-window.ts'

export interface Column<Row> {
  readonly key: string
  readonly head: string
  readonly align?: 'right'
  /** CSS width; columns without one share the remaining width. */
  readonly width?: string
  readonly cell: (row: Row) => ReactNode
}

/** Rows rendered at first, and added while scrolling, in a table whose rows differ in height. */
const BATCH = 40

interface DataTableProps<Row> {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  rowClass?: (row: Row) => string | undefined
  /** Long text wraps instead of being cut; rows then differ in height. */
  wrap?: boolean
  /** Below this width in pixels the table scrolls sideways. */
  minWidth?: number
  /** Key of the chosen row. */
  chosen?: string | null
  /** Makes rows choosable by click and by arrow keys. */
  onChoose?: (row: Row) => void
  /** Current order of the rows. */
  sort?: { readonly key: string; readonly descends: boolean }
  /** Keys of the columns whose heads are sort buttons. */
  sortable?: ReadonlySet<string>
  onSort?: (key: string) => void
  testId: string
}

/** Range of rows to render: the visible ones, or, if rows differ in height, all down to the visible ones. */
function useRowWindow(count: number, wrap: boolean) {
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 400 })
  const [rendered, setRendered] = useState(BATCH)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(() => setView((old) => ({ ...old, height: element.clientHeight })))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>): void => {
    if (!wrap) {
      setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })
      return
    }
    const pixelsBelow = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight
    if (pixelsBelow < 400 && rendered < count) setRendered(rendered + BATCH)
  }
  const range = wrap ? { first: 0, last: Math.min(count, rendered) } : rowWindow(view.top, view.height, count)
  return { box, onScroll, range }
}

/** Takes the space of rows that are not rendered. */
function Gap({ rows }: { rows: number }) {
  return rows === 0 ? null : <tr className="row-gap" style={{ height: `${rows * ROW_PX}px` }} />
}

function ColumnHeads<Row>({ columns, sort, sortable, onSort }: DataTableProps<Row>) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th
            key={column.key}
            scope="col"
            className={column.align}
            aria-sort={sort?.key !== column.key ? undefined : sort.descends ? 'descending' : 'ascending'}
          >
            {sortable?.has(column.key) === true ? (
              <button type="button" className="sort" onClick={() => onSort?.(column.key)}>
                {column.head}
                <span aria-hidden>{sort?.key !== column.key ? '' : sort.descends ? ' ↓' : ' ↑'}</span>
              </button>
            ) : (
              column.head
            )}
          </th>
        ))}
      </tr>
    </thead>
  )
}

function TableRow<Row>(props: { table: DataTableProps<Row>; row: Row; index: number; id: string; chosen: boolean }) {
  const { table, row, index, chosen } = props
  const { onChoose } = table
  return (
    <tr
      id={onChoose === undefined ? undefined : props.id}
      className={`${chosen ? 'chosen' : ''} ${table.rowClass?.(row) ?? ''}`.trim() || undefined}
      aria-rowindex={index + 2}
      aria-selected={onChoose === undefined ? undefined : chosen}
      onClick={onChoose === undefined ? undefined : () => onChoose(row)}
    >
      {table.columns.map((column) => (
        <td key={column.key} className={column.align}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
}

/** A table with fixed columns, 28 px rows and a sticky head. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { columns, rows, rowKey, chosen = null, onChoose } = props
  const id = useId()
  const { box, onScroll, range } = useRowWindow(rows.length, props.wrap === true)
  const chosenIndex = chosen === null || onChoose === undefined ? -1 : rows.findIndex((row) => rowKey(row) === chosen)

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const next = rowByKey(event.key, chosenIndex, rows.length)
    const row = next === undefined ? undefined : rows[next]
    if (next === undefined || row === undefined || onChoose === undefined) return
    event.preventDefault()
    onChoose(row)
    const element = box.current
    if (element !== null) element.scrollTop = scrollToSee(next, element.scrollTop, element.clientHeight)
  }

  const activeRow = chosenIndex < 0 ? undefined : `${id}-${chosenIndex}`
  const gridProps = { role: 'grid', tabIndex: 0, onKeyDown, 'aria-activedescendant': activeRow }
  return (
    <div ref={box} className="table-scroll" data-testid={props.testId} onScroll={onScroll}>
      <table
        className={`table${props.wrap === true ? ' wrap' : ''}${onChoose === undefined ? '' : ' choosable'}`}
        aria-label={props.label}
        aria-rowcount={rows.length + 1}
        style={{ minWidth: props.minWidth }}
        {...(onChoose === undefined ? {} : gridProps)}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={column.width === undefined ? undefined : { width: column.width }} />
          ))}
        </colgroup>
        <ColumnHeads {...props} />
        <tbody>
          <Gap rows={range.first} />
          {rows.slice(range.first, range.last).map((row, offset) => {
            const index = range.first + offset
            const rowId = `${id}-${index}`
            return (
              <TableRow
                key={rowKey(row)}
                table={props}
                row={row}
                index={index}
                id={rowId}
                chosen={index === chosenIndex}
              />
            )
          })}
          <Gap rows={rows.length - range.last} />
        </tbody>
      </table>
    </div>
  )
}
