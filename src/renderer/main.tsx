import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { BROWSER } from './data/browser.ts'
import { createDeskClient } from './data/create-desk-client.ts'
import { startDeskModel } from './data/desk-model.ts'
import { DeskModelContext } from './data/hooks.ts'
import './styles/fonts.css'
import './styles/base.css'
import './styles/parts.css'
import './styles/top.css'
import './styles/slots.css'
import './styles/market.css'
import './styles/attribution.css'
import './styles/workbench.css'
import './styles/side.css'
import './styles/proof.css'
import './styles/replay.css'
import './styles/overlays.css'

const model = startDeskModel(createDeskClient(), BROWSER)
const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')

createRoot(root).render(
  <StrictMode>
    <DeskModelContext value={model}>
      <App />
    </DeskModelContext>
  </StrictMode>,
)
