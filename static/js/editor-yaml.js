/* The YAML view: CodeMirror in a shadow root, where its styles are constructed sheets and the site's policy holds.
   It is the one place the text lives in: the form's edits go through it, so that undo takes them back, too. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const LISTENERS = [];
  const area = () => document.getElementById("text");
  let view = null;
  let schema = null;

  const LOOK = {
    "&": { height: "100%", fontSize: "13.5px", color: "var(--ink)", backgroundColor: "var(--surface)" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "60vh", maxHeight: "78vh" },
    ".cm-content": { caretColor: "var(--ink)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    ".cm-gutters": { backgroundColor: "var(--surface-sunk)", color: "var(--ink-3)", borderRight: "1px solid var(--line)" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 45%, transparent)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "color-mix(in srgb, var(--accent) 26%, transparent)",
    },
    ".cm-tooltip, .cm-panels": { backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--line-strong)" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
    ".cm-completionInfo": { maxWidth: "20rem", padding: "0.4rem 0.6rem", fontFamily: "var(--sans)" },
    ".cm-diagnostic": { fontFamily: "var(--sans)", padding: "0.3rem 0.6rem" },
  };

  function colours() {
    const { HighlightStyle, tags } = window.CM;
    return HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-strong)", fontWeight: "600" },
      { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
      { tag: [tags.comment, tags.lineComment], color: "var(--ink-3)", fontStyle: "italic" },
      { tag: [tags.number, tags.bool, tags.null], color: "var(--info)" },
      { tag: tags.content, color: "var(--ink)" },
      { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--ink-2)" },
    ]);
  }

  /* Typing over a selection: left to itself the browser writes style attributes while it joins the lines, which
     the site's policy refuses. */
  function typeOver(event, view) {
    const selected = view.state.selection;
    if (event.inputType !== "insertText" || event.data === null || view.composing) return false;
    if (view.state.readOnly || selected.ranges.length > 1 || selected.main.empty) return false;
    const { from, to } = selected.main;
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    const handlers = view.state.facet(window.CM.EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, event.data, insert))) view.dispatch(insert());
    event.preventDefault();
    return true;
  }

  function extensions(readOnly) {
    const CM = window.CM;
    return [
      CM.lineNumbers(),
      CM.foldGutter(),
      CM.lintGutter(),
      CM.history(),
      CM.drawSelection(),
      CM.bracketMatching(),
      CM.closeBrackets(),
      CM.highlightActiveLine(),
      CM.highlightActiveLineGutter(),
      CM.highlightSelectionMatches(),
      CM.search({ top: true }),
      CM.indentUnit.of("  "),
      CM.yaml(),
      CM.syntaxHighlighting(colours()),
      CM.autocompletion({ icons: false, override: [(context) => PS.complete(context, schema)] }),
      CM.EditorView.theme(LOOK),
      CM.EditorView.lineWrapping,
      CM.EditorView.domEventHandlers({ beforeinput: typeOver }),
      CM.EditorView.contentAttributes.of({ "aria-label": "Scenario text (YAML)", spellcheck: "false" }),
      CM.EditorState.readOnly.of(readOnly),
      CM.keymap.of([
        ...CM.closeBracketsKeymap, ...CM.completionKeymap, ...CM.searchKeymap, ...CM.lintKeymap,
        ...CM.historyKeymap, ...CM.foldKeymap, ...CM.defaultKeymap,
      ]),
      CM.EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        area().value = update.state.doc.toString();
        LISTENERS.forEach((listener) => listener());
      }),
    ];
  }

  PS.yaml = {
    mount(readOnly, schemaAddress) {
      area().addEventListener("input", () => LISTENERS.forEach((listener) => listener()));
      if (!window.CM) return;
      const host = document.getElementById("yaml-editor");
      const root = host.attachShadow({ mode: "open" });
      const state = window.CM.EditorState.create({ doc: area().value, extensions: extensions(readOnly) });
      view = new window.CM.EditorView({ state, root, parent: root });
      host.hidden = false;
      area().hidden = true;
      fetch(schemaAddress, { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : null))
        .then((found) => (schema = found))
        .catch(() => PS.say("Completion is not available: the schema could not be fetched.", "warn"));
    },

    text() {
      return view ? view.state.doc.toString() : area().value;
    },

    onChange(listener) {
      LISTENERS.push(listener);
    },

    /* `edit`: {start, end, text} in UTF-16 units of the text as it is now. */
    apply(edit) {
      if (view) {
        view.dispatch({ changes: { from: edit.start, to: edit.end, insert: edit.text }, userEvent: "input.form" });
      } else {
        area().setRangeText(edit.text, edit.start, edit.end);
        LISTENERS.forEach((listener) => listener());
      }
    },

    /* `marks`: [{line, column, message, severity}], from 1; those without a line are in the summary only. */
    mark(marks) {
      if (!view) return;
      const doc = view.state.doc;
      const diagnostics = marks.filter((mark) => mark.line >= 1).map((mark) => {
        const line = doc.line(Math.min(mark.line, doc.lines)); /* what is missing at the end is marked there */
        const from = Math.min(line.from + Math.max(0, mark.column - 1), line.to);
        const word = /^[^\s,}\]#:]+:?|^./.exec(doc.sliceString(from, line.to));
        return { from, to: Math.min(line.to, from + (word ? word[0].length : 0)), severity: mark.severity, message: mark.message };
      });
      view.dispatch(window.CM.setDiagnostics(view.state, diagnostics));
    },

    goTo(lineNumber, column) {
      if (!view) {
        area().focus();
        return;
      }
      const doc = view.state.doc;
      const line = doc.line(Math.min(Math.max(1, lineNumber), doc.lines));
      const at = Math.min(line.from + Math.max(0, column - 1), line.to);
      view.dispatch({ selection: { anchor: at }, effects: window.CM.EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },

    /* A hidden editor measures nothing; call this when it is shown. */
    shown() {
      if (view) view.requestMeasure();
    },
  };
})();
