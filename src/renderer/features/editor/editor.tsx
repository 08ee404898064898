import { lazy, Suspense, useCallback, useEffect, useMemo } from 'react'
import type { Diagnostic } from '../../../shared/domain/deployments.ts'
import { openAssignDialog } from '../../data/actions.ts'
import { isDirty, type OpenFile, strategyIn, strategyOf } from '../../data/files-store.ts'
import { useDesk, useDeskModel, useFiles, useUi } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import type { ModelText } from '../../ui/monaco/setup.ts'
import { Empty } from '../../ui/panel.tsx'
import { Compare } from './compare.tsx'
import { FileList } from './file-list.tsx'

// Monaco is most of the bundle, so it is loaded after the rest of the window.
const CodeEditor = lazy(() => import('../../ui/monaco/code-editor.tsx'))

/** Makes a browser ask before it discards unsaved text. Not in a desktop window, where that would only block closing. */
function useLeaveGuard(): void {
  const model = useDeskModel()
  useEffect(() => {
    if (window.baton !== undefined) return
    const onUnload = (event: BeforeUnloadEvent): void => {
      if (Object.values(model.files.getState().files).some(isDirty)) event.preventDefault()
    }
    window.addEventListener('beforeunload', onUnload)
    return () => window.removeEventListener('beforeunload', onUnload)
  }, [model])
}

const NO_PROBLEMS: readonly Diagnostic[] = []

/** Diagnostics of a strategy's latest deployment, if it failed. */
function useProblems(strategy: string | null): readonly Diagnostic[] {
  return useDesk((state) => {
    const latest = state.deployments.find((row) => row.strategy === strategy)
    return latest !== undefined && latest.state === 'failed' ? latest.diagnostics : NO_PROBLEMS
  })
}

function Conflict({ path }: { path: string }) {
  const model = useDeskModel()
  const conflict = useFiles((state) => state.files[path]?.conflict ?? null)
  if (conflict === null) return null
  return (
    <div className="conflict" role="alert" data-testid="conflict">
      <Icon name="warn" />
      <span>{path} changed on disk while you were editing. Your text is unchanged.</span>
      <Button small onClick={() => model.fileActions.discardDraft(path)}>
        Reload from disk
      </Button>
      <Button small onClick={() => model.fileActions.keepDraft(path)}>
        Keep my text
      </Button>
    </div>
  )
}

