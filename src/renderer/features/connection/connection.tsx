import type { ConnectionState } from '../../data/desk-store.ts'
import { useDesk } from '../../data/hooks.ts'
import { clock } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'

const WORDS: Readonly<Record<Exclude<ConnectionState, 'connected'>, string>> = {
  connecting: 'Connecting to the desk…',
  lost: 'This window lost the desk and is trying again. The desk may well go on trading; what you see is old.',
  stale: 'No news from the desk for over 12 seconds. What you see may be old.',
  'signed-out':
    'This browser is not signed in. Open the address the desk printed when it started: it carries the token.',
}

/** A band while the window does not know the present; figures below it are dimmed. */
export function ConnectionBand() {
  const link = useDesk((state) => state.link)
  const home = useDesk((state) => state.status?.homeFolder ?? null)
  const at = useDesk((state) => state.status?.now ?? null)
  const known = useDesk((state) => state.snapshots > 0)
  if (link === 'connected' || (link === 'connecting' && known)) return null
  if (!known) return null
  return (
    <div className={`connection-band ${link}`} role="status" data-testid="connection">
      <Icon name="warn" />
      <span>{WORDS[link]}</span>
      {link === 'lost' && home !== null ? (
        <span className="dim">An empty file KILL in {home} kills without this window.</span>
      ) : null}
      {at === null ? null : <span className="figure">as of {clock(at)} UTC</span>}
    </div>
  )
}

/** The whole window until the first snapshot. */
export function ConnectingScreen() {
  const link = useDesk((state) => state.link)
  const known = useDesk((state) => state.snapshots > 0)
  if (known) return null
  const signedOut = link === 'signed-out'
  return (
    <div className="first-contact" role="status" data-testid="connection">
      <h1>{signedOut ? 'Sign in' : link === 'lost' ? 'No desk here' : 'Connecting…'}</h1>
      <p>
        {signedOut
          ? WORDS['signed-out']
          : link === 'lost'
            ? 'Nothing answers at this address. If the desk was stopped, start it; this window connects by itself.'
            : 'Asking the desk for its state.'}
      </p>
    </div>
  )
}
