import { editor, languages, MarkerSeverity, Uri } from 'monaco-editor/editor.js'
// Only the features that a strategy editor needs: the full bundle contains eighty languages and their workers.
import 'monaco-editor/features/codicon/register.js'
import 'monaco-editor/features/codeEditor/register.js'
import 'monaco-editor/features/bracketMatching/register.js'
import 'monaco-editor/features/caretOperations/register.js'
import 'monaco-editor/features/clipboard/register.js'
import 'monaco-editor/features/codeAction/register.js'
import 'monaco-editor/features/codelens/register.js'
import 'monaco-editor/features/comment/register.js'
import 'monaco-editor/features/contextmenu/register.js'
import 'monaco-editor/features/cursorUndo/register.js'
import 'monaco-editor/features/diffEditor/register.js'
import 'monaco-editor/features/documentSymbols/register.js'
import 'monaco-editor/features/dropOrPasteInto/register.js'
import 'monaco-editor/features/find/register.js'
import 'monaco-editor/features/folding/register.js'
import 'monaco-editor/features/format/register.js'
import 'monaco-editor/features/gotoError/register.js'
import 'monaco-editor/features/gotoSymbol/register.js'
import 'monaco-editor/features/hover/register.js'
import 'monaco-editor/features/indentation/register.js'
import 'monaco-editor/features/linesOperations/register.js'
import 'monaco-editor/features/multicursor/register.js'
import 'monaco-editor/features/parameterHints/register.js'
import 'monaco-editor/features/readOnlyMessage/register.js'
import 'monaco-editor/features/referenceSearch/register.js'
import 'monaco-editor/features/rename/register.js'
import 'monaco-editor/features/smartSelect/register.js'
import 'monaco-editor/features/snippet/register.js'
import 'monaco-editor/features/suggest/register.js'
// The suggestion widget: the feature above contains only inline completions.
import 'monaco-editor/editor/contrib/suggest/browser/suggestController.js'
import 'monaco-editor/features/toggleTabFocusMode/register.js'
import 'monaco-editor/features/wordHighlighter/register.js'
import 'monaco-editor/features/wordOperations/register.js'
import 'monaco-editor/languages/definitions/typescript/register.js'
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker'
import {
  ModuleKind,
  ModuleResolutionKind,
  ScriptTarget,
  typescriptDefaults,
} from 'monaco-editor/languages/features/typescript/register.js'
import TypeScriptWorker from 'monaco-editor/languages/features/typescript/ts.worker.js?worker'

declare global {
  interface Window {
    MonacoEnvironment?: { getWorker(moduleId: string, label: string): Worker }
  }
}

window.MonacoEnvironment = {
  getWorker: (_moduleId, label) => (label === 'typescript' ? new TypeScriptWorker() : new EditorWorker()),
}

const THEME = 'baton'

editor.defineTheme(THEME, {
  base: 'vs-dark',
  inherit: true,
  rules: [
    { token: '', foreground: 'd7dce2' },
    { token: 'comment', foreground: '7d8792' },
    { token: 'keyword', foreground: 'b48cf2' },
    { token: 'string', foreground: '9ccb8f' },
    { token: 'number', foreground: 'e0a33e' },
    { token: 'regexp', foreground: '4fc4cf' },
    { token: 'type', foreground: '8fb6e8' },
    { token: 'type.identifier', foreground: '8fb6e8' },
    { token: 'delimiter', foreground: 'a9b1bb' },
  ],
  colors: {
    'editor.background': '#0b0d10',
    'editor.foreground': '#d7dce2',
    'editorLineNumber.foreground': '#7d8792',
    'editorLineNumber.activeForeground': '#d7dce2',
    'editor.lineHighlightBackground': '#111418',
    'editor.lineHighlightBorder': '#111418',
    'editor.selectionBackground': '#2a4468',
    'editorCursor.foreground': '#5b9cf5',
    'editorIndentGuide.background1': '#1b2026',
    'editorWidget.background': '#161a1f',
    'editorWidget.border': '#22272e',
    'editorSuggestWidget.selectedBackground': '#22314a',
    'editorHoverWidget.background': '#161a1f',
    'editorHoverWidget.border': '#22272e',
    'editorError.foreground': '#e5645e',
    'editorWarning.foreground': '#e0a33e',
    'editorGutter.background': '#0b0d10',
    'diffEditor.insertedLineBackground': '#3fb68b1f',
    'diffEditor.removedLineBackground': '#e5645e1f',
    'diffEditor.insertedTextBackground': '#3fb68b33',
    'diffEditor.removedTextBackground': '#e5645e33',
    'scrollbarSlider.background': '#2b313a80',
    'scrollbarSlider.hoverBackground': '#3a424d',
    'widget.shadow': '#00000000',
    focusBorder: '#5b9cf5',
  },
})

