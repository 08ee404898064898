import { editor } from 'monaco-editor/editor.js'
import { useEffect, useRef } from 'react'
import { EDITOR_OPTIONS, type ModelText, type Problem, setBatonTypes, setProblems, syncModels, uriOf } from './setup.ts'

interface CodeEditorProps {
  readonly files: readonly ModelText[]
  /** Changes only when files are added or removed, whereas `files` changes with every keystroke. */
  readonly paths: readonly string[]
  readonly active: string
  readonly types: string | null
  readonly problems: readonly Problem[]
  /** Puts the cursor there whenever `seq` changes. */
  readonly jump: { readonly seq: number; readonly path: string; readonly line: number; readonly column: number } | null
  readonly onEdit: (path: string, text: string) => void
}

/** The strategy editor: one Monaco instance for all files, each with its own scroll position and undo stack. */
export default function CodeEditor(props: CodeEditorProps) {
  const { files, paths, active, problems } = props
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<editor.IStandaloneCodeEditor | null>(null)
  const shown = useRef<string | null>(null)
  const states = useRef(new Map<string, editor.ICodeEditorViewState | null>())
  const onEdit = useRef(props.onEdit)
  onEdit.current = props.onEdit

  useEffect(() => {
    if (host.current === null) return
    const created = editor.create(host.current, { ...EDITOR_OPTIONS, model: null, ariaLabel: 'Strategy code' })
    view.current = created
    return () => {
      if (shown.current !== null) states.current.set(shown.current, created.saveViewState())
      shown.current = null
      view.current = null
      created.dispose()
    }
  }, [])

  useEffect(() => {
    if (props.types !== null) setBatonTypes(props.types)
  }, [props.types])

  useEffect(() => {
    syncModels(files, (path, text) => onEdit.current(path, text))
  }, [files])

  // Must run after the effect that creates the models.
  useEffect(() => {
    const current = view.current
    if (current === null || shown.current === active || !paths.includes(active)) return
    const model = editor.getModel(uriOf(active))
    if (model === null) return
    if (shown.current !== null) states.current.set(shown.current, current.saveViewState())
    current.setModel(model)
    const state = states.current.get(active)
    if (state !== undefined && state !== null) current.restoreViewState(state)
    shown.current = active
  }, [active, paths])

  useEffect(() => {
    setProblems(paths, problems)
  }, [paths, problems])

  const { jump } = props
  useEffect(() => {
    const current = view.current
    if (jump === null || current === null || shown.current !== jump.path) return
    const at = { lineNumber: jump.line, column: jump.column }
    current.setPosition(at)
    current.revealPositionInCenterIfOutsideViewport(at)
    current.focus()
  }, [jump])

  return <div ref={host} className="monaco-host" />
}
