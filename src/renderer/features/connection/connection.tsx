import type { ConnectionState } from '../../data/desk-store.ts'
import { useDesk } from '../../data/hooks.ts'
import { clock } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'

const STATE_TEXT: Readonly<Record<Exclude<ConnectionState, 'connected'>, string>> = {
  connecting: 'Connecting to the desk…',
  lost: 'The connection to the desk is lost; reconnecting. The desk may still be trading. What you see is old.',
  stale: 'Nothing received from the desk for over 12 seconds. What you see may be old.',
  'signed-out': 'This browser is not signed in. Open the address with the token that the desk printed when it started.',
}

/** Band shown while the state in the window may be old. */
export function ConnectionBand() {
  const connection = useDesk((state) => state.connection)
  const home = useDesk((state) => state.status?.homeFolder ?? null)
  const at = useDesk((state) => state.status?.now ?? null)
  const hasSnapshot = useDesk((state) => state.snapshots > 0)
  if (!hasSnapshot || connection === 'connected' || connection === 'connecting') return null
  return (
    <div className={`connection-band ${connection}`} role="status" data-testid="connection">
      <Icon name="warn" />
      <span>{STATE_TEXT[connection]}</span>
      {connection === 'lost' && home !== null ? (
        <span className="dim">To kill without this window, create an empty file KILL in {home}.</span>
      ) : null}
      {at === null ? null : <span className="figure">as of {clock(at)} UTC</span>}
    </div>
  )
}

/** Covers the window until the first snapshot. */
export function ConnectingScreen() {
  const connection = useDesk((state) => state.connection)
  const hasSnapshot = useDesk((state) => state.snapshots > 0)
  if (hasSnapshot) return null
  const signedOut = connection === 'signed-out'
  return (
    <div className="connecting-screen" role="status" data-testid="connection">
      <h1>{signedOut ? 'Sign in' : connection === 'lost' ? 'No desk at this address' : 'Connecting…'}</h1>
      <p>
        {signedOut
          ? STATE_TEXT['signed-out']
          : connection === 'lost'
            ? 'Nothing answers at this address. Start the desk; this window then connects by itself.'
            : 'Loading the state of the desk.'}
      </p>
    </div>
  )
}
