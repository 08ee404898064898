import { lazy, Suspense, useEffect, useState } from 'react'
import type { VersionRow } from '../../../shared/ipc/desk-view.ts'
import type { VersionSource } from '../../../shared/ipc/files.ts'
import { deployStored, rollBack } from '../../data/actions.ts'
import { useDesk, useFiles, useDeskModel } from '../../data/hooks.ts'
import type { Compare as Comparison } from '../../data/ui-store.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/panel.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'

const DiffViewer = lazy(() => import('../../ui/monaco/diff-viewer.tsx'))

type Loaded = { readonly source: VersionSource | null } | { readonly error: string } | null

function useSource(hash: string | null): Loaded {
  const model = useDeskModel()
  const [loaded, setLoaded] = useState<Loaded>(null)
  useEffect(() => {
    let wanted = true
    setLoaded(null)
    if (hash === null) return
    model.source(hash).then(
      (source) => (wanted ? setLoaded({ source }) : undefined),
      (error: unknown) =>
        wanted ? setLoaded({ error: error instanceof Error ? error.message : String(error) }) : undefined,
    )
    return () => {
      wanted = false
    }
  }, [hash, model])
  return loaded
}

/** A file of a loaded version; nothing while it is not there. */
function textOf(loaded: Loaded, path: string): string {
  const source = loaded !== null && 'source' in loaded ? loaded.source : null
  return source?.files.find((file) => file.path === path)?.text ?? ''
}

/** The way back to a version that was once kept; any other goes through every check again. */
function GoBack({ version }: { version: VersionRow | null }) {
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
      title="It was never kept: it is checked and proved like a new one"
      onClick={() => deployStored(model, version)}
    >
      Deploy this version
    </Button>
  )
}

/** A stored version against the files as they are in the editor, or another version, read-only, with the way back to it. */
export function Compare({ compare }: { compare: Comparison }) {
  const model = useDeskModel()
  const loaded = useSource(compare.hash)
  const files = useFiles((state) => state.files)
  const version = useDesk((state) => state.versions.find((row) => row.hash === compare.hash) ?? null)
  const [picked, setPicked] = useState<string | null>(null)
  const [other, setOther] = useState<string | null>(null)
  const held = useSource(other)
  const others = useDesk((state) => state.versions).filter(
    (row) => row.strategy === compare.strategy && row.hash !== compare.hash,
  )
  const source = loaded !== null && 'source' in loaded ? loaded.source : null
  const shown = source?.files.find((file) => file.path === picked) ?? source?.files[0]
  return (
    <section className="compare" aria-label={`${compare.label} against the file now`} data-testid="compare">
      <header className="compare-head">
        <VersionDot version={version ?? source?.version ?? null} />
        <strong>{compare.label}</strong>
        <label className="dim">
          against{' '}
          <select
            className="run-select"
            data-testid="compare-against"
            value={other ?? ''}
            onChange={(event) => setOther(event.target.value === '' ? null : event.target.value)}
          >
            <option value="">the file now</option>
            {others.map((row) => (
              <option key={row.hash} value={row.hash}>
                {row.label}
              </option>
            ))}
          </select>
          {version === null ? '' : ` · ${version.state}`}
        </label>
        {(source?.files.length ?? 0) > 1 ? (
          <fieldset className="filter" aria-label="File">
            {source?.files.map((file) => (
              <button
                key={file.path}
                type="button"
                aria-pressed={file.path === shown?.path}
                onClick={() => setPicked(file.path)}
              >
                {file.path}
              </button>
            ))}
          </fieldset>
        ) : (
          <code className="dim">{shown?.path}</code>
        )}
        <span className="spring" />
        <GoBack version={version} />
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
            modified={other === null ? (files[shown.path]?.draft ?? '') : textOf(held, shown.path)}
          />
        </Suspense>
      )}
    </section>
  )
}
