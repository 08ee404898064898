import { editor } from 'monaco-editor/editor.js'
import { useEffect, useRef } from 'react'
import { EDITOR_OPTIONS } from './setup.ts'

/** Longer than the computation of any diff. */
const DISPOSE_AFTER_MS = 10_000

/** The difference of two texts, read-only. */
export default function DiffViewer({ original, modified }: { original: string; modified: string }) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<editor.IStandaloneDiffEditor | null>(null)

  useEffect(() => {
    if (host.current === null) return
    const created = editor.createDiffEditor(host.current, {
      ...EDITOR_OPTIONS,
      readOnly: true,
      originalEditable: false,
      renderOverviewRuler: false,
      hideUnchangedRegions: { enabled: true },
      originalAriaLabel: 'The stored version',
      modifiedAriaLabel: 'The current file',
    })
    const before = editor.createModel('', 'typescript')
    const after = editor.createModel('', 'typescript')
    created.setModel({ original: before, modified: after })
    view.current = created
    return () => {
      view.current = null
      created.dispose()
      // Delayed: disposing a model while its diff is being computed throws an error that cannot be caught.
      setTimeout(() => {
        before.dispose()
        after.dispose()
      }, DISPOSE_AFTER_MS)
    }
  }, [])

  // The models are reused, because one must not be disposed while its diff is being computed.
  useEffect(() => {
    const models = view.current?.getModel()
    models?.original.setValue(original)
    models?.modified.setValue(modified)
  }, [original, modified])

  return <div ref={host} className="monaco-host" />
}
