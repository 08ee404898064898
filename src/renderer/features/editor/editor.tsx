import { lazy, Suspense, useCallback, useEffect, useMemo } from 'react'
import type { Diagnostic } from '../../../shared/domain/deployments.ts'
import { openAssignDialog } from '../../data/actions.ts'
import { isDirty, type OpenFile, strategyIn, strategyOf } from '../../data/files-store.ts'
import { useDesk, useFiles, useDeskModel, useUi } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Empty } from '../../ui/panel.tsx'
import { Compare } from './compare.tsx'
import { FileList } from './file-list.tsx'

// Monaco is most of the bundle; the desk is on screen before it.
const CodeEditor = lazy(() => import('../../ui/monaco/code-editor.tsx'))

/** A browser asks before it throws away what was typed; a desktop window keeps no such question, it only closes. */
function useLeaveGuard(): void {
  const model = useDeskModel()
  useEffect(() => {
    if (window.baton !== undefined) return
    const onLeave = (event: BeforeUnloadEvent): void => {
      if (Object.values(model.files.getState().files).some(isDirty)) event.preventDefault()
    }
    window.addEventListener('beforeunload', onLeave)
    return () => window.removeEventListener('beforeunload', onLeave)
  }, [model])
}

const NO_PROBLEMS: readonly Diagnostic[] = []

/** What the latest deployment of a strategy found wrong; empty once a later one passed. */
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
      <span>{path} changed on disk while you were editing. Nothing was overwritten.</span>
      <Button small onClick={() => model.fileActions.discardDraft(path)}>
        Reload conflict
      </Button>
      <Button small onClick={() => model.fileActions.keepDraft(path)}>
        Keep mine
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

/** Strategy files, their editor, and what the last deployment said about them. Saving deploys. */
export function Editor() {
  const model = useDeskModel()
  const files = useFiles((state) => state.files)
  const paths = useFiles((state) => state.paths)
  const active = useFiles((state) => state.active)
  const types = useFiles((state) => state.types)
  const loaded = useFiles((state) => state.loaded)
  const error = useFiles((state) => state.error)
  const jump = useFiles((state) => state.jump)
  const compare = useUi((state) => state.compare)
  const file = active === null ? undefined : files[active]
  const strategy = file === undefined ? null : strategyOf(file.path, file.base)
  const problems = useProblems(strategy)

  const models = useMemo(
    () =>
      paths.flatMap((path) => {
        const open = files[path]
        return open === undefined ? [] : [{ path, text: open.draft, revision: open.revision }]
      }),
    [paths, files],
  )
  useLeaveGuard()
  const onEdit = useCallback((path: string, text: string) => model.fileActions.edit(path, text), [model])

  if (compare !== null) return <Compare compare={compare} />
  if (!loaded) return <Empty busy>Loading strategies…</Empty>
  if (error !== null) return <Empty>The strategies could not be read: {error}. What is live goes on.</Empty>
  if (file === undefined) {
    return <Empty>The strategies folder is empty. A .ts file saved there appears here and starts a deployment.</Empty>
  }
  return (
    <div className="editor" data-testid="editor">
      <FileList />
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
            files={models}
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
          onJump={(problem) => model.fileActions.open(problem.file, { line: problem.line, column: problem.column })}
        />
      </div>
    </div>
  )
}

/** Strategy of a file that no slot is assigned to; null for a helper, and where it has one. */
function useSlotless(file: OpenFile | undefined): string | null {
  const strategy = file === undefined ? null : strategyIn(file)
  const has = useDesk((state) => state.slotIds.some((id) => state.slots[id]?.strategy === strategy))
  return strategy === null || has ? null : strategy
}

/** Beside the tabs: whether the file is saved, its candidate and what is live. */
export function EditorStatus() {
  const model = useDeskModel()
  const file = useFiles((state) => (state.active === null ? undefined : state.files[state.active]))
  const strategy = file === undefined ? null : strategyOf(file.path, file.base)
  const live = useDesk((state) => state.versions.find((row) => row.strategy === strategy && row.state === 'live'))
  const stopped = useDesk((state) =>
    state.status?.outages.find((one) => one.kind === 'faulted' && one.strategy === strategy),
  )
  const latest = useDesk((state) => state.deployments.find((row) => row.strategy === strategy))
  const slotless = useSlotless(file)
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
        <span className="shrinks">
          · candidate v{candidate.version?.number} {candidate.state}
        </span>
      )}
      {latest?.state === 'failed' && candidate === null ? (
        <span className="shrinks down">· last deployment failed</span>
      ) : null}
      <span
        className={live === undefined && stopped !== undefined ? 'shrinks down' : 'shrinks'}
        data-testid="live-version"
      >
        ·{' '}
        {live !== undefined
          ? `live is ${live.label}`
          : stopped?.version == null
            ? 'nothing live'
            : `${stopped.version.label} was live, stopped by a fault`}
      </span>
      {slotless === null ? null : (
        <Button small tone="attention" onClick={() => openAssignDialog(model, slotless)} testId="assign">
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
