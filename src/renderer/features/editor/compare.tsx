import { lazy, Suspense, useEffect, useState } from 'react'
import { messageOf } from '../../../shared/domain/base.ts'
import type { VersionRow } from '../../../shared/ipc/desk-view.ts'
import type { VersionSource } from '../../../shared/ipc/files.ts'
import { deployStored, rollBack } from '../../data/actions.ts'
import { useDesk, useDeskModel, useFiles } from '../../data/hooks.ts'
import type { Compare as CompareRequest } from '../../data/ui-store.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/panel.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'

const DiffViewer = lazy(() => import('../../ui/monaco/diff-viewer.tsx'))

type Loaded = { readonly source: VersionSource | null } | { readonly error: string } | null

function useSource(hash: string | null): Loaded {
  const model = useDeskModel()
  const [loaded, setLoaded] = useState<Loaded>(null)
  useEffect(() => {
    let isCurrent = true
    setLoaded(null)
    if (hash === null) return
    model.source(hash).then(
      (source) => (isCurrent ? setLoaded({ source }) : undefined),
      (error: unknown) => (isCurrent ? setLoaded({ error: messageOf(error) }) : undefined),
    )
    return () => {
      isCurrent = false
    }
  }, [hash, model])
  return loaded
}

/** Text of a file of a loaded version; empty while it is not loaded. */
function textOf(loaded: Loaded, path: string): string {
  const source = loaded !== null && 'source' in loaded ? loaded.source : null
  return source?.files.find((file) => file.path === path)?.text ?? ''
}

/** Rolls back to a version that was once kept; any other version is deployed through every step. */
function ActivateButton({ version }: { version: VersionRow | null }) {
  const model = useDeskModel()
  if (version === null || version.kept)
    return (
      <Button
        small
        disabled={version === null || version.state === 'live'}
        title={version?.state === 'live' ? 'This version is live' : undefined}
        onClick={() => (version === null ? undefined : rollBack(model, version.strategy, version.hash))}
      >
        Roll back to this
      </Button>
    )
  return (
    <Button
      small
      disabled={version.state === 'live' || version.state === 'canary'}
      title="It was never kept, so it is checked and proved like a new version"
      onClick={() => deployStored(model, version)}
    >
      Deploy this version
    </Button>
  )
}

/** What a stored version is compared with: the current file, or another version of the strategy. */
function AgainstSelect(props: {
  compare: CompareRequest
  value: string | null
  onChange: (hash: string | null) => void
}) {
  const { strategy, hash } = props.compare
  const others = useDesk((state) => state.versions).filter((row) => row.strategy === strategy && row.hash !== hash)
  const version = useDesk((state) => state.versions.find((row) => row.hash === hash))
  return (
    <label className="dim">
      against{' '}
      <select
        className="run-select"
        data-testid="compare-against"
        value={props.value ?? ''}
        onChange={(event) => props.onChange(event.target.value === '' ? null : event.target.value)}
      >
        <option value="">the current file</option>
        {others.map((row) => (
          <option key={row.hash} value={row.hash}>
            {row.label}
          </option>
        ))}
      </select>
      {version === undefined ? '' : ` · ${version.state}`}
    </label>
  )
}

/** Which file of the version is shown; a switch where there are several. */
function FileSwitch(props: { paths: readonly string[]; shown: string | undefined; onChange: (path: string) => void }) {
  if (props.paths.length <= 1) return <code className="dim">{props.shown}</code>
  return (
    <fieldset className="filter" aria-label="File">
      {props.paths.map((path) => (
        <button key={path} type="button" aria-pressed={path === props.shown} onClick={() => props.onChange(path)}>
          {path}
        </button>
      ))}
    </fieldset>
  )
}

/** A stored version against the current files or another version, read-only. */
export function Compare({ compare }: { compare: CompareRequest }) {
  const model = useDeskModel()
  const loaded = useSource(compare.hash)
  const files = useFiles((state) => state.files)
  const version = useDesk((state) => state.versions.find((row) => row.hash === compare.hash) ?? null)
  const [picked, setPicked] = useState<string | null>(null)
  const [other, setOther] = useState<string | null>(null)
  const otherLoaded = useSource(other)
  const source = loaded !== null && 'source' in loaded ? loaded.source : null
  const shown = source?.files.find((file) => file.path === picked) ?? source?.files[0]
  const paths = source?.files.map((file) => file.path) ?? []
  return (
    <section className="compare" aria-label={`${compare.label} against the current file`} data-testid="compare">
      <header className="compare-head">
        <VersionDot version={version ?? source?.version ?? null} />
        <strong>{compare.label}</strong>
        <AgainstSelect compare={compare} value={other} onChange={setOther} />
        <FileSwitch paths={paths} shown={shown?.path} onChange={setPicked} />
        <span className="spacer" />
        <ActivateButton version={version} />
        <Button small keys="Esc" onClick={() => model.ui.setState({ compare: null })}>
          Close
        </Button>
      </header>
      {loaded === null ? (
        <Empty busy>Loading the source of {compare.label}…</Empty>
      ) : 'error' in loaded ? (
        <Empty>The source could not be read: {loaded.error}.</Empty>
      ) : shown === undefined ? (
        <Empty>No source is stored for {compare.label}.</Empty>
      ) : (
        <Suspense fallback={<Empty busy>Loading the editor…</Empty>}>
          <DiffViewer
            original={shown.text}
            modified={other === null ? (files[shown.path]?.draft ?? '') : textOf(otherLoaded, shown.path)}
          />
        </Suspense>
      )}
    </section>
  )
}
