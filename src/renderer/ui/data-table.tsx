import { type KeyboardEvent, type ReactNode, type UIEvent, useId, useLayoutEffect, useRef, useState } from 'react'
import { ROW_PX, rowByKey, rowWindow, scrollToSee } from './row-window.ts'

export interface Column<Row> {
  readonly key: string
  readonly head: string
  readonly align?: 'right'
  /** CSS width; columns without one share what is left. */
  readonly width?: string
  readonly cell: (row: Row) => ReactNode
}

/** Rows drawn at first and added at a time where rows differ in height. */
const BATCH = 40

interface DataTableProps<Row> {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  rowClass?: (row: Row) => string | undefined
  /** Long text goes on in a second line instead of being cut. */
  wrap?: boolean
  /** Below this width in pixels the table scrolls sideways. */
  minWidth?: number
  /** Makes rows choosable, by click and by arrow keys; the value is the key of the chosen one. */
  chosen?: string | null
  onChoose?: (row: Row) => void
  /** By what the rows are sorted; the heads of `sortable` columns are buttons then. */
  sort?: { readonly key: string; readonly descends: boolean }
  sortable?: ReadonlySet<string>
  onSort?: (key: string) => void
  testId: string
}

/** What is scrolled to, and how many rows that makes: only those in sight are drawn, unless their heights differ. */
function useRowWindow(count: number, wrap: boolean) {
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 400 })
  const [drawn, setDrawn] = useState(BATCH)
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
    const below = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight
    if (below < 400 && drawn < count) setDrawn(drawn + BATCH)
  }
  const range = wrap ? { first: 0, last: Math.min(count, drawn) } : rowWindow(view.top, view.height, count)
  return { box, onScroll, range }
}

/** Holds the place of rows that are not drawn. */
function Gap({ rows }: { rows: number }) {
  return rows === 0 ? null : <tr className="row-gap" style={{ height: `${rows * ROW_PX}px` }} />
}

/** A table with fixed columns, 28 px rows and a heading that stays. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { columns, rows, rowKey, chosen = null, onChoose, sort, sortable, onSort } = props
  const id = useId()
  const { box, onScroll, range } = useRowWindow(rows.length, props.wrap === true)
  const at = chosen === null || onChoose === undefined ? -1 : rows.findIndex((row) => rowKey(row) === chosen)

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const to = rowByKey(event.key, at, rows.length)
    const row = to === undefined ? undefined : rows[to]
    if (to === undefined || row === undefined || onChoose === undefined) return
    event.preventDefault()
    onChoose(row)
    const element = box.current
    if (element !== null) element.scrollTop = scrollToSee(to, element.scrollTop, element.clientHeight)
  }

  const choosable = onChoose !== undefined
  return (
    <div ref={box} className="table-scroll" data-testid={props.testId} onScroll={onScroll}>
      <table
        className={`table${props.wrap === true ? ' wrap' : ''}${choosable ? ' choosable' : ''}`}
        aria-label={props.label}
        aria-rowcount={rows.length + 1}
        style={{ minWidth: props.minWidth }}
        {...(choosable
          ? { role: 'grid', tabIndex: 0, onKeyDown, 'aria-activedescendant': at < 0 ? undefined : `${id}-${at}` }
          : {})}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={column.width === undefined ? undefined : { width: column.width }} />
          ))}
        </colgroup>
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
        <tbody>
          <Gap rows={range.first} />
          {rows.slice(range.first, range.last).map((row, offset) => {
            const index = range.first + offset
            const own = index === at ? 'chosen' : ''
            return (
              <tr
                key={rowKey(row)}
                id={choosable ? `${id}-${index}` : undefined}
                className={`${own} ${props.rowClass?.(row) ?? ''}`.trim() || undefined}
                aria-rowindex={index + 2}
                aria-selected={choosable ? index === at : undefined}
                onClick={choosable ? () => onChoose(row) : undefined}
              >
                {columns.map((column) => (
                  <td key={column.key} className={column.align}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
          <Gap rows={rows.length - range.last} />
        </tbody>
      </table>
    </div>
  )
}
