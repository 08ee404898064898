import { Command } from 'cmdk'
import { Dialog } from 'radix-ui'
import { type KeyboardEvent, useMemo, useState } from 'react'
import { candidateToReload } from '../../data/actions.ts'
import { strategiesOf } from '../../data/files-store.ts'
import { useDesk, useDeskModel, useFiles, useUi } from '../../data/hooks.ts'
import { commandGroups, type Group } from './commands.ts'
import { type Action, matchScore } from './match.ts'

/** Number of recently used commands that rank higher. */
const KEPT_RECENT = 8

function useGroups(): readonly Group[] {
  const model = useDeskModel()
  const trading = useDesk((state) => state.status?.trading ?? 'running')
  const deploys = useDesk((state) => state.status?.deploys ?? 'open')
  const versions = useDesk((state) => state.versions)
  const deployments = useDesk((state) => state.deployments)
  const slotIds = useDesk((state) => state.slotIds)
  const slots = useDesk((state) => state.slots)
  const paths = useFiles((state) => state.paths)
  const files = useFiles((state) => state.files)
  const active = useFiles((state) => state.active)
  const picked = useUi((state) => state.deployment)
  const singleKeys = useUi((state) => state.singleKeys)
  const strategies = useMemo(() => strategiesOf(files, versions), [files, versions])
  const candidate = candidateToReload(deployments, picked)
  const state = {
    trading,
    deploys,
    versions,
    deployments,
    slotIds,
    slots,
    paths,
    strategies,
    active,
    candidate,
    singleKeys,
  }
  return commandGroups(model, state)
}

function Item({
  action,
  isConfirming,
  onSelect,
}: {
  action: Action
  isConfirming: boolean
  onSelect: (action: Action) => void
}) {
  return (
    <Command.Item
      value={action.name}
      onSelect={() => onSelect(action)}
      className={isConfirming ? 'confirming' : undefined}
    >
      <span>{action.name}</span>
      {isConfirming ? (
        <strong role="status" data-testid="palette-again">
          Enter again to {action.confirm}
        </strong>
      ) : action.keys === undefined ? null : (
        <kbd className="keys">{action.keys}</kbd>
      )}
    </Command.Item>
  )
}

/** Key repeat of a held Enter must not count as the confirmation. */
function ignoreRepeatedEnter(event: KeyboardEvent): void {
  if (event.key === 'Enter' && event.repeat) event.preventDefault()
}

function Commands({ onDone }: { onDone: () => void }) {
  const model = useDeskModel()
  const groups = useGroups()
  const recent = useUi((state) => state.recentCommands)
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState('')
  /** Name of the command that waits for its confirmation. */
  const [confirming, setConfirming] = useState<string | null>(null)
  const byName = new Map(groups.flatMap(({ actions }) => actions.map((action) => [action.name.toLowerCase(), action])))
  const select = (action: Action): void => {
    if (action.confirm !== undefined && confirming !== action.name) return setConfirming(action.name)
    const names = [action.name, ...recent.filter((name) => name !== action.name)]
    model.ui.setState({ recentCommands: names.slice(0, KEPT_RECENT) })
    onDone()
    action.run()
  }
  return (
    <Command
      label="Commands"
      value={chosen}
      onValueChange={(value) => {
        setChosen(value)
        setConfirming(null)
      }}
      onKeyDown={ignoreRepeatedEnter}
      filter={(value, search) => {
        const action = byName.get(value.toLowerCase())
        return action === undefined ? 0 : matchScore(search, action, recent)
      }}
    >
      <Command.Input
        placeholder="Type a command, a slot, a file or a version"
        value={query}
        onValueChange={(value) => {
          setQuery(value)
          setConfirming(null)
        }}
      />
      <Command.List>
        <Command.Empty>No command matches.</Command.Empty>
        {groups.map(({ heading, actions }) =>
          actions.length === 0 ? null : (
            <Command.Group key={heading} heading={heading}>
              {actions.map((action) => (
                <Item key={action.name} action={action} isConfirming={confirming === action.name} onSelect={select} />
              ))}
            </Command.Group>
          ),
        )}
      </Command.List>
    </Command>
  )
}

/** All commands by name. Those that affect money are listed last and need a second Enter. */
export function Palette() {
  const model = useDeskModel()
  const open = useUi((state) => state.paletteOpen)
  return (
    <Dialog.Root open={open} onOpenChange={(next) => model.ui.setState({ paletteOpen: next })}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="palette" aria-label="Commands" aria-describedby={undefined}>
          <Dialog.Title className="sr-only">Commands</Dialog.Title>
          <Commands onDone={() => model.ui.setState({ paletteOpen: false })} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
