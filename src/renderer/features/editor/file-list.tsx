import { isDirty, strategyOf } from '../../data/files-store.ts'
import { useDesk, useDeskModel, useFiles } from '../../data/hooks.ts'
import { VersionDot } from '../../ui/version-dot.tsx'

function FileItem({ path }: { path: string }) {
  const model = useDeskModel()
  const file = useFiles((state) => state.files[path])
  const active = useFiles((state) => state.active === path)
  const strategy = file === undefined ? null : strategyOf(path, file.base)
  const live = useDesk(
    (state) => state.versions.find((row) => row.strategy === strategy && row.state === 'live') ?? null,
  )
  if (file === undefined) return null
  const dirty = isDirty(file)
  return (
    <li>
      <button
        type="button"
        className={active ? 'file active' : 'file'}
        aria-current={active ? 'true' : undefined}
        onClick={() => model.fileActions.open(path)}
        data-testid={`file-${path}`}
      >
        <span className="file-name">{path}</span>
        {dirty ? (
          <span className="attention" title="Unsaved changes">
            ●<span className="sr-only"> not saved</span>
          </span>
        ) : live === null ? null : (
          <span title={`Live: ${live.label}`}>
            <VersionDot version={live} />
          </span>
        )}
      </button>
    </li>
  )
}

/** All files below the strategies folder: a dot marks unsaved changes, a version's icon its live version. */
export function FileList() {
  const paths = useFiles((state) => state.paths)
  return (
    <ul className="file-list" aria-label="Strategy files">
      {paths.map((path) => (
        <FileItem key={path} path={path} />
      ))}
    </ul>
  )
}
