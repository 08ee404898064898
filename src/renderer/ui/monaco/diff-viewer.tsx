import { editor } from 'monaco-editor/editor.js'
import { useEffect, useRef } from 'react'
import { EDITOR_OPTIONS } from './setup.ts'

/** Longer than any diff takes. */
const LINGER_MS = 10_000

/** Two texts against each other, read-only. */
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
      originalAriaLabel: 'The version as it was built',
      modifiedAriaLabel: 'The file as it is now',
    })
    const before = editor.createModel('', 'typescript')
    const after = editor.createModel('', 'typescript')
    created.setModel({ original: before, modified: after })
    view.current = created
    return () => {
      view.current = null
      created.dispose()
      // Not with it: a diff that is being computed would find them gone, which is an error that nobody can catch.
      setTimeout(() => {
        before.dispose()
        after.dispose()
      }, LINGER_MS)
    }
  }, [])

  // The same two models for as long as the viewer lives: a model that goes while its diff is computed is an error.
  useEffect(() => {
    const models = view.current?.getModel()
    models?.original.setValue(original)
    models?.modified.setValue(modified)
  }, [original, modified])

  return <div ref={host} className="monaco-host" />
}