function Problems({ problems, onJump }: { problems: readonly Diagnostic[]; onJump: (problem: Diagnostic) => void }) {
  if (problems.length === 0) return null
  return (
    <ul className="problems" data-testid="problems" aria-label="Problems found by the deployment">
      {problems.map((problem) => (
        <li key={`${problem.file}:${problem.line}:${problem.column}:${problem.message}`}>
          <button type="button" className="problem" onClick={() => onJump(problem)}>
            <Icon name="cross" className="down" />
            <code>
              {problem.file}:{problem.line}:{problem.column}
            </code>
            <span>{problem.message}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** The text of every file for the editor. */
function useModelTexts(): readonly ModelText[] {
  const files = useFiles((state) => state.files)
  const paths = useFiles((state) => state.paths)
  return useMemo(
    () =>
      paths.flatMap((path) => {
        const file = files[path]
        return file === undefined ? [] : [{ path, text: file.draft, revision: file.revision }]
      }),
    [paths, files],
  )
}

function EditorBody({ file }: { file: OpenFile }) {
  const model = useDeskModel()
  const paths = useFiles((state) => state.paths)
  const types = useFiles((state) => state.types)
  const jump = useFiles((state) => state.jump)
  const files = useModelTexts()
  const problems = useProblems(strategyOf(file.path, file.base))
  const onEdit = useCallback((path: string, text: string) => model.fileActions.edit(path, text), [model])
  return (
    <div className="editor-main">
      <Conflict path={file.path} />
      {file.error === null || file.conflict !== null ? null : (
        <div className="conflict" role="alert">
          <Icon name="warn" />
          <span>{file.error}</span>
        </div>
      )}
      <Suspense fallback={<Empty busy>Loading the editor…</Empty>}>
        <CodeEditor
          files={files}
          paths={paths}
          active={file.path}
          types={types}
          problems={problems}
          jump={jump}
          onEdit={onEdit}
        />
      </Suspense>
      <Problems
        problems={problems}
        onJump={({ file: path, line, column }) => model.fileActions.open(path, { line, column })}
      />
    </div>
  )
}

/** Strategy files, their editor, and the diagnostics of the last deployment. Saving a file deploys it. */
export function Editor() {
  const file = useFiles((state) => (state.active === null ? undefined : state.files[state.active]))
  const loaded = useFiles((state) => state.loaded)
  const error = useFiles((state) => state.error)
  const compare = useUi((state) => state.compare)
  useLeaveGuard()
  if (compare !== null) return <Compare compare={compare} />
  if (!loaded) return <Empty busy>Loading strategies…</Empty>
  if (error !== null) return <Empty>The strategies could not be read: {error}. Live versions keep trading.</Empty>
  if (file === undefined) {
    return <Empty>The strategies folder is empty. A .ts file saved there appears here and starts a deployment.</Empty>
  }
  return (
    <div className="editor" data-testid="editor">
      <FileList />
      <EditorBody file={file} />
    </div>
  )
}

/** The strategy of a file if no slot is assigned to it. */
function useUnassigned(file: OpenFile | undefined): string | null {
  const strategy = file === undefined ? null : strategyIn(file)
  const hasSlot = useDesk((state) => state.slotIds.some((id) => state.slots[id]?.strategy === strategy))
  return strategy === null || hasSlot ? null : strategy
}

/** Beside the tabs: whether the file is saved, its candidate and its live version. */
export function EditorStatus() {
  const model = useDeskModel()
  const file = useFiles((state) => (state.active === null ? undefined : state.files[state.active]))
  const strategy = file === undefined ? null : strategyOf(file.path, file.base)
  const live = useDesk((state) => state.versions.find((row) => row.strategy === strategy && row.state === 'live'))
  const stopped = useDesk((state) =>
    state.status?.outages.find((outage) => outage.kind === 'faulted' && outage.strategy === strategy),
  )
  const latest = useDesk((state) => state.deployments.find((row) => row.strategy === strategy))
  const unassigned = useUnassigned(file)
  if (file === undefined) return null
  const dirty = isDirty(file)
  const candidate =
    latest !== undefined &&
    latest.version !== null &&
    latest.version.hash !== live?.hash &&
    latest.version.hash !== stopped?.version?.hash
      ? latest
      : null
  return (
    <div className="editor-status">
      <span className={dirty ? 'attention' : ''} data-testid="file-state">
        {file.conflict !== null ? 'changed on disk' : file.saving ? 'saving…' : dirty ? 'not saved' : 'saved'}
      </span>
      {candidate === null ? null : (
        <span className="can-shrink">
          · candidate v{candidate.version?.number} {candidate.state}
        </span>
      )}
      {latest?.state === 'failed' && candidate === null ? (
        <span className="can-shrink down">· last deployment failed</span>
      ) : null}
      <span
        className={live === undefined && stopped !== undefined ? 'can-shrink down' : 'can-shrink'}
        data-testid="live-version"
      >
        ·{' '}
        {live !== undefined
          ? `live is ${live.label}`
          : stopped?.version == null
            ? 'no live version'
            : `${stopped.version.label} was live, stopped by a fault`}
      </span>
      {unassigned === null ? null : (
        <Button small tone="attention" onClick={() => openAssignDialog(model, unassigned)} testId="assign">
          No slot: assign…
        </Button>
      )}
      {dirty ? (
        <Button small keys="Ctrl S" disabled={file.saving} onClick={() => void model.save(file.path)}>
          Save
        </Button>
      ) : null}
    </div>
  )
}
