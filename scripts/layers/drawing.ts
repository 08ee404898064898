import type { LayerTable } from './check.ts'

const BEGIN = '<!-- parts: drawn by scripts/layers.ts from lint/layers.json -->'
const END = '<!-- end of parts -->'

/** Folders of one part of the table belong to one box: all of `engine`, all of `shared`, each folder of `main`. */
function boxOf(part: string): string {
  const [top = '', next] = part.split('/')
  return top === 'engine' || top === 'shared' || next === undefined ? top : `${top}/${next}`
}

/**
 * A Mermaid flow chart of the allow-list: an arrow from a box to each box that it may import, without arrows that follow from
 * others.
 */
export function drawParts(table: LayerTable): string {
  const boxes = [...new Set(Object.keys(table).map(boxOf))]
  const direct = new Map<string, Set<string>>(boxes.map((box) => [box, new Set()]))
  for (const [part, { may }] of Object.entries(table))
    for (const target of may) {
      const named = Object.keys(table).find((other) => target === other || target.startsWith(`${other}/`))
      const box = named === undefined ? undefined : boxOf(named)
      if (box !== undefined && box !== boxOf(part)) direct.get(boxOf(part))?.add(box)
    }
  const reaches = (from: string, to: string, passed: readonly string[] = []): boolean =>
    [...(direct.get(from) ?? [])].some(
      (next) => next === to || (!passed.includes(next) && reaches(next, to, [...passed, next])),
    )
  const arrows = boxes.flatMap((from) => {
    const targets = [...(direct.get(from) ?? [])]
    const needed = targets.filter((to) => !targets.some((other) => other !== to && reaches(other, to)))
    return needed.map((to) => `  ${idOf(from)} --> ${idOf(to)}`)
  })
  const names = boxes.map((box) => `  ${idOf(box)}["${box}"]`)
  return ['```mermaid', 'flowchart TD', ...names, ...arrows, '```'].join('\n')
}

function idOf(box: string): string {
  return box.replaceAll(/\W/g, '_')
}

/** The document with its drawing brought up to date; unchanged where it has no place for one. */
export function withDrawing(document: string, table: LayerTable): string {
  const from = document.indexOf(BEGIN)
  const to = document.indexOf(END)
  if (from === -1 || to === -1) return document
  return `${document.slice(0, from + BEGIN.length)}\n\n${drawParts(table)}\n\n${document.slice(to)}`
}
