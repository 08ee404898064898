import { editor } from 'monaco-editor/editor.js'
import { useEffect, useRef } from 'react'
import { EDITOR_OPTIONS } from './setup.ts'

/** Two texts against each other, read-only. */
export default function DiffViewer({ original, modified }: { original: string; modified: string }) {
  const host = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (host.current === null) return
    const view = editor.createDiffEditor(host.current, {
      ...EDITOR_OPTIONS,
      readOnly: true,
      originalEditable: false,
      renderOverviewRuler: false,
      hideUnchangedRegions: { enabled: true },
      originalAriaLabel: 'The version as it was built',
      modifiedAriaLabel: 'The file as it is now',
    })
    const before = editor.createModel(original, 'typescript')
    const after = editor.createModel(modified, 'typescript')
    view.setModel({ original: before, modified: after })
    return () => {
      view.dispose()
      before.dispose()
      after.dispose()
    }
  }, [original, modified])

  return <div ref={host} className="monaco-host" />
}