languages.onLanguage('typescript', () => {
  typescriptDefaults.setEagerModelSync(true)
  typescriptDefaults.setCompilerOptions({
    target: ScriptTarget.ES2020,
    lib: ['es2023'],
    module: ModuleKind.ESNext,
    moduleResolution: ModuleResolutionKind.NodeJs,
    allowImportingTsExtensions: true,
    allowNonTsExtensions: true,
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    types: [],
  })
})

/** Options of every editor. */
export const EDITOR_OPTIONS = {
  theme: THEME,
  automaticLayout: true,
  fontFamily: '"JetBrains Mono Variable", monospace',
  fontSize: 12.5,
  lineHeight: 19,
  fontLigatures: false,
  tabSize: 2,
  minimap: { enabled: false },
  overviewRulerBorder: false,
  scrollBeyondLastLine: false,
  fixedOverflowWidgets: true,
  renderLineHighlight: 'line',
  stickyScroll: { enabled: false },
  lightbulb: { enabled: editor.ShowLightbulbIconMode.Off },
  padding: { top: 8, bottom: 8 },
} satisfies editor.IStandaloneEditorConstructionOptions

/** Provides the type declarations of the module `baton` to every open file. */
export function setBatonTypes(text: string): void {
  // A text with `declare module` is ambient; any other is the source of the module.
  const ambient = /declare module ['"]baton['"]/.test(text)
  const uri = ambient ? 'file:///baton.d.ts' : 'file:///node_modules/baton/index.ts'
  typescriptDefaults.setExtraLibs([{ content: text, filePath: uri }])
}

/** URI of a strategy file: all are in one folder, so that imports between them resolve. */
export function uriOf(path: string): Uri {
  return Uri.parse(`file:///strategies/${path}`)
}

export interface ModelText {
  readonly path: string
  readonly text: string
  /** Incremented when `text` was replaced from outside the editor. */
  readonly revision: number
}

const revisions = new Map<string, number>()

/** Creates a model for every file and applies texts that were replaced from outside; undo history is kept. */
export function syncModels(files: readonly ModelText[], onEdit: (path: string, text: string) => void): void {
  for (const file of files) {
    const uri = uriOf(file.path)
    const model = editor.getModel(uri)
    if (model === null) {
      const created = editor.createModel(file.text, 'typescript', uri)
      created.onDidChangeContent(() => onEdit(file.path, created.getValue()))
    } else if (revisions.get(file.path) !== file.revision && model.getValue() !== file.text) {
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text: file.text }], () => null)
    }
    revisions.set(file.path, file.revision)
  }
}

export interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Marks the diagnostics of a deployment in the files and removes earlier marks. */
export function setProblems(paths: readonly string[], problems: readonly Problem[]): void {
  for (const path of paths) {
    const model = editor.getModel(uriOf(path))
    if (model === null) continue
    const own = problems.filter((problem) => problem.file === path)
    editor.setModelMarkers(
      model,
      'deployment',
      own.map((problem) => {
        const line = Math.min(Math.max(1, problem.line), model.getLineCount())
        const column = Math.min(Math.max(1, problem.column), model.getLineMaxColumn(line))
        const word = model.getWordAtPosition({ lineNumber: line, column })
        return {
          severity: MarkerSeverity.Error,
          source: 'deployment',
          message: problem.message,
          startLineNumber: line,
          startColumn: word?.startColumn ?? column,
          endLineNumber: line,
          endColumn: word?.endColumn ?? model.getLineMaxColumn(line),
        }
      }),
    )
  }
}
